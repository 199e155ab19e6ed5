import type { KvCacheBits, WorldConfig } from '@snowglobe/model';
import { buildPlay, certainWish } from '@snowglobe/model';
import type { Executor, VariableStore } from '@snowglobe/runtime';
import { generatorFor } from '@snowglobe/runtime';
import { psnr, rollOut } from '@snowglobe/eval';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { Recording } from './recordings.js';

/** Worlds that are rolled out side by side. */
const batch = 16;

/** The frame after the prompt at which worlds are asked whether actions steer them (Bruce et al. 2024). */
const mostSteered = 4;

/** Rollouts of one world from the first frame of each recording, as long as the shortest. */
export interface Rollouts {
  /** A number a recording: mean PSNR in dB of the frames drawn with its actions. */
  readonly psnr: readonly number[];
  /** A number a recording: PSNR four frames on, with its actions minus with random ones. */
  readonly delta4: readonly number[];
  /** The last frame of each of the first rollouts, (H, W, 3). */
  readonly shown: readonly Float32Array[];
}

/**
 * Rolls a world out along recordings, always drawing the likeliest.
 * @param kvCache how the world remembers, see `PlayOptions`
 * @param shown how many last frames to keep
 */
export async function rollOutAlong(
  recordings: readonly Recording[],
  config: WorldConfig,
  {
    executor,
    store,
    kvCache,
    seed,
    shown = 0,
  }: {
    executor: Executor;
    store: VariableStore;
    kvCache?: KvCacheBits | undefined;
    seed: number;
    shown?: number;
  },
): Promise<Rollouts> {
  const graph = buildPlay(config, { batch, kvCache });
  const program = await executor.compile(graph, { store, freeze: true });
  const random = generatorFor(seed, 'random actions');
  const { actions } = config.motion;
  const size = config.width * config.height * 3;
  const length = recordings.reduce((least, { actions: { length: own } }) => Math.min(least, own), Infinity);
  const steered = Math.min(mostSteered, length);
  const followed: number[] = [];
  const delta4: number[] = [];
  const last: Float32Array[] = [];
  for (let first = 0; first < recordings.length; first += batch) {
    const rows = recordings.slice(first, first + batch);
    const prompts = new Float32Array(batch * size);
    rows.forEach(({ frames }, b) => prompts.set(frames.subarray(0, size), b * size));
    const scores = (t: number, frame: Float32Array): number[] =>
      rows.map(({ frames }, b) =>
        psnr(frame.subarray(b * size, (b + 1) * size), frames.subarray((t + 1) * size, (t + 2) * size)),
      );
    const sums = new Float64Array(rows.length);
    const steeredScores = new Float64Array(rows.length);
    const wishes = (of: (b: number) => number) =>
      Array.from({ length: batch }, (_, b) => certainWish(of(b), actions));
    const play = { prompts, store, seed };
    await rollOut(
      program,
      graph,
      config,
      { ...play, length, wishes: (t) => wishes((b) => rows[b]?.actions[t] ?? 0) },
      (t, frame) => {
        scores(t, frame).forEach((score, b) => {
          sums[b]! += score / length;
          if (t === steered - 1) steeredScores[b]! += score;
        });
        if (t < length - 1) return;
        for (let b = 0; b < rows.length && last.length < shown; b++) {
          last.push(frame.slice(b * size, (b + 1) * size));
        }
      },
    );
    const anything = () => wishes(() => uniformInt(random, 0, actions - 1));
    await rollOut(program, graph, config, { ...play, length: steered, wishes: anything }, (t, frame) => {
      if (t === steered - 1) scores(t, frame).forEach((score, b) => (steeredScores[b]! -= score));
    });
    followed.push(...sums);
    delta4.push(...steeredScores);
  }
  await program.close();
  return { psnr: followed, delta4, shown: last };
}
