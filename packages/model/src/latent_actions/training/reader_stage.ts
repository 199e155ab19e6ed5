import { SnowglobeError } from '@snowglobe/graph';
import { argmax, crossEntropy, mean, pointwise as p } from '@snowglobe/kernels';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { StageDefinition } from '../../family/training.js';
import type { Recordings } from '../../recordings.js';
import type { LatentActionConfig } from '../config.js';
import { evidencePairs } from '../config.js';
import { evidenceInputs, focusPixels } from './evidence.js';
import type { MotionTable } from './motion_table.js';
import { readerLogits } from './reader.js';

/** Windows of a training step. */
const batch = 128;

/**
 * A reader of true actions, trained with labels on the evidence that latent actions are made of: the bound that they are
 * judged by. Many keys cannot be seen in any frame, so no reader gets all.
 * @param data recordings, of whose frames those with a label are learned from
 * @throws SnowglobeError when there is none
 */
export function readerStage(
  data: Recordings,
  motion: MotionTable,
  config: LatentActionConfig,
): StageDefinition {
  const pairs = evidencePairs(config);
  const focusSize = config.focus ** 2 * 3;
  const labelled = labelledWindows(data, pairs + 1);
  if (labelled.length === 0) {
    throw new SnowglobeError(
      `reader: none of ${data.clips.length} recordings has a frame with a label and ${pairs} frames around it; give longer ones with key logs.`,
    );
  }
  return {
    framesPerStep: batch,
    optimizer: { muon: false, adamw: { learningRate: 1e-3, decay: 0.1 } },
    build: (builder) => {
      const logits = readerLogits(evidenceInputs(builder, config, batch), config, data.actionNames.length);
      const actions_B = builder.input('actions', [batch], 'i32');
      const accuracy = mean(p.toF32(p.equal(argmax(logits), actions_B)));
      return { loss: mean(crossEntropy(logits, actions_B)), metrics: { accuracy } };
    },
    batches: (_, random) => {
      const inputs = {
        motion: new Float32Array(batch * pairs * motion.size),
        nextFocus: new Float32Array(batch * focusSize),
        actions: new Int32Array(batch),
      };
      for (let b = 0; b < batch; b++) {
        const { clip, start, action } = labelled[uniformInt(random, 0, labelled.length - 1)]!;
        for (let pair = 0; pair < pairs; pair++) {
          inputs.motion.set(motion.evidence(clip, start + pair), (b * pairs + pair) * motion.size);
        }
        const next = data.frames(clip, start + 2, 1);
        inputs.nextFocus.set(focusPixels(data, config.focus, next, 0), b * focusSize);
        inputs.actions[b] = action;
      }
      return inputs;
    },
  };
}

/** Windows of so many frames whose second frame has a label, in the order of the recordings. */
function labelledWindows(data: Recordings, length: number) {
  return data.clips.flatMap(({ frames, hasActions }, clip) =>
    (hasActions && frames >= length ? data.actions(clip, 1, frames - length + 1) : []).flatMap(
      (action, start) => (action === undefined ? [] : [{ clip, start, action }]),
    ),
  );
}
