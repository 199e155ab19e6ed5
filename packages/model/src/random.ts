import { fnv1a } from '@snowglobe/graph/internal';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { JumpableRandomGenerator } from 'pure-rand/types/JumpableRandomGenerator';

/** A generator that depends on `seed` and `label` alone, so that what one thing draws moves nothing else. */
export function generatorFor(seed: number, label: string): JumpableRandomGenerator {
  // Labels that differ in a letter get unrelated generators.
  const codes = Array.from({ length: label.length }, (_, i) => label.charCodeAt(i));
  const generator = xoroshiro128plus(seed ^ fnv1a(codes));
  // Nearby seeds start with nearby numbers: leave the first ones out.
  for (let i = 0; i < 16; i++) generator.next();
  return generator;
}

/** Fills `data` with normal numbers of mean 0 (Box & Muller 1958). */
export function fillNormal(
  data: Float32Array,
  standardDeviation: number,
  generator: JumpableRandomGenerator,
): void {
  for (let i = 0; i < data.length; i += 2) {
    const radius = standardDeviation * Math.sqrt(-2 * Math.log(1 - uniformFloat64(generator)));
    const angle = 2 * Math.PI * uniformFloat64(generator);
    data[i] = radius * Math.cos(angle);
    if (i + 1 < data.length) data[i + 1] = radius * Math.sin(angle);
  }
}

/** A list in an order left to chance (Fisher & Yates). */
export function shuffled<T>(list: readonly T[], generator: JumpableRandomGenerator): T[] {
  const order = [...list];
  for (let i = order.length - 1; i > 0; i--) {
    const j = uniformInt(generator, 0, i);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
