import type { TensorData } from '@snowglobe/graph';
import type { WorldConfig } from '@snowglobe/model';
import { deltaPositions, momentOf, generatorFor } from '@snowglobe/model';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';

/** The random numbers of one frame of B worlds. Each world's depend on its seed and the frame alone: a replay draws it again. */
export interface FrameChance {
  /** (B, 2) in [0, 1) */
  readonly motionUniforms: Float32Array;
  /** (S, B · codes) in [0, 1) */
  readonly codeUniforms: Float32Array;
  /** (S, B · codes): Gumbel noise times the temperature, less with every step and none in the last (MaskGIT). */
  readonly rankNoise: Float32Array;
}

export interface ChanceOptions {
  /** One a world. */
  readonly seeds: readonly number[];
  readonly temperature: number;
  /** Refinement steps, S. */
  readonly steps: number;
  /** Codes of one world's frame. */
  readonly codes: number;
}

/** The largest number below 1 that f32 holds: a uniform must not round up to 1. */
const belowOne = 1 - 2 ** -24;

export function chanceOf(frame: number, { seeds, temperature, steps, codes }: ChanceOptions): FrameChance {
  const worlds = seeds.length;
  const motionUniforms = new Float32Array(worlds * 2);
  const codeUniforms = new Float32Array(steps * worlds * codes);
  const rankNoise = new Float32Array(steps * worlds * codes);
  seeds.forEach((seed, world) => {
    const random = generatorFor(seed, `frame ${frame}`);
    const uniform = (): number => Math.min(belowOne, uniformFloat64(random));
    const fill = (rows: Float32Array, value: (step: number) => number): void => {
      for (let step = 0; step < steps; step++) {
        const first = (step * worlds + world) * codes;
        for (let code = 0; code < codes; code++) rows[first + code] = value(step);
      }
    };
    for (let i = 0; i < 2; i++) motionUniforms[world * 2 + i] = uniform();
    fill(codeUniforms, uniform);
    fill(rankNoise, (step) => {
      const left = 1 - (step + 1) / steps;
      return -Math.log(-Math.log(Math.max(uniform(), 1e-9))) * temperature * left;
    });
  });
  return { motionUniforms, codeUniforms, rankNoise };
}

/** How frames are drawn. */
export interface FrameDraw extends Pick<ChanceOptions, 'seeds' | 'temperature'> {
  /** See `buildPlay`. */
  readonly certainty: number;
}

/**
 * The inputs of `buildPlay` for the frame after `index` frames since the prompt: how every world is drawn, in a session, in a
 * rollout and in a calibration.
 * @param wishes what is wanted in each world (D, A), see `ActionTable`
 */
export function frameInputs(
  { width, height, delta, dynamics, refinementSteps }: WorldConfig,
  index: number,
  wishes: readonly Float32Array[],
  { seeds, temperature, certainty }: FrameDraw,
): Record<string, TensorData> {
  const wish = new Float32Array(wishes.reduce((sum, { length }) => sum + length, 0));
  wishes.reduce((at, each) => (wish.set(each, at), at + each.length), 0);
  const codes = deltaPositions({ width, height }) * delta.books;
  return {
    wish,
    ...momentOf(index, dynamics),
    temperature: Float32Array.of(temperature),
    certainty: Float32Array.of(certainty),
    ...chanceOf(index, { seeds, temperature, steps: refinementSteps, codes }),
  };
}
