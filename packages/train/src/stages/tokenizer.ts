import { pointwise as p } from '@snowglobe/kernels';
import type { TokenizerConfig } from '@snowglobe/model';
import { logMeanSquaredError, meanPsnr, pixelsOf, reconstruct } from '@snowglobe/model';
import type { ClipDataset } from '../data/index.js';
import type { StageOptions } from '../loop/stage.js';

/** The loss is scaled so that its gradient's norm is about one where clipping begins. */
const lossScale = 0.1;

/** Frames of a training step. */
export const tokenizerBatch = 24;

/** Learns to draw single frames again through their codes. */
export function tokenizerStage(
  data: ClipDataset,
  config: TokenizerConfig,
): Pick<StageOptions, 'name' | 'build' | 'batches' | 'framesPerStep' | 'trains'> {
  return {
    name: 'tokenizer',
    framesPerStep: tokenizerBatch,
    trains: (name) => name.startsWith('tokenizer/'),
    build(builder) {
      const frames_BHW3 = builder.input('frames', [tokenizerBatch, data.height, data.width, 3]);
      const drawn_BHW3 = reconstruct(frames_BHW3, config);
      return {
        loss: p.mul(logMeanSquaredError(drawn_BHW3, frames_BHW3), lossScale),
        metrics: { psnr: meanPsnr(drawn_BHW3, frames_BHW3) },
      };
    },
    batches: (_, random) => ({ frames: pixelsOf(data.sampleWindows(random, tokenizerBatch, 1).frames) }),
  };
}
