import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import type { JumpableRandomGenerator } from 'pure-rand/types/JumpableRandomGenerator';

/** The random numbers that the codes of one frame of B worlds are sampled by. */
export interface CodeChance {
  /** (S, B · codes) in [0, 1) */
  readonly codeUniforms: Float32Array;
  /** (S, B · codes): Gumbel noise times the temperature, less with every step and none in the last (MaskGIT). */
  readonly rankNoise: Float32Array;
}

/** The largest number below 1 that f32 holds: a uniform must not round up to 1. */
const belowOne = 1 - 2 ** -24;

/** A number in [0, 1), also as f32. */
export const uniformBelowOne = (random: JumpableRandomGenerator): number =>
  Math.min(belowOne, uniformFloat64(random));

/**
 * @param randoms one generator a world
 * @param steps refinement steps, S
 * @param codes of one world's frame
 */
export function codeChance(
  randoms: readonly JumpableRandomGenerator[],
  {
    temperature,
    steps,
    codes,
  }: { readonly temperature: number; readonly steps: number; readonly codes: number },
): CodeChance {
  const worlds = randoms.length;
  const codeUniforms = new Float32Array(steps * worlds * codes);
  const rankNoise = new Float32Array(steps * worlds * codes);
  randoms.forEach((random, world) => {
    const uniform = (): number => uniformBelowOne(random);
    const fill = (rows: Float32Array, value: (step: number) => number): void => {
      for (let step = 0; step < steps; step++) {
        const first = (step * worlds + world) * codes;
        for (let code = 0; code < codes; code++) rows[first + code] = value(step);
      }
    };
    fill(codeUniforms, uniform);
    fill(rankNoise, (step) => {
      const left = 1 - (step + 1) / steps;
      return -Math.log(-Math.log(Math.max(uniform(), 1e-9))) * temperature * left;
    });
  });
  return { codeUniforms, rankNoise };
}
