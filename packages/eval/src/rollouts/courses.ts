import type { Executor, VariableStore } from '@snowglobe/graph';
import type { KvCacheBits, WorldModel } from '@snowglobe/model';
import { oneActionLogits, generatorFor } from '@snowglobe/model';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { psnr } from '../pictures/pictures.js';
import type { CompiledFrame } from './roll_out.js';
import { rollOut, seedsFrom } from './roll_out.js';

/** A piece of a recording: frames, and what was done between them. */
export interface Course {
  /** (T + 1, H, W, 3) in −1 … 1; the first one is the prompt. */
  readonly frames: Float32Array;
  /** (T): numbers of actions. */
  readonly actions: ArrayLike<number>;
}

/** Courses of one length, which are read when their turn comes. */
export interface Courses {
  readonly count: number;
  /** Frames after the prompt: T. */
  readonly length: number;
  /** The course of that number, from 0. */
  at(index: number): Course;
  /** Brings the store's state to the first frames of courses that are next, in place of prompts. @returns frames seen so far */
  readonly begin?: (indices: readonly number[], compiled: CompiledFrame) => Promise<number>;
}

/** How worlds are rolled out along courses. */
export interface CourseOptions {
  readonly executor: Executor;
  /** Holds the weights of what is played. */
  readonly store: VariableStore;
  /** See `SamplingOptions`. Default 0: the likeliest codes. */
  readonly temperature?: number;
  /** See `SamplingOptions`. Default 0. */
  readonly confidenceThreshold?: number;
  /** See `FrameOptions`. */
  readonly kvCache?: KvCacheBits | undefined;
  /** Decides what is sampled, and the random actions. */
  readonly seed: number;
  /** Frames that are sampled with random actions; default all. */
  readonly randomLength?: number;
  /** Sees each frame (H, W, 3) that was sampled with a course's own actions; it is valid during the call. */
  readonly onFrame?: (course: number, t: number, frame: Float32Array) => void;
}

/** PSNR in dB of each frame of each course: `[course][frame]`. */
export interface CourseScores {
  /** With the actions of the recording. */
  readonly followed: readonly (readonly number[])[];
  /** With random actions. */
  readonly random: readonly (readonly number[])[];
  /** Repeating the prompt. */
  readonly copied: readonly (readonly number[])[];
}

/** Worlds that are played side by side. */
export const worldsAtOnce = 16;

/** Rolls a world out along courses from their first frames, and tells how close it stays to them. */
export async function rollOutAlong(
  courses: Courses,
  model: WorldModel,
  {
    executor,
    store,
    temperature = 0,
    confidenceThreshold = 0,
    kvCache,
    seed,
    randomLength = courses.length,
    onFrame,
  }: CourseOptions,
): Promise<CourseScores> {
  const batch = worldsAtOnce;
  const graph = model.frameGraph({ batch, kvCache });
  const program = await executor.compile(graph, { store, freeze: true });
  const compiled = { graph, program, store, model };
  const random = generatorFor(seed, 'random actions');
  const { actions } = model;
  const size = model.config.width * model.config.height * 3;
  const scores = { followed: [] as number[][], random: [] as number[][], copied: [] as number[][] };
  try {
    for (let first = 0; first < courses.count; first += batch) {
      const indices = Array.from({ length: Math.min(batch, courses.count - first) }, (_, b) => first + b);
      const rows = indices.map((index) => courses.at(index));
      const prompts = new Float32Array(batch * size);
      rows.forEach(({ frames }, b) => prompts.set(frames.subarray(0, size), b * size));
      const sampling = { seeds: seedsFrom(seed, first, batch), temperature, confidenceThreshold };
      const score = (kind: keyof typeof scores, t: number, sampled: Float32Array): void =>
        rows.forEach(({ frames }, b) => {
          const wanted = frames.subarray((t + 1) * size, (t + 2) * size);
          (scores[kind][first + b] ??= []).push(psnr(sampled.subarray(b * size, (b + 1) * size), wanted));
        });
      const go = async (
        kind: 'followed' | 'random',
        length: number,
        actionOf: (b: number, t: number) => number,
      ): Promise<void> => {
        const seen = await courses.begin?.(indices, compiled);
        const start = seen === undefined ? { prompts } : { first: seen };
        const actionLogits = (t: number) =>
          Array.from({ length: batch }, (_, b) => oneActionLogits(actionOf(b, t), actions));
        await rollOut(compiled, { ...sampling, ...start, length, actionLogits }, (t, { frame }) => {
          score(kind, t, frame as Float32Array);
          if (kind === 'random') return;
          const sampled = frame as Float32Array;
          indices.forEach((index, b) => onFrame?.(index, t, sampled.subarray(b * size, (b + 1) * size)));
        });
      };
      await go('followed', courses.length, (b, t) => rows[b]?.actions[t] ?? 0);
      await go('random', randomLength, () => uniformInt(random, 0, actions.count - 1));
      for (let t = 0; t < courses.length; t++) score('copied', t, prompts);
    }
  } finally {
    await program.close();
  }
  return scores;
}
