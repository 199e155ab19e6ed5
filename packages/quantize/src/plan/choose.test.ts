import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LayerOption } from './choose.js';
import { choosePlan } from './choose.js';

const way = (scheme: string, bytes: number, kl: number): LayerOption => ({
  ...{ scheme, algorithm: 'gptq', bytes, kl },
  degradation: kl,
});
const two = new Map([
  ['cheap', [way('four', 100, 0.5), way('eight', 110, 0.01)]],
  ['dear', [way('four', 1000, 0.6), way('eight', 2000, 0.01)]],
  ['deaf', [way('four', 500, 0), way('eight', 1000, 0)]],
]);

describe('choosePlan', () => {
  it('spends bytes where they take away most', () => {
    const { plan, expected } = choosePlan(two, { maxBytes: 1800, otherBytes: 50 });
    expect(plan.name).toBe('mixed eight + four');
    expect(plan.layers).toEqual({
      cheap: { scheme: 'eight', algorithm: 'gptq' },
      dear: { scheme: 'four', algorithm: 'gptq' },
      deaf: { scheme: 'four', algorithm: 'gptq' },
    });
    expect(expected).toMatchObject({ bytes: 1660, kl: 0.61 });
  });

  it('spends no more than a divergence asks for', () => {
    const { plan, expected } = choosePlan(two, { maxKl: 0.7, otherBytes: 0 });
    expect(plan.layers['cheap']!.scheme).toBe('eight');
    expect(plan.layers['dear']!.scheme).toBe('four');
    expect(expected.kl).toBeLessThanOrEqual(0.7);
    expect(choosePlan(two, { maxKl: 2, otherBytes: 0 }).plan.name).toBe('four gptq');
  });

  it('says the smallest that can be reached', () => {
    expect(() => choosePlan(two, { maxBytes: 1649, otherBytes: 50 })).toThrow(
      'budget: 1649 bytes are too few, the smallest file with these schemes has 1650; allow as many',
    );
    expect(() => choosePlan(two, { maxKl: 0.01, otherBytes: 0 })).toThrow(
      'budget: a divergence of 0.01 nats is too small, 0.0200 is the smallest that these schemes reach in 2610 bytes',
    );
    expect(() => choosePlan(two, { maxKl: 0.1, maxBytes: 1700, otherBytes: 0 })).toThrow(
      'budget: a divergence of 0.1 nats is too small, 0.610 is the smallest that these schemes reach in 1610 bytes',
    );
  });

  it('keeps within any budget that can be met, and larger budgets lose no more', () => {
    const layer = fc.array(
      fc.tuple(fc.integer({ min: 1, max: 99 }), fc.double({ min: 0, max: 1, noNaN: true })),
      {
        minLength: 1,
        maxLength: 4,
      },
    );
    fc.assert(
      fc.property(fc.array(layer, { minLength: 1, maxLength: 6 }), fc.nat(300), (layers, spare) => {
        const options = new Map(
          layers.map((ways, i) => [`l${i}`, ways.map(([bytes, kl], j) => way(`s${j}`, bytes, kl))]),
        );
        const least = layers.reduce((sum, ways) => sum + Math.min(...ways.map(([bytes]) => bytes)), 0);
        const at = (maxBytes: number) => choosePlan(options, { maxBytes, otherBytes: 0 }).expected;
        expect(at(least + spare).bytes).toBeLessThanOrEqual(least + spare);
        expect(at(1e6).degradation).toBeLessThanOrEqual(at(least).degradation + 1e-12);
        const best = layers.reduce((sum, ways) => sum + Math.min(...ways.map(([, kl]) => kl)), 0);
        expect(at(1e6).degradation).toBeCloseTo(best, 9);
      }),
    );
  });
});
