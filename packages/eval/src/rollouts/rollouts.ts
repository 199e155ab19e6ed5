import type { Graph } from '@snowglobe/graph';
import { SnowglobeError, sizeOf } from '@snowglobe/graph';
import type { KvCacheBits, WorldConfig } from '@snowglobe/model';
import { buildPlay, certainWish, momentOf, pixelsOf } from '@snowglobe/model';
import type { Executor, Program, VariableStore } from '@snowglobe/runtime';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { Recordings } from '../recordings/recordings.js';
import { generatorFor } from '@snowglobe/runtime';
import { psnr } from '../pictures/pictures.js';
import type { Watching } from './watch.js';
import { beginAt, openWatcher, worlds as batch } from './watch.js';

/** Where rollouts start, and how they are drawn. */
export interface RolloutOptions {
  readonly executor: Executor;
  readonly store: VariableStore;
  /** Frames drawn from each prompt; default 10. */
  readonly length?: number;
  /** A rollout starts at every `stride`-th frame of each clip that has enough frames after it; default 16. */
  readonly stride?: number;
  /** See `buildPlay`. Default 0: the likeliest codes. */
  readonly temperature?: number;
  /** See `buildPlay`. Default 0. */
  readonly certainty?: number;
  /** See `PlayOptions`. */
  readonly kvCache?: KvCacheBits | undefined;
  /** Decides the random actions. */
  readonly seed: number;
  /**
   * Frames of the recording that a world watches before each rollout, from its prompt on; default none. Starts are then so
   * far from the beginnings of clips.
   */
  readonly watch?: Watching;
}

/** Mean PSNR in dB of each frame of the rollouts, the first being one frame after the prompt. */
export interface RolloutScores {
  readonly starts: number;
  /** With the actions of the recording. */
  readonly followed: readonly number[];
  /** With random actions. */
  readonly random: readonly number[];
  /** Repeating the prompt. */
  readonly copied: readonly number[];
}

/** From one prompt frame each, how close rollouts stay to what was recorded (GenieRedux, Kazemi et al. 2024). */
export async function evaluateRollouts(
  data: Recordings,
  actions: readonly ArrayLike<number>[],
  config: WorldConfig,
  options: RolloutOptions,
): Promise<RolloutScores> {
  const { length = 10, stride = 16, executor, store, seed, watch, kvCache } = options;
  const past = watch?.frames ?? 0;
  const starts = data.clips.flatMap(({ frames }, clip) =>
    Array.from({ length: Math.max(0, Math.ceil((frames - length - past) / stride)) }, (_, i) => ({
      clip,
      frame: past + i * stride,
    })),
  );
  if (starts.length === 0) {
    throw new SnowglobeError(
      `eval: no recording has the ${past + length + 1} frames that a rollout of ${length} after ${past} takes; watch fewer or give longer recordings.`,
    );
  }
  const graph = buildPlay(config, { batch, kvCache });
  const program = await executor.compile(graph, { store, freeze: true });
  const watcher = watch && (await openWatcher({ data, actions, motion: watch.motion }, config, options));
  const random = generatorFor(seed, 'random actions');
  const sums = {
    followed: new Float64Array(length),
    random: new Float64Array(length),
    copied: new Float64Array(length),
  };
  const size = data.height * data.width * 3;
  for (let first = 0; first < starts.length; first += batch) {
    const rows = starts.slice(first, first + batch);
    const truth = rows.map(({ clip, frame }) => pixelsOf(data.frames(clip, frame, length + 1)));
    const prompts = new Float32Array(batch * size);
    truth.forEach((pixels, b) => prompts.set(pixels.subarray(0, size), b * size));
    const begun = watcher ? { first: past, begin: () => watcher.watch(rows, past) } : { prompts };
    const score = (sum: Float64Array, t: number, drawn: Float32Array): void =>
      truth.forEach((pixels, b) => {
        const wanted = pixels.subarray((t + 1) * size, (t + 2) * size);
        sum[t]! += psnr(drawn.subarray(b * size, (b + 1) * size), wanted);
      });
    const wishFor = (action: number): Float32Array => certainWish(action, config.motion.actions);
    const followed = (t: number) =>
      Array.from({ length: batch }, (_, b) => {
        const row = rows[b];
        return wishFor(row ? actions[row.clip]![row.frame + t]! : 0);
      });
    await rollOut(program, graph, config, { ...options, ...begun, length, wishes: followed }, (t, frame) =>
      score(sums.followed, t, frame),
    );
    const anything = () =>
      Array.from({ length: batch }, () => wishFor(uniformInt(random, 0, config.motion.actions - 1)));
    await rollOut(program, graph, config, { ...options, ...begun, length, wishes: anything }, (t, frame) =>
      score(sums.random, t, frame),
    );
    for (let t = 0; t < length; t++) score(sums.copied, t, prompts);
  }
  await program.close();
  await watcher?.close();
  const means = (sum: Float64Array): number[] => [...sum].map((total) => total / starts.length);
  return {
    starts: starts.length,
    followed: means(sums.followed),
    random: means(sums.random),
    copied: means(sums.copied),
  };
}

export interface Rollout {
  readonly length: number;
  /** (B, H, W, 3) */
  readonly prompts?: Float32Array;
  /** Brings the store to where the rollout starts, in place of prompts; and how many frames that was. */
  readonly begin?: () => Promise<void>;
  readonly first?: number;
  /** What is done in each world, see `buildPlay`. */
  readonly wishes: (t: number) => readonly Float32Array[];
  readonly temperature?: number;
  readonly certainty?: number;
  readonly store: VariableStore;
  readonly seed: number;
}

/** Rolls a batch of worlds out from their prompts. */
export async function rollOut(
  program: Program,
  graph: Graph,
  config: WorldConfig,
  { length, prompts, begin, first = 0, wishes, temperature = 0, certainty = 0, store, seed }: Rollout,
  onFrame: (t: number, frame: Float32Array) => void,
): Promise<void> {
  if (prompts) beginAt(graph, store, prompts);
  await begin?.();
  const random = generatorFor(seed, 'rollout');
  const uniforms = (name: string): Float32Array =>
    Float32Array.from(
      { length: sizeOf(graph.inputs.get(name)!.shape) },
      () => uniformInt(random, 0, 2 ** 24 - 1) / 2 ** 24,
    );
  const ranks = new Float32Array(sizeOf(graph.inputs.get('rankNoise')!.shape));
  for (let t = 0; t < length; t++) {
    const { frame } = await program.run(
      {
        wish: Float32Array.from(wishes(t).flatMap((wish) => [...wish])),
        ...momentOf(first + t, config.dynamics),
        temperature: Float32Array.of(temperature),
        certainty: Float32Array.of(certainty),
        motionUniforms: uniforms('motionUniforms'),
        codeUniforms: uniforms('codeUniforms'),
        rankNoise: ranks,
      },
      ['frame'],
    );
    onFrame(t, frame as Float32Array);
  }
}
