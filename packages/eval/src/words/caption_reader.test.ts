import { generatorFor } from '@snowglobe/model';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { describe, expect, it } from 'vitest';
import type { ReadFrame } from './caption_reader.js';
import { captionReader } from './caption_reader.js';
import { rephrased } from './words.js';

/** A game of 5x5 cells above a row that stands still: grass 0, player 1 in the middle, two pictures of water 2 and 3, a cow 4, digits 5 and 6. */
const grid = { rows: 6, columns: 5, count: 8, view: { top: 0, left: 0, rows: 5, columns: 5 } };

function frame(water: readonly number[], cows: readonly number[], digit = 5): Int32Array {
  const codes = new Int32Array(30);
  codes[12] = 1;
  water.forEach((cell, i) => (codes[cell] = 2 + (i % 2)));
  for (const cell of cows) codes[cell] = 4;
  codes.fill(digit, 25, 27);
  codes[27] = 7;
  return codes;
}
const sideOf = (cells: readonly number[]): string => {
  const sum = cells.reduce((total, cell) => total + (cell % 5) - 2, 0);
  return sum === 0 ? '' : sum < 0 ? 'west' : 'east';
};

function recorded(): ReadFrame[] {
  const random = generatorFor(1, 'test');
  return Array.from({ length: 200 }, (_, n): ReadFrame => {
    const column = n % 2 === 0 ? 0 : 3;
    const water = n % 3 === 0 ? [] : [column, column + 5, column + 10, column + 1];
    const cows = n % 4 === 0 ? [] : [15 + uniformInt(random, 0, 4)];
    const things: Record<string, readonly [number, string]> = {};
    if (water.length > 0) things['water'] = [water.length, sideOf(water)];
    if (cows.length > 0) things['Cow'] = [1, sideOf(cows)];
    const said = [
      'open grass',
      ...(water.length > 0 ? [`a lake in the ${sideOf(water)}`] : []),
      ...(cows.length > 0 ? ['a cow'] : []),
    ];
    return {
      codes: frame(water, cows, n % 2 === 0 ? 5 : 6),
      caption: { frame: n, things, sentence: said.join(' and ') },
    };
  });
}
const reader = captionReader(recorded(), grid);

describe('captionReader', () => {
  it('finds what sentences ask for by what is always there when it is said', () => {
    expect(reader.asked('a lake in the west and a cow')).toEqual([
      { thing: 'water', least: 4, direction: 'west' },
      { thing: 'Cow', least: 1, direction: undefined },
    ]);
    expect(reader.asked('open grass')).toEqual([]);
    expect(reader.asked('a castle in the east')).toEqual([]);
  });

  it('sees whether a frame shows it, in number and direction', () => {
    const [lake, cow] = reader.asked('a lake in the west and a cow') as [
      ReturnType<typeof reader.asked>[number],
      ReturnType<typeof reader.asked>[number],
    ];
    expect(reader.shows(frame([0, 1, 5, 6], [20]), lake)).toEqual({ there: true, right: true });
    expect(reader.shows(frame([3, 4, 8, 9], [20]), lake)).toEqual({ there: true, right: false });
    expect(reader.shows(frame([0], [20]), lake)).toEqual({ there: true, right: false });
    expect(reader.shows(frame([], []), cow)).toEqual({ there: false, right: false });
  });

  it('counts cells that show what belongs elsewhere', () => {
    const good = frame([0, 1], [20]);
    expect(reader.stray(good)).toBe(0);
    const bad = good.slice();
    bad[3] = 5;
    bad[28] = 4;
    bad[20] = 1;
    bad[26] = 7;
    expect(reader.stray(bad)).toBe(4);
  });
});

it('sentences are said in other words, each phrase once', () => {
  const phrases = { 'a lake': 'water', water: 'a lake', lake: 'sea', 'in the west': 'on the left (c.)' };
  expect(rephrased('a lake in the west, water and lakes', phrases)).toBe(
    'water on the left (c.), a lake and lakes',
  );
  expect(rephrased('a lake', {})).toBe('a lake');
});
