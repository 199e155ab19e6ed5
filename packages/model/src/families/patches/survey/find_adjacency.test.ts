import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { expect, it } from 'vitest';
import { generatorFor } from '../../../random.js';
import type { PairSet } from '../config/adjacency.js';
import { unpackPairs } from '../config/adjacency.js';
import { findAdjacency } from './find_adjacency.js';

const [rows, columns] = [7, 8];
const cells = rows * columns;
const config = {
  ...{ width: columns * 4, height: rows * 4, codebook: 7 },
  grid: { size: 4, top: 0, left: 0 },
  // The last row counts frames.
  view: { top: 0, left: 0, rows: rows - 1, columns },
};
const [grass, back, front, roof, wall, zero] = [0, 1, 2, 3, 4, 5];

/** Meadows with cars that look right and houses of a roof above a wall. */
function meadows(frames: number, seed: number): Int16Array {
  const random = generatorFor(seed, 'adjacency');
  const pick = (count: number): number => uniformInt(random, 0, count - 1);
  const codes = new Int16Array(frames * cells).fill(grass);
  for (let t = 0; t < frames; t++) {
    const put = (row: number, column: number, code: number): void => {
      if (row >= 0 && row < rows - 1 && column >= 0 && column < columns)
        codes[t * cells + row * columns + column] = code;
    };
    const [row, column] = [2 * pick(3), 2 * pick(4)];
    // At the edges the view cuts things.
    const shift = pick(2);
    put(row, column - shift, back);
    put(row, column + 1 - shift, front);
    const [top, left] = [2 * pick(3), 2 * pick(4)];
    if (top !== row || left !== column)
      for (const each of [left - shift, left + 1 - shift]) {
        put(top, each, roof);
        put(top + 1, each, wall);
      }
    for (let i = 0; i < columns; i++) codes[t * cells + (rows - 1) * columns + i] = zero + ((t >> i) & 1);
  }
  return codes;
}

const found = (frames: number) => {
  const adjacency = findAdjacency({ clips: [meadows(frames, 1), meadows(frames, 2)], columns }, config);
  if (!adjacency) return undefined;
  const read = (pairs: PairSet) => {
    const set = unpackPairs(pairs, config.codebook)!;
    return (a: number, b: number): boolean => set[a * config.codebook + b] === 1;
  };
  return { right: read(adjacency.right), below: read(adjacency.below) };
};

it('finds which patches go together in the view', () => {
  const { right, below } = found(500)!;
  expect(right(back, front)).toBe(true);
  expect([grass, back, roof, wall].map((code) => right(back, code))).toEqual([false, false, false, false]);
  expect([back, front].map((code) => right(grass, code))).toEqual([true, false]);
  expect([below(roof, wall), below(roof, grass), below(wall, roof), below(grass, wall)]).toEqual([
    ...[true, false],
    ...[false, false],
  ]);
  expect(right(grass, grass) && below(grass, grass)).toBe(true);
  // What counts frames is beside nothing: it is not in the view.
  expect(right(zero, zero + 1) || below(grass, zero) || below(zero, zero)).toBe(false);
});

it('says nothing of patches that were hardly seen, and finds nothing in too little', () => {
  const rare = 6;
  const clip = meadows(500, 3).map((code) => (code === rare ? zero : code));
  // With grass around it, nine times.
  for (let t = 0; t < 9; t++) clip.set([grass, rare, grass], t * cells + 20);
  const { right } = findAdjacency({ clips: [clip], columns }, config)!;
  const goesRight = unpackPairs(right, config.codebook)!;
  expect(goesRight[grass * config.codebook + front]).toBe(0);
  for (let code = 0; code < config.codebook; code++) {
    expect([goesRight[rare * config.codebook + code], goesRight[code * config.codebook + rare]]).toEqual([
      1, 1,
    ]);
  }
  expect(found(1)).toBeUndefined();
});

it('leaves worlds of very many patches alone', () => {
  expect(findAdjacency({ clips: [meadows(500, 1)], columns }, { ...config, codebook: 1025 })).toBeUndefined();
});
