import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { freshness } from '../../../memory/cells.js';
import { generatorFor } from '../../../random.js';
import { smallView as config } from '../testing/small_view.js';
import { surroundingsMixer } from './mix_surroundings.js';
import type { Transitions } from './transitions.js';

const [rows, columns] = [6, 7];
const cells = rows * columns;

/** Frames of two looks, each of two codes at random; a cell in twelve changes. */
function transitionsOf(seed: number, count: number): Transitions {
  const random = generatorFor(seed, 'transitions');
  const below = (n: number): number => (random.next() >>> 0) % n;
  const next = new Int16Array(count * cells);
  const hint = new Int16Array(count * cells);
  const labels = { motions: new Uint8Array(count), isClear: new Uint8Array(count).fill(1) };
  for (let n = 0; n < count; n++) {
    const look = 2 * (n % 2);
    labels.motions[n] = n % 5 === 4 ? 1 : 0;
    for (let cell = 0; cell < cells; cell++) {
      next[n * cells + cell] = look + below(2);
      hint[n * cells + cell] = below(12) === 0 ? look + below(2) + 1 : next[n * cells + cell]! + 1;
    }
  }
  return {
    ...{ count, hint, next, labels },
    freshness: new Uint8Array(count * cells).fill(freshness.last),
    ages: new Uint8Array(count * cells),
    last: next,
    actions: Array.from({ length: count }, () => 0),
  };
}

describe('surroundingsMixer', () => {
  it('takes cells around the middle alone, where nothing changes and all goes together', () => {
    let taken = 0;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), (seed) => {
        const all = transitionsOf(seed, 20);
        const mixer = surroundingsMixer(all, config);
        const random = generatorFor(seed, 'mix');
        for (let n = 0; n < 20; n++) {
          const m = (n * 7 + 4) % 20;
          const mask = mixer.cellsToTake(n, m, random);
          if (!mask) continue;
          // The look of one is never put around the other, and nothing is mixed while the view moves.
          expect(n % 2).toBe(m % 2);
          expect([all.labels.motions[n], all.labels.motions[m]]).toEqual([0, 0]);
          taken += mask.reduce((a, b) => a + b, 0);
          for (let cell = 0; cell < cells; cell++) {
            const [row, column] = [Math.floor(cell / columns), cell % columns];
            if (row >= 5 || (Math.abs(row - 2) <= 1 && Math.abs(column - 3) <= 1)) expect(mask[cell]).toBe(0);
            for (const other of [column < 6 ? cell + 1 : cell, row < 4 ? cell + columns : cell]) {
              if (row >= 5 || mask[cell] === mask[other]) continue;
              for (const at of [n * cells + cell, m * cells + cell, n * cells + other, m * cells + other]) {
                expect(all.hint[at]).toBe(all.next[at]! + 1);
              }
            }
          }
        }
      }),
      { numRuns: 60 },
    );
    expect(taken).toBeGreaterThan(100);
  });

  it('leaves views alone that are no larger than what an action is done to', () => {
    const all = transitionsOf(1, 4);
    const small = { ...config, view: { top: 0, left: 0, rows: 3, columns: 3 } };
    expect(surroundingsMixer(all, small).around(0, generatorFor(1, 'mix'))).toBeUndefined();
  });
});
