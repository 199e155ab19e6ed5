import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { expect, it } from 'vitest';
import { generatorFor } from '../../../random.js';
import { findMovers } from './find_movers.js';
import { labelMotions } from './label_motions.js';

const side = 9;
const [rows, columns] = [side + 1, side];
const cells = rows * columns;
const config = {
  ...{ width: columns * 4, height: rows * 4, codebook: 20 },
  grid: { size: 4, top: 0, left: 0 },
  // The last row counts frames.
  view: { top: 0, left: 0, rows: side, columns },
  motions: [
    [0, 0],
    [0, 1],
    [0, -1],
    [1, 0],
    [-1, 0],
  ] as const,
};
const [player, wave, cowOnGrass, cowOnSand, snail, digits] = [4, 5, 7, 8, 9, 10];

/** A plane of four grounds with waves, on which cows go anywhere and snails seldom move; somebody walks over it. */
function walk(frames: number, seed: number, { still = false } = {}): Int16Array {
  const random = generatorFor(seed, 'movers');
  const pick = (count: number): number => uniformInt(random, 0, count - 1);
  const world = 40;
  const ground = Array.from({ length: world * world }, () => pick(4));
  const at = (row: number, column: number): number => row * world + column;
  const things = Array.from({ length: 60 }, (_, i) => ({
    row: pick(world),
    column: pick(world),
    slow: i % 3 === 0,
  }));
  const steps = config.motions.slice(1);
  let [top, left] = [15, 15];
  const codes = new Int16Array(frames * cells);
  for (let t = 0; t < frames; t++) {
    const show = (row: number, column: number): number => {
      const thing = things.find((each) => each.row === row && each.column === column);
      const under = ground[at(row, column)]!;
      if (thing) return thing.slow ? snail : under < 2 ? cowOnGrass : cowOnSand;
      return under === 3 ? wave + +((t + 7 * row + 3 * column) % 20 === 0) : under;
    };
    for (let cell = 0; cell < side * side; cell++) {
      const [row, column] = [Math.floor(cell / side), cell % side];
      codes[t * cells + cell] = cell === 40 ? player : show(top + row, left + column);
    }
    for (let column = 0; column < columns; column++)
      codes[t * cells + side * columns + column] = digits + ((t + column) % 10);
    for (const thing of things) {
      if (pick(thing.slow ? 4 : 2) > 0) continue;
      const [down, right] = steps[pick(4)]!;
      const [row, column] = [thing.row + down, thing.column + right];
      const isFree =
        row >= 0 &&
        row < world &&
        column >= 0 &&
        column < world &&
        !things.some((each) => each.row === row && each.column === column);
      if (isFree) [thing.row, thing.column] = [row, column];
    }
    if (still || pick(3) > 0) continue;
    const [down, right] = steps[pick(4)]!;
    [top, left] = [Math.min(30, Math.max(0, top + down)), Math.min(30, Math.max(0, left + right))];
  }
  return codes;
}

it('finds what moves by itself, on whatever ground, and nothing that only changes or is controlled', () => {
  const coded = { clips: [1, 2, 3, 4].map((seed) => walk(300, seed)), columns };
  const movers = findMovers(coded, labelMotions(coded, config), config);
  expect(movers).toEqual([[cowOnGrass, cowOnSand], [snail]]);
});

it('finds nothing where nothing moves, and not in too little', () => {
  const waves = {
    clips: [walk(200, 5, { still: true }).map((code) => (code >= cowOnGrass && code <= snail ? 0 : code))],
    columns,
  };
  expect(findMovers(waves, labelMotions(waves, config), config)).toEqual([]);
  const short = { clips: [walk(3, 6)], columns };
  expect(findMovers(short, labelMotions(short, config), config)).toEqual([]);
});
