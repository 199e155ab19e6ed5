import type { Executor, VariableStore } from '@snowglobe/graph';
import type { KvCacheBits, Recordings, WorldModel } from '@snowglobe/model';
import { oneActionLogits, generatorFor } from '@snowglobe/model';
import { pixelsOf } from '@snowglobe/model/internal';
import type { ActionTable } from '@snowglobe/runtime';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { openReconstruction } from '../pictures/reconstruction.js';
import { mean } from '../statistics.js';
import { worldsAtOnce as worlds } from './courses.js';
import { rollOut, seedsFrom } from './roll_out.js';

export interface LongRunOptions {
  readonly executor: Executor;
  readonly store: VariableStore;
  /** Decides the actions and what is sampled. */
  readonly seed: number;
  /** See `SamplingOptions`. */
  readonly temperature: number;
  readonly confidenceThreshold: number;
  /** Frames of each run; default 300. */
  readonly steps?: number;
  /** The keys that are held; by default any by its number. */
  readonly keys?: ActionTable;
  /** See `FrameOptions`. */
  readonly kvCache?: KvCacheBits | undefined;
}

/** Whether worlds hold together when they are played for long. */
export interface LongRuns {
  readonly steps: number;
  readonly worlds: number;
  /**
   * PSNR in dB of reconstructing the last frames (see `FamilyTraining.reconstruction`): low when they look like nothing in the
   * recordings. Of families that reconstruct frames.
   */
  readonly reconstructionPsnr?: number;
  /** Mean absolute difference of neighbouring pixels in the last frames, as a share of that in the prompts: low when blurred. */
  readonly detail: number;
}

/** Last frames of a run that are measured. */
const measured = 20;

/** Frames for which an action is held: at least, at most. */
const holding = [4, 20] as const;

/** Plays worlds from held-out prompts with actions that are held for a while, and looks at where that ends. */
export async function evaluateLongRuns(
  data: Recordings,
  model: WorldModel,
  { steps = 300, executor, store, seed, temperature, confidenceThreshold, keys, kvCache }: LongRunOptions,
): Promise<LongRuns> {
  const graph = model.frameGraph({ batch: worlds, kvCache });
  const program = await executor.compile(graph, { store, freeze: true });
  const size = data.height * data.width * 3;
  const prompts = new Float32Array(worlds * size);
  for (let b = 0; b < worlds; b++) {
    const clip = Math.floor((b * data.clips.length) / worlds);
    const frame = Math.floor(data.clips[clip]!.frames / 2);
    prompts.set(pixelsOf(data.frames(clip, frame, 1)), b * size);
  }
  const random = generatorFor(seed, 'long runs');
  const actionLogits = keys
    ? keys.names.map((name) => keys.logitsOf(name))
    : Array.from({ length: model.actions.count }, (_, i) => oneActionLogits(i, model.actions));
  const held = Array.from({ length: worlds }, () => ({ logits: actionLogits[0]!, left: 0 }));
  const hold = (): Float32Array[] =>
    held.map((key) => {
      if (key.left === 0) {
        key.logits = actionLogits[uniformInt(random, 0, actionLogits.length - 1)]!;
        key.left = uniformInt(random, ...holding);
      }
      key.left--;
      return key.logits;
    });
  const last: Float32Array[] = [];
  const compiled = { graph, program, store, model };
  const sampling = { seeds: seedsFrom(seed, 0, worlds), temperature, confidenceThreshold };
  await rollOut(compiled, { length: steps, prompts, actionLogits: hold, ...sampling }, (t, { frame }) => {
    if (t < steps - measured) return;
    const frames = frame as Float32Array;
    for (let b = 0; b < worlds; b++) last.push(frames.slice(b * size, (b + 1) * size));
  });
  await program.close();
  const { reconstruction: drawnAgain } = await model.training();
  let reconstructionPsnr: number | undefined;
  if (drawnAgain) {
    const reconstruction = await openReconstruction(drawnAgain, { executor, store });
    reconstructionPsnr = mean(await reconstruction.psnr(last));
    await reconstruction.close();
  }
  const first = Array.from({ length: worlds }, (_, b) => prompts.subarray(b * size, (b + 1) * size));
  const detail = (frames: readonly Float32Array[]): number =>
    mean(frames.map((frame) => detailOf(frame, data.width)));
  return {
    ...{ steps, worlds },
    ...(reconstructionPsnr !== undefined && { reconstructionPsnr }),
    detail: detail(last) / detail(first),
  };
}

/** Mean absolute difference of pixels beside and above each other: (H, W, 3). */
export function detailOf(frame: Float32Array, width: number): number {
  const row = width * 3;
  let [sum, count] = [0, 0];
  for (let i = 0; i < frame.length; i++) {
    if (i % row >= 3) {
      sum += Math.abs(frame[i]! - frame[i - 3]!);
      count++;
    }
    if (i >= row) {
      sum += Math.abs(frame[i]! - frame[i - row]!);
      count++;
    }
  }
  return sum / Math.max(1, count);
}
