import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { sampleSideBySide, summarize } from './sampling.js';

describe('summarize', () => {
  it('gives the median and half the distance of the quartiles', () => {
    expect(summarize([5, 1, 3, 2, 4])).toEqual({ ms: [1, 2, 3, 4, 5], median: 3, spread: 1 / 3 });
    expect(summarize([2, 4]).median).toBe(3);
  });
});

describe('sampleSideBySide', () => {
  it('tells contenders apart, and takes turns', async () => {
    const order: string[] = [];
    const contender = (name: string, ms: number) => ({
      name,
      run: () => {
        order.push(name);
        return sleep(ms);
      },
    });
    const [slow, fast] = await sampleSideBySide([contender('slow', 30), contender('fast', 10)], {
      maxSeconds: 0.2,
      minSamples: 4,
    });
    expect(slow!.median / fast!.median).toBeGreaterThan(1.8);
    expect(slow!.median).toBeGreaterThanOrEqual(29);
    expect(slow!.ms.length).toBeGreaterThanOrEqual(4);
    // Warm-up of each, then at least two turns of each.
    const turns = order.filter((name, index) => name !== order[index - 1]);
    expect(turns).toEqual(['slow', 'fast', 'slow', 'fast', 'slow', 'fast']);
  });

  it('hands on what a contender throws', async () => {
    let runs = 0;
    const failing = { name: 'failing', run: async () => void (runs++ > 0 && fail()) };
    const fail = (): never => {
      throw new Error('lost its device');
    };
    await expect(sampleSideBySide([failing])).rejects.toThrow('lost its device');
  });
});
