import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { expect, it } from 'vitest';
import { generatorFor } from '../../../random.js';
import { findSight } from './find_sight.js';
import { labelMotions } from './label_motions.js';

const [rows, columns, viewRows] = [9, 8, 7];
const cells = rows * columns;
const config = {
  ...{ width: columns * 4, height: rows * 4 },
  grid: { size: 4, top: 0, left: 0 },
  view: { top: 0, left: 0, rows: viewRows, columns },
  motions: [
    [0, 0],
    [0, 1],
    [0, 2],
    [0, -1],
  ] as const,
};
const player = 3 * columns + 2;
const [speedCell, clockCell] = [7 * columns + 1, 8 * columns + 5];
const codesOf = { player: 30, speed: 40, clock: 50, still: 60 };

/** Someone in the left half of the view goes right at the speed that a cell below it shows, or back; another cell counts frames. */
function drive(frames: number, seed: number, { shown = true } = {}) {
  const random = generatorFor(seed, 'sight');
  const pick = (count: number): number => uniformInt(random, 0, count - 1);
  const plane = Array.from({ length: viewRows * 4000 }, () => pick(20));
  const codes = new Int16Array(frames * cells).fill(codesOf.still);
  const actions: number[] = [];
  let [left, speed] = [500, 0];
  for (let t = 0; t < frames; t++) {
    for (let cell = 0; cell < viewRows * columns; cell++) {
      codes[t * cells + cell] = plane[Math.floor(cell / columns) * 4000 + left + (cell % columns)]!;
    }
    codes[t * cells + player] = codesOf.player;
    codes[t * cells + speedCell] = codesOf.speed + (shown ? speed : 0);
    codes[t * cells + clockCell] = codesOf.clock + (t % 10);
    const action = pick(2);
    actions.push(action);
    left += action === 1 ? -1 : speed;
    if (pick(2) === 0) speed = pick(3);
  }
  return { codes, actions: actions.slice(0, -1) };
}

function sightOf(clips: readonly ReturnType<typeof drive>[]) {
  const coded = { clips: clips.map(({ codes }) => codes), columns };
  const actions = clips.flatMap((clip) => clip.actions);
  return findSight(coded, labelMotions(coded, config), actions, config);
}

it('is what is around the controlled cell, and beyond the view nothing but what tells the motion', () => {
  const sight = sightOf([1, 2, 3].map((seed) => drive(200, seed)))!;
  // The view moves by two cells at most, and two more are looked at: all seven rows, and columns 0 to 6.
  const near = Array.from({ length: cells }, (_, cell) => cell).filter(
    (cell) => cell < viewRows * columns && cell % columns <= 6,
  );
  expect(sight).toEqual([...near, speedCell]);
  expect(sightOf([1, 2, 3].map((seed) => drive(200, seed, { shown: false })))).toEqual(near);
});

it('is unknown where nothing is controlled', () => {
  const { codes, actions } = drive(120, 4);
  const without = codes.map((code) => (code === codesOf.player ? 0 : code));
  for (let t = 0; t < 120; t++) without[t * cells + player] = codes[t * cells + player + columns]!;
  expect(sightOf([{ codes: without, actions }])).toBeUndefined();
});
