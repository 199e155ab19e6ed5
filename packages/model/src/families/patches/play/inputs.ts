import type { TensorData } from '@snowglobe/graph';
import { joinActionLogits } from '../../../actions/choose_action.js';
import type { FrameInputOptions } from '../../../family/frame.js';
import { codeUniforms, uniformBelowOne } from '../../../masked/chance.js';
import type { OneOrEach } from '../../../one_or_each.js';
import { valueFor, valuesOf } from '../../../one_or_each.js';
import { generatorFor } from '../../../random.js';
import type { PatchesConfig } from '../config/config.js';
import { cellCount, hasMovers } from '../config/config.js';
import { toldIds, toldInput } from '../dynamics/told.js';

/** The inputs of `buildFrame` for the frame after `index` frames since the prompt; see `WorldModel.frameInputs`. */
export function frameInputs(
  config: PatchesConfig,
  index: OneOrEach,
  actionLogits: readonly Float32Array[],
  { seeds, temperature, confidenceThreshold, told = [] }: FrameInputOptions,
): Record<string, TensorData> {
  const randoms = seeds.map((seed, world) => generatorFor(seed, `frame ${valueFor(index, world)}`));
  const uniforms = (): Float32Array => Float32Array.from(randoms, uniformBelowOne);
  const actionUniforms = config.latentActions && uniforms();
  const motionUniforms = uniforms();
  const { events } = config;
  const codes = cellCount(config);
  return {
    actionLogits: joinActionLogits(actionLogits),
    temperature: Float32Array.from(valuesOf(temperature)),
    confidenceThreshold: Float32Array.from(valuesOf(confidenceThreshold)),
    ...(actionUniforms && { actionUniforms }),
    motionUniforms,
    codeUniforms: codeUniforms(randoms, { steps: config.refinementSteps, codes }),
    ...(hasMovers(config) && { moverUniforms: codeUniforms(randoms, { steps: 1, codes }) }),
    ...(events && { [toldInput]: Int32Array.from(seeds.flatMap((_, b) => [...toldIds(told[b], events)])) }),
  };
}
