import type { Executor, VariableStore } from '@snowglobe/graph';
import type { Reconstruction as ReconstructionGraph, Recordings } from '@snowglobe/model';
import { pixelsOf } from '@snowglobe/model/internal';
import { psnr } from './pictures.js';

/** Frames of an evaluation run: enough to keep every core busy. */
const evaluationBatch = 16;

/** Where frames are reconstructed. */
export interface Trained {
  readonly executor: Executor;
  /** Holds the weights of what reconstructs frames. */
  readonly store: VariableStore;
}

/** Reconstructs frames, such as through their tokens, and tells the PSNR of each in dB. */
export interface Reconstruction {
  /** PSNR in dB of each reconstructed frame. @param frames each (H, W, 3) in −1 … 1 */
  psnr(frames: readonly Float32Array[]): Promise<number[]>;
  /** The frames as they come out again. */
  draw(frames: readonly Float32Array[]): Promise<Float32Array[]>;
  /** Frees the program; weights stay. */
  close(): Promise<void>;
}

/** Opens what a family reconstructs frames by. */
export async function openReconstruction(
  { graph }: ReconstructionGraph,
  { executor, store }: Trained,
): Promise<Reconstruction> {
  const program = await executor.compile(graph(evaluationBatch), { store, freeze: true });
  const draw: Reconstruction['draw'] = async (frames) => {
    const again: Float32Array[] = [];
    for (let first = 0; first < frames.length; first += evaluationBatch) {
      const some = frames.slice(first, first + evaluationBatch);
      const size = some[0]!.length;
      const batch = new Float32Array(evaluationBatch * size);
      some.forEach((frame, i) => batch.set(frame, i * size));
      const { drawn } = await program.run({ frames: batch });
      some.forEach((_, i) => again.push((drawn as Float32Array).slice(i * size, (i + 1) * size)));
    }
    return again;
  };
  return {
    draw,
    psnr: async (frames) => (await draw(frames)).map((drawn, i) => psnr(drawn, frames[i]!)),
    close: () => program.close(),
  };
}

/**
 * Mean PSNR over every `stride`-th frame of a set, in dB; frames are clipped to what a screen shows.
 * @param stride default 1: all frames
 */
export async function evaluateReconstruction(
  data: Recordings,
  of: ReconstructionGraph,
  { stride = 1, ...trained }: Trained & { readonly stride?: number },
): Promise<{ readonly psnr: number; readonly frames: number }> {
  const reconstruction = await openReconstruction(of, trained);
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
