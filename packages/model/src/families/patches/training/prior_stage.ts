import { argmax, crossEntropy, mean, pointwise as p } from '@snowglobe/kernels';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { StageDefinition } from '../../../family/training.js';
import type { PatchesConfig } from '../config/config.js';
import { cellCount } from '../config/config.js';
import { actionPrior } from '../latent/action_prior.js';
import type { CodedRecordings } from '../survey/label_motions.js';
import { RecordedFrames } from './recorded_frames.js';

/** Transitions of a training step. */
const batch = 256;

/** Learns how likely each latent action is, without labels. @param actions (N) of all clips in a row */
export function priorStage(
  coded: CodedRecordings,
  actions: () => Promise<readonly number[]>,
  config: PatchesConfig,
): StageDefinition {
  const frames = new RecordedFrames(coded, config);
  return {
    framesPerStep: batch,
    optimizer: { muon: false, adamw: { learningRate: 2e-3 } },
    build: (builder) => {
      const logits = actionPrior(builder.input('last', [batch, cellCount(config)], 'i32'), config);
      const actions_B = builder.input('actions', [batch], 'i32');
      return {
        loss: mean(crossEntropy(logits, actions_B)),
        metrics: { right: mean(p.toF32(p.equal(argmax(logits), actions_B))) },
      };
    },
    batches: async (_, random) => {
      const all = await actions();
      const inputs = { last: new Int32Array(batch * cellCount(config)), actions: new Int32Array(batch) };
      for (let b = 0; b < batch; b++) {
        const n = uniformInt(random, 0, frames.count - 1);
        frames.fill(inputs.last, b, n);
        inputs.actions[b] = all[n]!;
      }
      return inputs;
    },
  };
}
