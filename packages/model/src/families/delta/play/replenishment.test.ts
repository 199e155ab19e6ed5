import { GraphBuilder } from '@snowglobe/graph';
import { createReferenceExecutor } from '@snowglobe/runtime';
import { checkKernel, f32, randomData } from '@snowglobe/runtime/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReplenishmentConfig } from '../config/replenishment.js';
import { replenish, unsettledAfter } from './replenishment.js';

const [height, width] = [9, 7];
const pixels = height * width;

/** The pixels within a radius of (y, x), as often as they stand there where edges repeat outwards. */
function around(y: number, x: number, radius: number): number[] {
  const places: number[] = [];
  for (let row = y - radius; row <= y + radius; row++) {
    for (let column = x - radius; column <= x + radius; column++) {
      const [inRow, inColumn] = [
        Math.max(0, Math.min(height - 1, row)),
        Math.max(0, Math.min(width - 1, column)),
      ];
      places.push(inRow * width + inColumn);
    }
  }
  return places;
}

/** What is shown of each pixel, pixel by pixel: whether it is kept. */
function keptPixels(
  change: ArrayLike<number>,
  unsettled: ArrayLike<number>,
  { window, tolerance, contrast, margin }: ReplenishmentConfig,
): boolean[] {
  const place = (i: number): [number, number] => [Math.floor(i / width), i % width];
  const agrees = Array.from({ length: pixels }, (_, i) =>
    [0, 1, 2].every((channel) => {
      const near = around(...place(i), window).map((j) => change[j * 3 + channel]!);
      const average = near.reduce((a, b) => a + b, 0) / near.length;
      return Math.abs(average) <= tolerance && Math.abs(change[i * 3 + channel]!) <= contrast;
    }),
  );
  return Array.from(
    { length: pixels },
    (_, i) => unsettled[i] === 0 && around(...place(i), margin).every((j) => agrees[j]),
  );
}

const random = (shape: number[], seed: number): Float32Array =>
  randomData({ shape, dtype: 'f32' }, seed) as Float32Array;

describe('replenish', () => {
  it('keeps what was painted the same up to fine structure, and nothing else', async () => {
    const shares: number[] = [];
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          window: fc.integer({ min: 0, max: 2 }),
          tolerance: fc.constantFrom(0.05, 0.11, 0.3),
          contrast: fc.constantFrom(0.4, 0.61, 2),
          margin: fc.integer({ min: 0, max: 2 }),
          settling: fc.constant(3),
        }),
        fc.integer({ min: 1, max: 1e6 }),
        async (config, seed) => {
          const moved = random([pixels * 3], seed);
          // Small changes everywhere, a large one in a corner of the picture.
          const change = random([pixels * 3], seed + 1).map((x, i) => x * (i < pixels ? 1 : 0.3));
          const painted = moved.map((x, i) => x + change[i]!);
          const unsettled = random([pixels], seed + 2).map((x) => (x > 0.8 ? 2 : 0));
          const builder = new GraphBuilder();
          const frame = replenish(
            {
              painted_BHW3: builder.input('painted', [1, height, width, 3]),
              moved_BHW3: builder.input('moved', [1, height, width, 3]),
              unsettled_BHW1: builder.input('unsettled', [1, height, width, 1]),
            },
            config,
          );
          builder.output('frame', frame);
          const program = await createReferenceExecutor().compile(builder.build());
          const { frame: shown } = await program.run({ painted, moved, unsettled });
          const kept = keptPixels(
            painted.map((x, i) => x - moved[i]!),
            unsettled,
            config,
          );
          shares.push(kept.filter((is) => is).length / pixels);
          kept.forEach((is, i) => {
            const source = is ? moved : painted;
            expect(Array.from(shown!.slice(i * 3, i * 3 + 3))).toEqual(
              Array.from(source.subarray(i * 3, i * 3 + 3)),
            );
          });
        },
      ),
      { numRuns: 60 },
    );
    // It says something: of some pictures much is kept, and never all.
    expect(Math.max(...shares)).toBeGreaterThan(0.5);
    expect(Math.min(...shares)).toBeLessThan(0.1);
  });

  it('agrees on every executor', async () => {
    const config = { window: 1, tolerance: 0.5, contrast: 1.8, margin: 0, settling: 3 };
    await checkKernel({
      inputs: { painted: f32(2, 8, 6, 3), moved: f32(2, 8, 6, 3), unsettled: f32(2, 8, 6, 1) },
      build: ({ painted, moved, unsettled }: any) =>
        replenish({ painted_BHW3: painted, moved_BHW3: moved, unsettled_BHW1: unsettled }, config),
    });
  });
});

describe('unsettledAfter', () => {
  it('counts down from when a pixel came into view', async () => {
    const builder = new GraphBuilder();
    const [counts, inside] = [builder.input('counts', [1, 1, 5, 1]), builder.input('inside', [1, 1, 5, 1])];
    builder.output(
      'after',
      unsettledAfter(counts, inside, { window: 1, tolerance: 0, contrast: 0, margin: 0, settling: 6 }),
    );
    const program = await createReferenceExecutor().compile(builder.build());
    const { after } = await program.run({
      counts: Float32Array.of(0, 1, 5, 6, 0),
      inside: Float32Array.of(1, 1, 1, 0, 0),
    });
    expect(Array.from(after!)).toEqual([0, 0, 4, 6, 6]);
  });
});
