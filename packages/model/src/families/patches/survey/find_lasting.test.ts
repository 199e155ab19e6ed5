import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { expect, it } from 'vitest';
import { generatorFor } from '../../../random.js';
import { findLasting } from './find_lasting.js';
import { labelMotions } from './label_motions.js';

const [rows, columns] = [10, 11];
const cells = rows * columns;
const config = {
  ...{ width: columns * 4, height: rows * 4, codebook: 8 },
  ...{ grid: { size: 4, top: 0, left: 0 }, view: { top: 0, left: 0, rows, columns } },
  motions: [
    [0, 0],
    [0, 1],
    [0, -1],
  ] as const,
};
const [sheep, ghost] = [5, 6];

/** Sheep and ghosts go a cell a frame at most, over ground that scrolls; ghosts are unseen now and then. */
function walk(frames: number, seed: number): Int16Array {
  const random = generatorFor(seed, 'lasting');
  const pick = (count: number): number => uniformInt(random, 0, count - 1);
  const wide = 60;
  const ground = Array.from({ length: rows * wide }, () => pick(4));
  const things = Array.from({ length: 40 }, (_, i) => ({
    row: i % rows,
    column: 1 + 3 * Math.floor(i / 2),
    code: i % 2 ? sheep : ghost,
  }));
  const codes = new Int16Array(frames * cells);
  let left = 20;
  for (let t = 0; t < frames; t++) {
    for (let cell = 0; cell < cells; cell++) {
      codes[t * cells + cell] = ground[Math.floor(cell / columns) * wide + left + (cell % columns)]!;
    }
    for (const thing of things) {
      const column = thing.column - left;
      const isSeen = column >= 0 && column < columns && (thing.code === sheep || pick(20) > 0);
      if (isSeen) codes[t * cells + thing.row * columns + column] = thing.code;
      const [down, right] = [
        [0, 1],
        [0, -1],
        [1, 0],
        [-1, 0],
      ][pick(4)]! as [number, number];
      const [row, to] = [thing.row + down, thing.column + right];
      const isFree =
        row >= 0 &&
        row < rows &&
        to >= 0 &&
        to < wide &&
        !things.some((other) => other.row === row && other.column === to);
      if (isFree) [thing.row, thing.column] = [row, to];
    }
    if (pick(3) === 0) left = Math.min(45, Math.max(2, left + (pick(2) ? 1 : -1)));
  }
  return codes;
}

it('tells the kinds of which none vanishes in view, wherever the view goes', () => {
  const coded = { clips: [1, 2, 3].map((seed) => walk(300, seed)), columns };
  const labels = labelMotions(coded, config);
  expect(findLasting(coded, labels, config, [[sheep], [ghost]])).toEqual([0]);
  expect(findLasting(coded, labels, config, [[ghost], [sheep]])).toEqual([1]);
});

it('believes nothing of what was seldom seen', () => {
  const coded = { clips: [walk(12, 4)], columns };
  expect(findLasting(coded, labelMotions(coded, config), config, [[sheep]])).toEqual([]);
});
