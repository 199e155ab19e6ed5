import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import type { JumpableRandomGenerator } from 'pure-rand/types/JumpableRandomGenerator';
import type { OneOrEach } from '../one_or_each.js';
import { valueFor } from '../one_or_each.js';

/** The codes of one frame. */
interface FrameCodes {
  /** Refinement steps, S. */
  readonly steps: number;
  /** Of one world. */
  readonly codes: number;
}

/** The largest number below 1 that f32 holds: a uniform must not round up to 1. */
const belowOne = 1 - 2 ** -24;

/** A number in [0, 1), also as f32. */
export const uniformBelowOne = (random: JumpableRandomGenerator): number =>
  Math.min(belowOne, uniformFloat64(random));

/**
 * What the codes of a frame of B worlds are sampled by: (S, B · codes) in [0, 1).
 * @param randoms one generator a world
 */
export function codeUniforms(randoms: readonly JumpableRandomGenerator[], shape: FrameCodes): Float32Array {
  return fill(randoms, shape, uniformBelowOne);
}

/**
 * Gumbel noise times the temperature, less with every step and none in the last: what is added to the confidences by which codes
 * are ranked (MaskGIT). (S, B · codes).
 * @param randoms one generator a world
 */
export function rankNoise(
  randoms: readonly JumpableRandomGenerator[],
  { temperature, ...shape }: FrameCodes & { readonly temperature: OneOrEach },
): Float32Array {
  return fill(randoms, shape, (random, step, world) => {
    const left = 1 - (step + 1) / shape.steps;
    const noise = -Math.log(-Math.log(Math.max(uniformBelowOne(random), 1e-9)));
    return noise * valueFor(temperature, world) * left;
  });
}

/** (S, B · codes): all numbers of a world come from its generator, step by step. */
function fill(
  randoms: readonly JumpableRandomGenerator[],
  { steps, codes }: FrameCodes,
  value: (random: JumpableRandomGenerator, step: number, world: number) => number,
): Float32Array {
  const filled = new Float32Array(steps * randoms.length * codes);
  randoms.forEach((random, world) => {
    for (let step = 0; step < steps; step++) {
      const first = (step * randoms.length + world) * codes;
      for (let code = 0; code < codes; code++) filled[first + code] = value(random, step, world);
    }
  });
  return filled;
}
