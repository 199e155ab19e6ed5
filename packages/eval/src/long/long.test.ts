import { createNodeOnnxExecutor } from '@snowglobe/runtime';
import { afterAll, expect, it } from 'vitest';
import { cellActions, cellLegend, cellRecordings, cellRules } from '../testing/cell_game.js';
import { cellWalker } from '../testing/cell_walker.js';
import { frozenWalker, recordedWalker, shuffledWalker } from '../walks/bounds.js';
import type { Walker } from '../walks/walker.js';
import type { LongEvaluation } from './long.js';
import { evaluateLong } from './long.js';

const executor = createNodeOnnxExecutor({ threads: 1 });
afterAll(() => executor.close());

const data = cellRecordings(16, 161);
const actions = data.clips.map(({ frames }, clip) => data.actions(clip, 0, frames - 1));

const measure = (walker: Walker, named = true, game?: Walker): Promise<LongEvaluation> =>
  evaluateLong(data, walker, {
    ...{ executor, fps: 8, seed: 1, frames: 160, idle: 'noop', idleSeconds: 8 },
    recorded: { actions, otherwise: 'noop' },
    ...(game && { game: { walker: game, recorded: { actions, otherwise: 'noop' } } }),
    isIdle: (clip, frame) => data.actions(clip, frame, 1)[0] === cellActions.indexOf('noop'),
    ...(named && { legend: cellLegend, rules: cellRules }),
  });

const valueOf = ({ figures }: LongEvaluation, name: string) =>
  figures.find((each) => each.name === name)!.value;

/** A world that blurs its own frames, a little more each time. */
function blurring(walker: Walker): Walker {
  return {
    ...walker,
    walk: (walk, onFrames) =>
      walker.walk(walk, (t, frames) => {
        const weight = Math.min(1, t / 80);
        return onFrames(
          t,
          frames.map((frame) => {
            const mean = frame.reduce((sum, byte) => sum + byte, 0) / frame.length;
            return frame.map((byte) => byte + weight * (mean - byte));
          }),
        );
      }),
  };
}

it('the recordings as a world hold, drift nowhere and are made of what the game is made of', async () => {
  const long = await measure(recordedWalker(data));
  expect(long.melts.every((at) => at === null)).toBe(true);
  expect(long.drift!.auc).toBe(0);
  expect(valueOf(long, 'driftSurvived')).toBe(1);
  for (const { ratio } of long.detail) expect(Math.abs(ratio - 1)).toBeLessThan(0.05);
  expect(long.kinds.at.at(-1)!.distance).toBeLessThan(2 * long.kinds.windows);
  expect(long.things!.inView).toBeCloseTo(long.things!.gameInView, 1);
  expect(long.frozen.share).toBe(long.frozen.game);
  expect(long.frechet.segments[0]!.distance).toBeLessThan(3 * long.frechet.halves);
  // Nothing is done in the recordings from the starts on, so this bound cannot pass the idle test.
  expect(long.figures.every(({ value }) => Number.isFinite(value))).toBe(true);
});

it('the game itself as a world passes the idle test: only cows move', async () => {
  const { idle } = await measure(cellWalker(data));
  expect(idle.ground).toBe(0);
  expect(idle.perFrame).toBeLessThan(0.05);
  expect(Math.abs(idle.perFrame - idle.game!)).toBeLessThan(0.03);
});

it('the game itself, walked in the same way, stands beside the world', async () => {
  const { figures, detail, kinds, frechet } = await measure(
    blurring(cellWalker(data)),
    false,
    cellWalker(data),
  );
  const own = await measure(cellWalker(data), false);
  expect(detail.map(({ game }) => game)).toEqual(own.detail.map(({ ratio }) => ratio));
  expect(kinds.at.map(({ game }) => game)).toEqual(own.kinds.at.map(({ distance }) => distance));
  expect(frechet.segments.map(({ game }) => game)).toEqual(
    own.frechet.segments.map(({ distance }) => distance),
  );
  const least = figures.find(({ name }) => name === 'detailLeast')!;
  expect(least.value).toBeLessThan(0.05);
  expect(least.game).toBe(own.detail[0]!.ratio);
});

it('a frozen world is no better than its prompt, and said to stand still', async () => {
  const long = await measure(frozenWalker(data));
  expect(long.drift!.auc).toBeCloseTo(1, 9);
  expect(valueOf(long, 'driftSurvived')).toBe(0);
  expect(long.frozen.share).toBe(1);
  expect(valueOf(long, 'idlePerFrame')).toBe(0);
});

it('frames in no order look right and drift; doing nothing changes all of the ground', async () => {
  const long = await measure(shuffledWalker(data));
  expect(long.drift!.auc).toBeGreaterThan(0.9);
  expect(long.kinds.at.at(-1)!.distance).toBeLessThan(2 * long.kinds.windows);
  expect(long.idle.ground!).toBeGreaterThan(0.2);
  const recorded = await measure(recordedWalker(data));
  expect(long.frechet.segments[0]!.distance).toBeGreaterThan(2 * recorded.frechet.segments[0]!.distance);
});

it('what blurs has melted about when half of its contrast is gone', async () => {
  const long = await measure(blurring(recordedWalker(data)), false);
  expect(long.kinds.by).toBe('prototypes');
  const at = valueOf(long, 'meltsAt');
  expect(at).toBeGreaterThan(15);
  expect(at).toBeLessThan(70);
  expect(long.detail.at(-1)!.ratio).toBeLessThan(0.05);
  expect(long.frechet.segments[0]!.distance).toBeGreaterThan(10 * long.frechet.halves);
});

it('a world that loses its cows is found to', async () => {
  const lossless = await measure(cellWalker(data));
  const lossy = await measure(cellWalker(data, { losesCow: 0.2 }));
  expect(lossy.things!.atEnd).toBeLessThan(0.7 * lossless.things!.atEnd);
});

it('games that begin anew are told, and what drifts is compared up to there', async () => {
  const short = await measure(cellWalker(data, {}, 50));
  expect(short.drift!.auc).toBe(0);
  expect(valueOf(short, 'ends')).toBe((1000 * 3) / 160);
  // No two frames 100 apart are in the same game.
  expect(short.things!.kept).toEqual({ share: 1, multiplied: 0, vanished: 0 });
});
