import { GraphBuilder } from '@snowglobe/graph';
import type { TokenizerConfig, Recordings } from '@snowglobe/model';
import { pixelsOf, reconstruct } from '@snowglobe/model';
import type { Executor, VariableStore } from '@snowglobe/graph';
import { psnr } from './pictures.js';

/** Frames of an evaluation run: enough to keep every core busy. */
const evaluationBatch = 16;

interface Trained {
  readonly executor: Executor;
  /** Holds the tokenizer's weights. */
  readonly store: VariableStore;
}

/** Draws frames again through their tokens and tells the PSNR of each in dB. */
export interface Reconstruction {
  /** @param frames each (H, W, 3) in −1 … 1 */
  psnr(frames: readonly Float32Array[]): Promise<number[]>;
  close(): Promise<void>;
}

/** Opens a tokenizer for measuring frames of one size. */
export async function openReconstruction(
  { height, width }: { readonly height: number; readonly width: number },
  config: TokenizerConfig,
  { executor, store }: Trained,
): Promise<Reconstruction> {
  const builder = new GraphBuilder();
  const shape = [evaluationBatch, height, width, 3];
  builder.output('drawn', reconstruct(builder.input('frames', shape), config));
  const program = await executor.compile(builder.build(), { store, freeze: true });
  const size = height * width * 3;
  return {
    async psnr(frames) {
      const scores: number[] = [];
      for (let first = 0; first < frames.length; first += evaluationBatch) {
        const some = frames.slice(first, first + evaluationBatch);
        const batch = new Float32Array(evaluationBatch * size);
        some.forEach((frame, i) => batch.set(frame, i * size));
        const { drawn } = await program.run({ frames: batch });
        some.forEach((frame, i) =>
          scores.push(psnr((drawn as Float32Array).subarray(i * size, (i + 1) * size), frame)),
        );
      }
      return scores;
    },
    close: () => program.close(),
  };
}

/**
 * Mean PSNR over every `stride`-th frame of a set, in dB; frames are clipped to what a screen shows.
 * @param stride default 1: all frames
 */
export async function evaluateTokenizer(
  data: Recordings,
  config: TokenizerConfig,
  { stride = 1, ...trained }: Trained & { readonly stride?: number },
): Promise<{ readonly psnr: number; readonly frames: number }> {
  const reconstruction = await openReconstruction(data, config, trained);
  let pending: Float32Array[] = [];
  let [total, frames] = [0, 0];
  const flush = async (): Promise<void> => {
    for (const score of await reconstruction.psnr(pending)) total += score;
    frames += pending.length;
    pending = [];
  };
  let next = 0;
  for (let clip = 0; clip < data.clips.length; clip++) {
    for (let frame = 0; frame < data.clips[clip]!.frames; frame++) {
      if (next++ % stride !== 0) continue;
      pending.push(pixelsOf(data.frames(clip, frame, 1)));
      if (pending.length === evaluationBatch) await flush();
    }
  }
  await flush();
  await reconstruction.close();
  return { psnr: total / frames, frames };
}
