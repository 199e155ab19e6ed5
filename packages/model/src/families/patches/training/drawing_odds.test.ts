import { describe, expect, it } from 'vitest';
import { freshness } from '../../../memory/cells.js';
import type { PatchesConfig } from '../config/config.js';
import { presets } from '../config/presets.js';
import { drawingOdds } from './drawing_odds.js';
import type { Transitions } from './transitions.js';

const { poses: _, ...micro } = presets.micro;
/** Nine cells, of which those above the last row scroll. */
const config: PatchesConfig = {
  ...{ width: 12, height: 12, fps: 8 },
  ...micro,
  grid: { size: 4, top: 0, left: 0 },
  codebook: 6,
  view: { top: 0, left: 0, rows: 2, columns: 3 },
  motions: [[0, 0]],
  map: { rows: 4, columns: 4 },
  actions: 3,
};
const cells = 9;

/** Frames of one patch; what is done in each, and how many of the cells change to the second. */
function transitionsOf(all: readonly { action: number | undefined; changes: number }[]): Transitions {
  const count = all.length;
  const next = new Int16Array(count * cells);
  all.forEach(({ changes }, n) => next.fill(1, n * cells, n * cells + changes));
  return {
    count,
    hint: new Int16Array(count * cells).fill(1),
    freshness: new Uint8Array(count * cells).fill(freshness.last),
    ages: new Uint8Array(count * cells),
    last: new Int16Array(count * cells),
    next,
    actions: all.map(({ action }) => action),
    labels: { motions: new Uint8Array(count), isClear: new Uint8Array(count).fill(1) },
  };
}

/** The chance of each transition, and what it counts in the loss on average. */
function chancesOf(transitions: Transitions): { chance: number[]; counted: number[] } {
  const { cumulative, weights } = drawingOdds(transitions, config);
  const chance = [...cumulative].map((sum, n) => (sum - (cumulative[n - 1] ?? 0)) / cumulative.at(-1)!);
  return { chance, counted: chance.map((each, n) => each * weights[n]!) };
}

describe('drawingOdds', () => {
  // Usual actions, a rare one, and one that nobody knows; one in ten changes much.
  const all = Array.from({ length: 4000 }, (_, n) => ({
    action: n % 400 === 7 ? 2 : n % 50 === 3 ? undefined : 0,
    changes: n % 10 === 7 ? 4 : 0,
  }));
  const { chance, counted } = chancesOf(transitionsOf(all));
  const at = (action: number | undefined, changes: number): number =>
    all.findIndex((each) => each.action === action && each.changes === changes);

  it('draws transitions in which much happens more often, and leaves the loss that of the recordings', () => {
    expect(chance[at(0, 4)]! / chance[at(0, 0)]!).toBeCloseTo(5, 5);
    expect(counted[at(0, 4)]! / counted[at(0, 0)]!).toBeCloseTo(1, 5);
    expect(counted.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
  });

  it('asks more often for what is seldom done, whatever came of it', () => {
    expect(counted[at(2, 4)]! / counted[at(0, 4)]!).toBeGreaterThan(4);
    expect(chance[at(2, 4)]! / chance[at(0, 4)]!).toBeCloseTo(counted[at(2, 4)]! / counted[at(0, 4)]!, 5);
  });

  it('takes what nobody knows the action of as it comes', () => {
    expect(counted[at(undefined, 0)]! / counted[at(0, 0)]!).toBeCloseTo(1, 5);
  });
});
