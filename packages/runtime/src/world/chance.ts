import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { generatorFor } from '../random.js';

/** The random numbers of one frame. They depend on seed and frame alone, so a replay draws the same world. */
export interface FrameChance {
  /** (1, 2) in [0, 1) */
  readonly motionUniforms: Float32Array;
  /** (S, codes) in [0, 1) */
  readonly codeUniforms: Float32Array;
  /** (S, codes): Gumbel noise times the temperature, less with every step and none in the last (MaskGIT). */
  readonly rankNoise: Float32Array;
}

/** The largest number below 1 that f32 holds: a uniform must not round up to 1. */
const belowOne = 1 - 2 ** -24;

export function chanceOf(
  frame: number,
  {
    seed,
    temperature,
    steps,
    codes,
  }: { readonly seed: number; readonly temperature: number; readonly steps: number; readonly codes: number },
): FrameChance {
  const random = generatorFor(seed, `frame ${frame}`);
  const uniform = (): number => Math.min(belowOne, uniformFloat64(random));
  const motionUniforms = new Float32Array(2).map(uniform);
  const codeUniforms = new Float32Array(steps * codes).map(uniform);
  const rankNoise = new Float32Array(steps * codes).map((_, i) => {
    const left = 1 - (Math.floor(i / codes) + 1) / steps;
    return -Math.log(-Math.log(Math.max(uniform(), 1e-9))) * temperature * left;
  });
  return { motionUniforms, codeUniforms, rankNoise };
}
