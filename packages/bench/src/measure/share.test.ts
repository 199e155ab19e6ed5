import { describe, expect, it } from 'vitest';
import { shareOfRoofline } from './share.js';

const roofline = { copyGBs: 100, fmaGflops: 1000, cacheGBs: 400 };

describe('the share of the roofline', () => {
  const work = { flops: 1e6, bytes: 1e6 };
  // A megabyte takes 10 µs at 100 GB/s.

  it('is what the slower of memory and arithmetic would take', () => {
    expect(shareOfRoofline(work, 0.02, roofline, 'tile')).toEqual({ share: expect.closeTo(0.5, 12) });
    expect(shareOfRoofline({ ...work, flops: 1e9 }, 2, roofline, 'tile')).toEqual({
      share: expect.closeTo(0.5, 12),
    });
  });

  it('above 1 is explained by noise, caches or narrower numbers, or left out', () => {
    expect(shareOfRoofline(work, 0.0095, roofline, 'tile').note).toMatch(/1 within the noise/);
    expect(shareOfRoofline(work, 0.005, roofline, 'tile')).toEqual({
      share: expect.closeTo(2, 12),
      note: 'Its 1 MB come from caches, which copied 400 GB/s here: more than the roof of memory.',
    });
    const faster = shareOfRoofline(work, 0.002, roofline, 'tile');
    expect(faster).toEqual({ note: expect.stringMatching(/500 GB\/s are more than caches \(400 GB\/s\)/) });
    const { cacheGBs: _, ...without } = roofline;
    expect(shareOfRoofline(work, 0.005, without, 'tile').share).toBeUndefined();
    const product = { flops: 3e9, bytes: 1 };
    expect(shareOfRoofline(product, 1, roofline, 'tile32x32')).toEqual({
      note: expect.stringMatching(/3000 GFLOP\/s are more than multiply-adds alone reached here \(1000\)/),
    });
    expect(shareOfRoofline(product, 1, roofline, 'tile32x32-f16').share).toBeCloseTo(3, 12);
  });
});
