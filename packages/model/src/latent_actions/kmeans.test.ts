import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kmeans, nearestCode } from './kmeans.js';

/** Numerical Recipes' generator: any reproducible numbers do here. */
function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('k-means', () => {
  it('finds clusters that are far apart', () => {
    const random = uniform(3);
    const middles = [-20, -7, 3, 15];
    const points = Float32Array.from({ length: 800 }, (_, i) => middles[Math.floor(i / 2) % 4]! + random());
    const { centres } = kmeans(points, 2, { codes: 4, random });
    const found = Array.from({ length: 4 }, (_, c) => centres[2 * c]!).sort((a, b) => a - b);
    found.forEach((x, c) => expect(x).toBeCloseTo(middles[c]! + 0.5, 0));
  });

  it('uses every code and never does worse than one centre', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 2, max: 8 }), (seed, codes) => {
        const random = uniform(seed);
        const points = Float32Array.from({ length: 200 }, random);
        const { centres, error } = kmeans(points, 2, { codes, random });
        const used = new Set(Array.from({ length: 100 }, (_, i) => nearestCode(points, 2 * i, centres, 2)));
        expect(used.size).toBe(codes);
        expect(error).toBeLessThanOrEqual(kmeans(points, 2, { codes: 1, random }).error + 1e-9);
      }),
      { numRuns: 20 },
    );
  });

  it('says when there are too few points', () => {
    expect(() => kmeans(new Float32Array(6), 2, { codes: 8, random: Math.random })).toThrow(
      /3 points cannot make 8 codes/,
    );
  });
});
