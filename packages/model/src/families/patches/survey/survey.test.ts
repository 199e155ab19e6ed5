import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { describe, expect, it } from 'vitest';
import { generatorFor } from '../../../random.js';
import type { Recordings } from '../../../recordings.js';
import type { PatchesConfig } from '../config/config.js';
import { presets } from '../config/presets.js';
import { gridAt } from '../tokenizer/patch_grid.js';
import { drawCodes, PatchEncoder } from '../tokenizer/codebook.js';
import { meadow, meadowRecordings } from '../testing/meadow.js';
import { findMotion } from './find_motion.js';
import { findPoses } from './find_poses.js';
import type { Findings } from './survey.js';
import { codebookOf, encodeRecordings, measureCodebook, survey } from './survey.js';

const data = meadowRecordings(12, 60);
const { width, height } = data;
const { poses: _, ...micro } = presets.micro;
const configOf = (findings: Findings): PatchesConfig => ({
  ...micro,
  ...(findings as Extract<Findings, { motions: unknown }>),
  ...{ width, height, fps: 8, actions: 1 },
});

/** The same recordings with every pixel changed by a little, as a lossy video has them. */
function noisy(of: Recordings, most: number): Recordings {
  const random = generatorFor(1, 'noise');
  const changed = of.clips.map(({ frames }, clip) =>
    of
      .frames(clip, 0, frames)
      .map((byte) => Math.max(0, Math.min(255, byte + uniformInt(random, -most, most)))),
  );
  const bytes = of.width * of.height * 3;
  return {
    ...of,
    frames: (clip, start, count) => changed[clip]!.slice(start * bytes, (start + count) * bytes),
  };
}

describe('recordings made of patches', () => {
  it('tell their grid, their codebook and how the view moves, without being told', async () => {
    const { suits, findings, remark } = await survey(data);
    expect(suits).toBe(true);
    // 9 kinds of ground, the player and 3 digits.
    expect(findings).toMatchObject({
      grid: { size: meadow.size, top: meadow.top, left: meadow.left },
      codebook: 13,
      view: { top: 0, left: 0, rows: meadow.viewRows, columns: meadow.columns },
    });
    const { motions } = findings as Extract<typeof findings, { motions: unknown }>;
    expect([...motions].map(String).sort()).toEqual(['-1,0', '0,-1', '0,0', '0,1', '1,0']);
    expect(String(motions[0])).toBe('0,0');
    expect(remark).toBe(
      'patches of 6x6 pixels from (1, 2), a codebook of 13 draws 100.00 % of the cells exactly',
    );
  });

  it('are drawn again pixel by pixel from their codes', () => {
    const grid = gridAt(data, meadow.size, meadow.top, meadow.left);
    const { codebook, exact } = measureCodebook(data, grid);
    expect(exact).toBe(1);
    const [codes] = encodeRecordings(data, codebook);
    const background = new Uint8Array(data.width * data.height * 3);
    expect(drawCodes(Int32Array.from(codes!), codebook, data, background)).toEqual(data.frames(0, 0, 60));
  });

  it('are counted once: training on what was surveyed reads nothing again for its codebook', async () => {
    const read: number[] = [];
    const watched: Recordings = {
      ...data,
      frames: (clip, start, count) => (read.push(count), data.frames(clip, start, count)),
    };
    const config = configOf((await survey(watched)).findings!);
    read.length = 0;
    expect(codebookOf(watched, config)).toEqual(codebookOf(data, config));
    expect(read).toEqual([]);
    // Another size is another world's.
    expect(() => codebookOf(watched, { ...config, codebook: 99 })).toThrow(/show 13 patches/);
  });

  it('show the nearest patches where pixels are a little off', () => {
    const grid = gridAt(data, meadow.size, meadow.top, meadow.left);
    const { codebook } = measureCodebook(data, grid);
    const encoder = new PatchEncoder(codebook);
    const frames = (of: Recordings) => encoder.encode(of.frames(3, 0, 20), data);
    expect(frames(noisy(data, 12)).codes).toEqual(frames(data).codes);
    expect(frames(noisy(data, 12)).exact).toBe(0);
    expect(frames(data).exact).toBe(20 * 25);
  });
});

describe('other recordings', () => {
  it('of noise do not suit, and say with which share', async () => {
    const { suits, remark } = await survey(noisy(data, 40));
    expect(suits).toBe(false);
    expect(remark).toMatch(/draws .* % of the cells exactly|no grid/);
  });

  it('that stand still have no view', () => {
    const codes = Int16Array.from({ length: 20 * 16 }, (_, i) => (i % 16) + (i % 7 === 0 ? 1 : 0));
    expect(findMotion({ rows: 4, columns: 4, clips: [codes] })).toEqual({
      view: { top: 0, left: 0, rows: 0, columns: 0 },
      motions: [[0, 0]],
    });
  });
});

describe('key logs that tell where the player stands and looks', () => {
  /** x, y and heading of each frame: three steps along x, a turn to the right, a step, a step back. */
  const walk = [
    [0, 0, 0],
    [1, 0, 0],
    [2, 0, 0],
    [3, 0, 0],
    [3, 0, 1],
    [3, 1, 1],
    [3, 0, 1],
  ] as const;
  const recorded = (
    rows: readonly (readonly number[])[],
    names = ['gold', 'x', 'y', 'heading'],
  ): Recordings => ({
    ...data,
    clips: [{ name: 'walk', frames: rows.length, hasActions: true }],
    states: { names, of: () => rows.flatMap((row) => [7, ...row]) },
  });
  /** Frames of 2x2 cells, the lower two of which stand still. */
  const coded = (frames: number) => ({
    ...{ rows: 2, columns: 2 },
    clips: [Int16Array.from({ length: frames * 4 }, (_, i) => (i % 4 < 2 ? i : 1))],
  });

  it('are of a world by pose: its motions in the eyes of the player, and the cells that change with them', () => {
    expect(findPoses(recorded(walk), coded(walk.length))).toEqual({
      view: { top: 0, left: 0, rows: 1, columns: 2 },
      poses: {
        motions: [
          [0, 0, 0],
          [1, 0, 0],
          [0, 0, 1],
          [-1, 0, 0],
        ],
        leadsElsewhere: false,
      },
    });
  });

  it('may lead elsewhere now and then, but not all the time', () => {
    const long = Array.from({ length: 10 }, () => walk).flat();
    // Back to the beginning of the walk: one motion in seven.
    expect(findPoses(recorded(long), coded(long.length))).toBeUndefined();
    const straight = Array.from({ length: 60 }, (_, i) => [i, 0, 0]);
    const jump = [...straight, [40, 50, 0], [41, 50, 0]];
    expect(findPoses(recorded(jump), coded(jump.length))?.poses.leadsElsewhere).toBe(true);
  });

  it('are of another world where the heading is no quarter turn, or is not told', () => {
    const free = walk.map(([x, y], t) => [x, y, t * 20]);
    expect(findPoses(recorded(free), coded(free.length))).toBeUndefined();
    expect(findPoses(recorded(walk, ['gold', 'x', 'y', 'speed']), coded(walk.length))).toBeUndefined();
    expect(findPoses(data, coded(walk.length))).toBeUndefined();
  });
});
