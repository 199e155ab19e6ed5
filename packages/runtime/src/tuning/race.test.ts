import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { describe, expect, it } from 'vitest';
import { race } from './race.js';

/** A fast adapter with a clock of its own: each sample is off by some percent, and one in ten by a slow spell of the machine. */
function adapter(seed: number, noise: number) {
  const generator = xoroshiro128plus(seed);
  const uniform = (): number => uniformFloat64(generator);
  for (let i = 0; i < 16; i++) uniform();
  return (ms: number) => async (): Promise<number> => {
    const normal = Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
    return ms * Math.max(0.2, 1 + noise * normal) * (uniform() < 0.1 ? 1 + 3 * uniform() : 1);
  };
}

/** True times in milliseconds of the variants of some kernels: many are as good as equal. */
function kernels(count: number): number[][] {
  const generator = xoroshiro128plus(7);
  const uniform = (): number => uniformFloat64(generator);
  return Array.from({ length: count }, () => {
    const own = 0.002 + 0.05 * uniform();
    return Array.from(
      { length: 6 },
      () => own * (uniform() < 0.5 ? 1 + 0.02 * uniform() : 0.5 + 2 * uniform()),
    );
  });
}

const chosenOn = (times: readonly (readonly number[])[], seed: number, noise: number): Promise<number[]> => {
  const sampled = adapter(seed, noise);
  return times.reduce<Promise<number[]>>(async (before, variants) => {
    const chosen = await before;
    const racers = variants.map((ms, i) => ({ name: `v${i}`, time: sampled(ms) }));
    return [...chosen, (await race(racers)).chosen];
  }, Promise.resolve([]));
};

describe('a race', () => {
  it.each([0.02, 0.05])(
    'chooses the same on two runs for nearly all kernels, with noise of %f',
    async (noise) => {
      const times = kernels(200);
      const [one, other] = [await chosenOn(times, 1, noise), await chosenOn(times, 99, noise)];
      const same = one!.filter((variant, i) => variant === other![i]).length;
      expect(same).toBeGreaterThanOrEqual(0.93 * times.length);
      // What it takes is not far from the fastest.
      times.forEach((variants, i) => {
        expect(variants[one![i]!]! / Math.min(...variants)).toBeLessThan(1.3);
      });
    },
  );

  it('takes the first of those that are equal, and another only where it is faster', async () => {
    const sampled = adapter(3, 0.03);
    const racers = (...times: number[]) => times.map((ms, i) => ({ name: `v${i}`, time: sampled(ms) }));
    for (let i = 0; i < 20; i++) expect((await race(racers(1, 0.99, 1))).chosen).toBe(0);
    for (let i = 0; i < 20; i++) expect((await race(racers(1, 0.7, 0.705))).chosen).toBe(1);
    const { raced } = await race(racers(1, 5));
    expect(raced.map((each) => each.slow)).toEqual([false, true]);
  });

  it('hands on what a racer throws', async () => {
    const lost = async (): Promise<number> => Promise.reject(new Error('lost'));
    await expect(race([{ name: 'a', time: lost }])).rejects.toThrow('lost');
  });
});
