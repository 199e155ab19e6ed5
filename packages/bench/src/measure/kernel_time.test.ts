import { describe, expect, it } from 'vitest';
import { timeOnDevice } from './kernel_time.js';
import { tickOf } from './method.js';

/** A program whose kernel takes so many nanoseconds, on a clock with steps of `tickNs`. */
function programOf(kernelNs: number, tickNs: number) {
  const batches: number[] = [];
  let now = 12_345;
  const tick = (time: number): number => Math.floor(time / tickNs) * tickNs;
  return {
    batches,
    async repeat(_: unknown, times: number) {
      batches.push(times);
      now += 7_777_777;
      const began = now;
      now += times * kernelNs;
      return { results: {}, wallMs: (times * kernelNs) / 1e6, deviceMs: (tick(now) - tick(began)) / 1e6 };
    },
  };
}

describe('the time of a kernel by the device’s clock', () => {
  it.each([
    [3_000, 65_536],
    [3_000, 1],
    [900_000, 100_000],
    [150_000_000, 65_536],
  ])('of %i ns is right within a hundredth on a clock with steps of %i ns', async (kernelNs, tickNs) => {
    const { ms, repeats } = (await timeOnDevice(programOf(kernelNs, tickNs), {}, tickNs))!;
    expect(Math.abs(ms * 1e6 - kernelNs) / kernelNs).toBeLessThan(0.01);
    expect((repeats * kernelNs) / 1e6).toBeGreaterThanOrEqual(1.9);
  });

  it('is none where no batch is long enough, or the clock stands still', async () => {
    const short = programOf(1, 65_536);
    expect(await timeOnDevice(short, {}, 65_536)).toBeUndefined();
    expect(Math.max(...short.batches)).toBe(2 ** 14);
    const still = { repeat: async () => ({ results: {}, wallMs: 1, deviceMs: 0 }) };
    expect(await timeOnDevice(still, {}, 1)).toBeUndefined();
  });

  it('has the clock’s steps from the times that it gave', () => {
    expect(tickOf([0, 0.065536, 0.196608, 0.131072])).toBe(65_536);
    expect(tickOf([1.2, 0.3, 0.4])).toBe(100_000);
    expect(tickOf([0.000032, 0.012352, 0.000096])).toBe(32);
    expect(tickOf([0, 0])).toBe(1);
  });
});
