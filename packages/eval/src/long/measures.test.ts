import { createReferenceExecutor } from '@snowglobe/runtime';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changedShare, StillRun } from './change.js';
import { detailRange, laplacianEnergy, meltingWindow, meltsAt } from './detail.js';
import { Drift, driftScores, survivalOf } from './drift.js';
import { frechetDistance, Moments } from './frechet.js';
import { Histogram, totalVariation } from './kinds.js';
import { featureCount, openRandomFeatures, stridedFilter } from './random_features.js';

describe('detail', () => {
  it('is the square of the Laplacian, of inner pixels', () => {
    const size = { width: 6, height: 5 };
    const board = Uint8Array.from({ length: 90 }, (_, i) => {
      const [x, y] = [Math.floor(i / 3) % 6, Math.floor(i / 18)];
      return (x + y) % 2 === 0 ? 255 : 0;
    });
    expect(laplacianEnergy(board, size)).toBeCloseTo(16, 9);
    expect(laplacianEnergy(new Uint8Array(90).fill(77), size)).toBe(0);
  });

  it('melts where a window has less than a quarter of what recordings have, and says when', () => {
    const recorded = [Array.from({ length: 90 }, (_, t) => 1 + 0.1 * Math.sin(t))];
    const range = detailRange(recorded);
    const walk = (after: number) => Array.from({ length: 200 }, (_, t) => (t < 100 ? 1 : after));
    expect(meltsAt(walk(0.5), range)).toBeUndefined();
    const at = meltsAt(walk(0.05), range)!;
    expect(at).toBeGreaterThan(100 - meltingWindow);
    expect(at).toBeLessThanOrEqual(100);
    expect(meltsAt(walk(8), range)).toBeDefined();
  });
});

describe('drift', () => {
  const grey = (value: number) => new Uint8Array(12).fill(value);

  it('is 0 on the recording, 1 on its first frame, and counts from what the tokenizer leaves', () => {
    const scores = (dream: (t: number) => number, floor = 0) => {
      const drift = new Drift(grey(0));
      for (let t = 1; t <= 40; t++) drift.add(grey(dream(t)), grey(5 * t), floor);
      return driftScores([drift], [10, 30, 300])!;
    };
    expect(scores((t) => 5 * t).auc).toBe(0);
    expect(scores(() => 0).auc).toBeCloseTo(1, 9);
    expect(scores(() => 0).survival).toEqual([0]);
    expect(scores((t) => 5 * t).survival).toEqual([null]);
    expect(scores((t) => 5 * t - 2, 2 / 255).auc).toBeCloseTo(0, 9);
    expect(scores(() => 0).at.map(({ frame }) => frame)).toEqual([10, 30]);
  });

  it('tells nothing where the recording stands still', () => {
    const drift = new Drift(grey(9));
    drift.add(grey(200), grey(9));
    expect(drift.values).toEqual([undefined]);
    expect(driftScores([drift], [1])).toBeUndefined();
  });

  it('survival ends where thirty frames begin that are worse than the prompt', () => {
    const values = Array.from({ length: 100 }, (_, t) => ((t >= 20 && t < 45) || t >= 60 ? 1.2 : 0.4));
    expect(survivalOf(values)).toBe(60);
  });
});

describe('Fréchet distance', () => {
  const moments = (rows: readonly (readonly number[])[]) => {
    const all = new Moments(rows[0]!.length);
    for (const row of rows) all.add(row);
    return all;
  };

  it('is 0 of a set and itself, the square of a shift, and the squares of differences of spread', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 3, maxLength: 3 }), {
          minLength: 5,
          maxLength: 20,
        }),
        fc.double({ min: -3, max: 3, noNaN: true }),
        (rows, shift) => {
          const one = moments(rows);
          expect(frechetDistance(one, one)).toBeCloseTo(0, 6);
          const shifted = moments(rows.map(([x, ...rest]) => [x! + shift, ...rest]));
          expect(frechetDistance(one, shifted)).toBeCloseTo(shift ** 2, 5);
          expect(frechetDistance(shifted, one)).toBeCloseTo(frechetDistance(one, shifted), 6);
        },
      ),
    );
    const spread = (s: number) => moments([[-s], [s]]);
    expect(frechetDistance(spread(1), spread(3))).toBeCloseTo(4, 4);
  });

  it('takes two vectors', () => {
    expect(() => frechetDistance(moments([[1]]), moments([[1], [2]]))).toThrow(/at least two/);
  });
});

describe('random features', () => {
  it('a strided filter over blocks is the strided filter', () => {
    // One output, one channel: weights 1 … 16 over an 8x8 picture.
    const weights = Float32Array.from({ length: 16 }, (_, i) => i + 1);
    const filter = stridedFilter(weights, 1, 1);
    const picture = (y: number, x: number) =>
      y < 0 || x < 0 || y > 7 || x > 7 ? 0 : ((y * 13 + x * 7) % 11) - 5;
    for (let y = 0; y < 4; y++) {
      for (let x = 0; x < 4; x++) {
        let [direct, blocks] = [0, 0];
        for (let i = 0; i < 4; i++)
          for (let j = 0; j < 4; j++) direct += weights[i * 4 + j]! * picture(2 * y - 1 + i, 2 * x - 1 + j);
        for (let by = 0; by < 3; by++)
          for (let bx = 0; bx < 3; bx++)
            for (let sub = 0; sub < 4; sub++)
              blocks +=
                filter[(by * 3 + bx) * 4 + sub]! *
                picture(2 * (y + by - 1) + (sub >> 1), 2 * (x + bx - 1) + (sub & 1));
        expect(blocks).toBe(direct);
      }
    }
  });

  it('are the same whenever they are made, and tell clips apart', async () => {
    const clip = (seed: number) =>
      Array.from({ length: 4 }, (_, f) =>
        Uint8Array.from({ length: 768 }, (__, i) => (i * 31 * seed + f * 17) % 256),
      );
    const executor = createReferenceExecutor();
    const size = { width: 16, height: 16 };
    const features = await openRandomFeatures(executor, size);
    const [a, b] = await features.of([clip(1), clip(2)]);
    const again = await openRandomFeatures(executor, size);
    expect((await again.of([clip(1)]))[0]).toEqual(a);
    expect(a).toHaveLength(featureCount);
    expect(Math.max(...a!.map((x, i) => Math.abs(x - b![i]!)))).toBeGreaterThan(0.01);
    await expect(openRandomFeatures(executor, { width: 12, height: 16 })).rejects.toThrow(
      /12x16 are smaller/,
    );
    await executor.close();
  });
});

it('what changes is what an eye sees; what stands still is counted in runs', () => {
  const a = new Uint8Array(30).fill(100);
  const b = a.slice();
  b[0] = 116;
  b[4] = 117;
  expect(changedShare(a, b)).toBeCloseTo(0.1, 9);
  const still = new StillRun();
  for (const frame of [a, a, b, b, b, a]) still.see(a, frame === b ? new Uint8Array(30) : a);
  expect(still.longest).toBe(2);
});

it('total variation is half of the sum of differences', () => {
  const of = (...kinds: number[]) => {
    const histogram = new Histogram(3);
    histogram.add(kinds);
    return histogram;
  };
  expect(totalVariation(of(0, 0, 1, 1), of(0, 1))).toBe(0);
  expect(totalVariation(of(0), of(1))).toBe(1);
  expect(totalVariation(of(0, 0, 0, 1), of(0, 1, 1, 1))).toBe(0.5);
});
