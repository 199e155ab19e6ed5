import { generatorFor } from '@snowglobe/model';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { describe, expect, it } from 'vitest';
import { captionReader } from './caption_reader.js';
import type { ReadFrame } from './reading.js';
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
      clip: n >> 3,
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

describe('captionReader in first person', () => {
  /** A view of 4x4 cells, walls 0 or 1 by level. A door: near ahead 3 in two cells, far ahead 4, to the left 5; 4 elsewhere is a torch, 6 a key. */
  const view = { rows: 4, columns: 4, count: 8, view: { top: 0, left: 0, rows: 0, columns: 0 } };
  type Door = 'near' | 'far' | 'left' | 'none';
  const look = (door: Door, torches: readonly number[], level: number): Int32Array => {
    const codes = new Int32Array(16).fill(level % 2);
    if (door === 'near') codes.fill(3, 5, 7);
    if (door === 'far') codes[6] = 4;
    if (door === 'left') codes[4] = 5;
    for (const cell of torches) codes[cell] = 4;
    return codes;
  };
  const frames = Array.from({ length: 720 }, (_, n): ReadFrame => {
    const door = (['near', 'far', 'left', 'none', 'none', 'none'] as const)[n % 6]!;
    const torches = [[], [0], [], [3], [], [0, 3]][Math.floor(n / 6) % 6]!;
    const things: Record<string, readonly [number, string]> = {};
    if (door !== 'none') things['door'] = [1, door === 'left' ? 'left' : 'ahead'];
    if (torches.length > 0) things['torch'] = [torches.length, torches[0] === 0 ? 'left' : 'right'];
    const said = [
      ...(door === 'none' ? [] : [`a door ${door === 'left' ? 'to the left' : 'ahead'}`]),
      ...(torches.length === 0
        ? []
        : [torches.length === 2 ? '2 torches to the left' : `a torch to the ${things['torch']![1]}`]),
    ];
    const clip = Math.floor(n / 36);
    return {
      clip,
      codes: look(door, torches, clip),
      caption: { frame: n, things, sentence: `a cellar: ${said.join(', ')}` },
    };
  });
  const seen = captionReader(frames, view);
  const [door, torches] = [
    { thing: 'door', least: 1, direction: 'ahead' },
    { thing: 'torch', least: 2, direction: 'left' },
  ];

  it('knows things by the places at which a picture shows them', () => {
    expect(seen.shows(look('near', [], 0), door)).toEqual({ there: true, right: true });
    expect(seen.shows(look('far', [], 1), door)).toEqual({ there: true, right: true });
    expect(seen.shows(look('left', [], 0), door)).toEqual({ there: true, right: false });
    // The same picture as that of a far door, where torches hang.
    expect(seen.shows(look('none', [0, 3], 0), door)).toEqual({ there: false, right: false });
    expect(seen.shows(look('far', [], 0), torches)).toEqual({ there: false, right: false });
  });

  it('counts what does not touch', () => {
    expect(seen.shows(look('none', [0, 3], 0), torches)).toEqual({ there: true, right: true });
    expect(seen.shows(look('none', [0], 0), torches)).toEqual({ there: true, right: false });
    expect(seen.shows(look('near', [], 0), { ...door, least: 2 })).toEqual({ there: true, right: false });
  });

  it('reads what sentences ask for', () => {
    expect(seen.asked('a cellar: a door to the left, 2 torches to the left')).toEqual([
      { thing: 'door', least: 1, direction: 'left' },
      { thing: 'torch', least: 2, direction: 'left' },
    ]);
  });
});

it('sentences are said in other words, each phrase once', () => {
  const phrases = { 'a lake': 'water', water: 'a lake', lake: 'sea', 'in the west': 'on the left (c.)' };
  expect(rephrased('a lake in the west, water and lakes', phrases)).toBe(
    'water on the left (c.), a lake and lakes',
  );
  expect(rephrased('a lake', {})).toBe('a lake');
});
