import { argmax, crossEntropy, mean, pointwise as p } from '@snowglobe/kernels';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { codePrior } from '../../../../actions/prior.js';
import type { StageDefinition } from '../../../../family/training.js';
import { pixelsOf } from '../../../../pixels.js';
import type { DeltaWorldConfig } from '../../config/config.js';
import { conditioningWidth } from '../../config/config.js';
import { motionWidth } from '../../motion/motion.js';
import type { Transitions } from '../transitions.js';
import { motionOffset, conditioningRows } from '../transitions.js';

/** Frames of a training step. */
const batch = 128;

/** Frames of a recording that the stage learns from at once: one, and those beside it. */
export const priorFrames = 3;

/** Share of frames whose last motion is not told, as at the prompt. */
const unknownShare = 0.1;

/**
 * Learns how likely each latent action is in a state, without labels: what can happen in front of a wall, in the air or
 * on the ground.
 */
export function priorStage(transitions: Transitions, config: DeltaWorldConfig): StageDefinition {
  const { data } = transitions;
  const moved = motionWidth(config.motion);
  return {
    framesPerStep: batch,
    optimizer: { muon: false, adamw: { learningRate: 1e-3, decay: 0.05 } },
    build: (builder) => {
      const frames_BHW3 = builder.input('frames', [batch, data.height, data.width, 3]);
      const last_BM = builder.input('last', [batch, moved]);
      const codes_B = builder.input('codes', [batch], 'i32');
      const logits_BA = codePrior(frames_BHW3, last_BM, config.motion);
      return {
        loss: mean(crossEntropy(logits_BA, codes_B)),
        metrics: { accuracy: mean(p.toF32(p.equal(argmax(logits_BA), codes_B))) },
      };
    },
    batches: (_, random) => {
      const windows = data.sampleWindows(random, batch, priorFrames);
      const size = data.height * data.width * 3;
      const inputs = {
        frames: new Float32Array(batch * size),
        last: new Float32Array(batch * moved),
        codes: new Int32Array(batch),
      };
      for (let b = 0; b < batch; b++) {
        const [clip, start] = [windows.clips[b]!, windows.starts[b]!];
        const from = (priorFrames * b + 1) * size;
        inputs.frames.set(pixelsOf(windows.frames.subarray(from, from + size)), b * size);
        // Of worlds with latent actions alone, which have a code for every frame.
        inputs.codes[b] = transitions.actions[clip]![start + 1]!;
        if (uniformFloat64(random) < unknownShare) continue;
        const row = conditioningRows(transitions, clip, start, 1, config);
        inputs.last.set(row.subarray(motionOffset(config), conditioningWidth(config)), b * moved);
      }
      return inputs;
    },
  };
}
