import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bestMap, contingencyTable, entropyBits, mapAccuracy, mutualInformationBits } from './information.js';

describe('information that codes carry about actions', () => {
  it('is all of it when codes are renamed actions, none when they are independent', () => {
    const actions = Array.from({ length: 900 }, (_, i) => i % 3);
    const renamed = contingencyTable(
      actions.map((a) => [2, 0, 1][a]!),
      actions,
      3,
      3,
    );
    expect(mutualInformationBits(renamed)).toBeCloseTo(Math.log2(3), 9);
    expect(mapAccuracy(renamed, bestMap(renamed)).accuracy).toBe(1);
    const independent = contingencyTable(
      actions.map((_, i) => Math.floor(i / 3) % 2),
      actions,
      2,
      3,
    );
    expect(mutualInformationBits(independent)).toBeCloseTo(0, 9);
  });

  it('lies between 0 and the entropy of the actions', () => {
    const pairs = fc.array(fc.tuple(fc.nat(4), fc.nat(3)), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(pairs, (list) => {
        const table = contingencyTable(
          list.map(([code]) => code),
          list.map(([, action]) => action),
          5,
          4,
        );
        const information = mutualInformationBits(table);
        const actions = [0, 1, 2, 3].map((a) => list.filter(([, action]) => action === a).length);
        expect(information).toBeGreaterThanOrEqual(-1e-9);
        expect(information).toBeLessThanOrEqual(entropyBits(actions) + 1e-9);
        const { accuracy } = mapAccuracy(table, bestMap(table));
        expect(accuracy).toBeGreaterThanOrEqual(Math.max(...actions) / list.length - 1e-9);
      }),
    );
  });

  it('a rare action keeps a code of its own where one says it clearly', () => {
    const table = [
      [90, 4],
      [0, 2],
      [10, 0],
    ];
    expect(bestMap(table)).toEqual([0, 1, 0]);
    expect(mapAccuracy(table, [0, 1, 0]).perAction).toEqual([1, 2 / 6]);
  });
});
