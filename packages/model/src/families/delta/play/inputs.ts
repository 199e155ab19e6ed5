import type { TensorData } from '@snowglobe/graph';
import { joinActionLogits } from '../../../actions/choose_action.js';
import type { SamplingOptions } from '../../../family/frame.js';
import { codeUniforms, rankNoise, uniformBelowOne } from '../../../masked/chance.js';
import { timeStepOf } from '../../../memory/time_step.js';
import type { OneOrEach } from '../../../one_or_each.js';
import { valueFor, valuesOf } from '../../../one_or_each.js';
import { generatorFor } from '../../../random.js';
import type { DeltaWorldConfig } from '../config/config.js';
import { deltaPositions } from '../config/config.js';

/** The inputs of `buildFrame` for the frame after `index` frames since the prompt; see `WorldModel.frameInputs`. */
export function frameInputs(
  { width, height, delta, dynamics, refinementSteps }: DeltaWorldConfig,
  index: OneOrEach,
  actionLogits: readonly Float32Array[],
  { seeds, temperature, confidenceThreshold }: SamplingOptions,
): Record<string, TensorData> {
  const codes = deltaPositions({ width, height }) * delta.books;
  const randoms = seeds.map((seed, world) => generatorFor(seed, `frame ${valueFor(index, world)}`));
  const shape = { steps: refinementSteps, codes };
  const motionUniforms = Float32Array.from(
    randoms.flatMap((random) => [uniformBelowOne(random), uniformBelowOne(random)]),
  );
  return {
    wish: joinActionLogits(actionLogits),
    ...timeStepOf(index, dynamics),
    temperature: Float32Array.from(valuesOf(temperature)),
    certainty: Float32Array.from(valuesOf(confidenceThreshold)),
    motionUniforms,
    // In this order: both come from the same generators.
    codeUniforms: codeUniforms(randoms, shape),
    rankNoise: rankNoise(randoms, { ...shape, temperature }),
  };
}
