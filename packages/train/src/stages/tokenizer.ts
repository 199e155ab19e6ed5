import type { Graph } from '@snowglobe/graph';
import { GraphBuilder } from '@snowglobe/graph';
import { pointwise as p } from '@snowglobe/kernels';
import type { TokenizerConfig } from '@snowglobe/model';
import { logMeanSquaredError, meanPsnr, reconstruct } from '@snowglobe/model';
import type { Executor, VariableStore } from '@snowglobe/runtime';
import type { ClipDataset } from '../data/index.js';
import { psnr } from '../evaluation/pictures.js';
import type { StageOptions } from '../loop/stage.js';
import { pixelsOf } from './pixels.js';

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

/** Frames of an evaluation run: enough to keep every core busy. */
const evaluationBatch = 16;

/**
 * Mean PSNR over every `stride`-th frame of a set, in dB; frames are clipped to what a screen shows.
 * @param stride default 1: all frames
 */
export async function evaluateTokenizer(
  data: ClipDataset,
  config: TokenizerConfig,
  {
    executor,
    store,
    stride = 1,
  }: { readonly executor: Executor; readonly store: VariableStore; readonly stride?: number },
): Promise<{ readonly psnr: number; readonly frames: number }> {
  const program = await executor.compile(reconstructionGraph(data, config), { store, freeze: true });
  const size = data.height * data.width * 3;
  const pending: Uint8Array[] = [];
  let [total, frames] = [0, 0];
  const flush = async (): Promise<void> => {
    if (pending.length === 0) return;
    const batch = new Float32Array(evaluationBatch * size);
    pending.forEach((bytes, i) => batch.set(pixelsOf(bytes), i * size));
    const { drawn } = await program.run({ frames: batch });
    pending.forEach((_, i) => {
      total += psnr(
        (drawn as Float32Array).subarray(i * size, (i + 1) * size),
        batch.subarray(i * size, (i + 1) * size),
      );
    });
    frames += pending.length;
    pending.length = 0;
  };
  let next = 0;
  for (let clip = 0; clip < data.clips.length; clip++) {
    for (let frame = 0; frame < data.clips[clip]!.frames; frame++) {
      if (next++ % stride !== 0) continue;
      pending.push(data.frames(clip, frame, 1));
      if (pending.length === evaluationBatch) await flush();
    }
  }
  await flush();
  await program.close();
  return { psnr: total / frames, frames };
}

function reconstructionGraph(data: ClipDataset, config: TokenizerConfig): Graph {
  const builder = new GraphBuilder();
  const frames_BHW3 = builder.input('frames', [evaluationBatch, data.height, data.width, 3]);
  builder.output('drawn', reconstruct(frames_BHW3, config));
  return builder.build();
}
