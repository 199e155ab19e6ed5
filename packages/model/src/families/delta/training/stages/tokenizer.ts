import { pointwise as p } from '@snowglobe/kernels';
import type { StageDefinition } from '../../../../family/training.js';
import { logMeanSquaredError, meanPsnr } from '../../../../loss/pixels.js';
import { pixelsOf } from '../../../../pixels.js';
import type { Recordings } from '../../../../recordings.js';
import type { TokenizerConfig } from '../../tokenizer/tokenizer.js';
import { reconstruct } from '../../tokenizer/tokenizer.js';

/** The loss is scaled so that its gradient's norm is about one where clipping begins. */
const lossScale = 0.1;

/** Frames of a training step. */
const tokenizerBatch = 24;

/** Learns to reconstruct single frames through their codes. */
export function tokenizerStage(data: Recordings, config: TokenizerConfig): StageDefinition {
  return {
    framesPerStep: tokenizerBatch,
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
