import type { MotionTable } from '@snowglobe/eval';
import { evidenceInputs, focusPixels, readerLogits, readerScope } from '@snowglobe/eval';
import { argmax, crossEntropy, mean, pointwise as p } from '@snowglobe/kernels';
import type { LatentActionConfig } from '@snowglobe/model';
import { evidencePairs } from '@snowglobe/model';
import type { ClipDataset } from '../data/index.js';
import type { StageOptions } from '../loop/stage.js';

/** Windows of a training step. */
const batch = 128;

/**
 * A reader of true actions, trained with labels on the evidence that latent actions are made of: the bound that they are
 * judged by. Many keys cannot be seen in any frame, so no reader gets all.
 * @param data recordings that all have key logs
 */
export function readerStage(
  data: ClipDataset,
  motion: MotionTable,
  config: LatentActionConfig,
): Pick<StageOptions, 'name' | 'build' | 'batches' | 'framesPerStep' | 'trains' | 'optimizer'> {
  const pairs = evidencePairs(config);
  const focusSize = config.focus ** 2 * 3;
  return {
    name: 'reader',
    framesPerStep: batch,
    trains: (name) => name.startsWith(`${readerScope}/`),
    optimizer: { muon: false, adamw: { learningRate: 1e-3, decay: 0.1 } },
    build: (builder) => {
      const logits = readerLogits(evidenceInputs(builder, config, batch), config, data.actionNames.length);
      const actions_B = builder.input('actions', [batch], 'i32');
      const accuracy = mean(p.toF32(p.equal(argmax(logits), actions_B)));
      return { loss: mean(crossEntropy(logits, actions_B)), metrics: { accuracy } };
    },
    batches: (_, random) => {
      const windows = data.sampleWindows(random, batch, pairs + 1);
      const inputs = {
        motion: new Float32Array(batch * pairs * motion.size),
        nextFocus: new Float32Array(batch * focusSize),
        actions: new Int32Array(batch),
      };
      for (let b = 0; b < batch; b++) {
        for (let pair = 0; pair < pairs; pair++) {
          const evidence = motion.evidence(windows.clips[b]!, windows.starts[b]! + pair);
          inputs.motion.set(evidence, (b * pairs + pair) * motion.size);
        }
        const first = b * (pairs + 1);
        inputs.nextFocus.set(focusPixels(data, config.focus, windows.frames, first + 2), b * focusSize);
        inputs.actions[b] = windows.actions[first + 1]!;
      }
      return inputs;
    },
  };
}
