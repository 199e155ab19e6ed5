import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { JumpableRandomGenerator } from 'pure-rand/types/JumpableRandomGenerator';

/** A generator that depends on `seed` and `label` alone, so that what one thing draws moves nothing else. */
export function generatorFor(seed: number, label: string): JumpableRandomGenerator {
  // FNV-1a (Fowler, Noll & Vo): labels that differ in a letter get unrelated generators.
  let hash = 0x811c9dc5;
  for (let i = 0; i < label.length; i++) hash = Math.imul(hash ^ label.charCodeAt(i), 0x01000193);
  const generator = xoroshiro128plus(seed ^ hash);
  // Nearby seeds start with nearby numbers: leave the first ones out.
  for (let i = 0; i < 16; i++) generator.next();
  return generator;
}
