import { GraphBuilder } from '@snowglobe/graph';
import type { KernelCase } from '@snowglobe/runtime/testing';
import {
  checkGradient,
  checkKernel,
  evaluate,
  expectClose,
  f32,
  randomData,
} from '@snowglobe/runtime/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gradients } from '../gradients.js';
import { sum } from '../reduce/reduce.js';
import { shiftCosts } from './shift_costs.js';
import { clampIndex } from './tiles.js';
import { warp } from './warp.js';

interface Sizes {
  readonly frame: readonly [batch: number, height: number, width: number, channels: number];
  readonly radius: number;
  readonly tile: number;
}

const cases: readonly Sizes[] = [
  { frame: [1, 4, 6, 1], radius: 1, tile: 2 },
  { frame: [2, 8, 8, 3], radius: 2, tile: 4 },
  { frame: [2, 16, 24, 1], radius: 4, tile: 8 },
  // Windows larger than the frame, tiles of one pixel, and no shift at all.
  { frame: [1, 3, 2, 2], radius: 4, tile: 1 },
  { frame: [3, 5, 5, 1], radius: 0, tile: 5 },
  // A window that no workgroup memory holds.
  { frame: [1, 8, 8, 3], radius: 30, tile: 8 },
];

const tilesOf = ({ frame: [, height, width], tile }: Sizes): number => (height / tile) * (width / tile);
const shiftsOf = ({ radius }: Sizes): number => (2 * radius + 1) ** 2;

const warpCase = (sizes: Sizes): KernelCase => ({
  inputs: { frame: f32(...sizes.frame), weights: f32(sizes.frame[0], tilesOf(sizes), shiftsOf(sizes)) },
  build: ({ frame, weights }) => warp(frame!, weights!, sizes),
});

/** A frame (H, W) whose pixel (y, x) is the other's (y + dy, x + dx), borders repeated. */
function moved(
  frame: ArrayLike<number>,
  height: number,
  width: number,
  dy: number,
  dx: number,
): Float32Array {
  return Float32Array.from({ length: height * width }, (_, n) => {
    const row = clampIndex(Math.floor(n / width) + dy, height);
    return frame[row * width + clampIndex((n % width) + dx, width)]!;
  });
}

const someShift = fc.record({ dy: fc.integer({ min: -2, max: 2 }), dx: fc.integer({ min: -2, max: 2 }) });

describe('shiftCosts', () => {
  it.each(cases)('agrees on every executor: %j', async (sizes) => {
    const [batch, height, width] = sizes.frame;
    await checkKernel({
      inputs: { previous: f32(batch, height, width), current: f32(batch, height, width) },
      build: ({ previous, current }) => shiftCosts(previous!, current!, sizes),
    });
  });

  it('is zero for the shift by which a frame moved, and only for that', async () => {
    await fc.assert(
      fc.asyncProperty(someShift, async ({ dy, dx }) => {
        const spec = f32(1, 8, 12);
        const previous = randomData(spec, 9) as Float32Array;
        const result = await evaluate({
          inputs: {
            previous: { ...spec, data: previous },
            current: { ...spec, data: moved(previous, 8, 12, dy, dx) },
          },
          build: ({ previous, current }) => shiftCosts(previous!, current!, { radius: 2, tile: 4 }),
        });
        const costs = result['0']!;
        for (let tile = 0; tile < 6; tile++) {
          for (let shift = 0; shift < 25; shift++) {
            const isMotion = shift === (dy + 2) * 5 + dx + 2;
            expect(costs[tile * 25 + shift]! === 0, `tile ${tile}, shift ${shift}`).toBe(isMotion);
          }
        }
      }),
      { numRuns: 15 },
    );
  });

  it('is the mean over the pixels of a tile', async () => {
    const spec = f32(1, 2, 4);
    const result = await evaluate({
      inputs: {
        previous: { ...spec, data: Float32Array.of(0, 0, 1, 1, 0, 0, 1, 1) },
        current: { ...spec, data: Float32Array.of(0, 1, 1, 1, 0, 0, 1, 3) },
      },
      build: ({ previous, current }) => shiftCosts(previous!, current!, { radius: 0, tile: 2 }),
    });
    expect([...result['0']!]).toEqual([1 / 4, 2 / 4]);
  });

  it('says what does not fit, and what to do', () => {
    const builder = new GraphBuilder();
    const frame = builder.input('frame', [1, 8, 8]);
    expect(() => shiftCosts(frame, frame, { radius: 1, tile: 3 })).toThrow(
      'shiftCosts: tiles of 3 pixels do not cover a frame (1, 8, 8); choose a divisor of 8 and 8.',
    );
    expect(() => shiftCosts(frame, frame, { radius: -1, tile: 4 })).toThrow(/radius -1/);
    expect(() => shiftCosts(frame, builder.input('rgb', [1, 8, 8, 3]), { radius: 1, tile: 4 })).toThrow(
      /pass f32 \(B, H, W\) for both/,
    );
  });

  it('stops gradients', async () => {
    const builder = new GraphBuilder();
    const frame = builder.input('frame', [1, 4, 4]);
    const [gradient] = gradients(sum(shiftCosts(frame, frame, { radius: 1, tile: 2 })), [frame]);
    expect(gradient!.shape).toEqual([1, 4, 4]);
  });
});

describe('warp', () => {
  it.each(cases)('agrees on every executor, with gradients: %j', async (sizes) => {
    await checkKernel(warpCase(sizes));
    await checkGradient(warpCase(sizes));
  });

  it('moves a frame by the shift that has all the weight', async () => {
    await fc.assert(
      fc.asyncProperty(someShift, async ({ dy, dx }) => {
        const sizes: Sizes = { frame: [1, 8, 12, 1], radius: 2, tile: 4 };
        const frame = randomData(f32(...sizes.frame), 9) as Float32Array;
        const weights = Float32Array.from({ length: 6 * 25 }, (_, n) =>
          n % 25 === (dy + 2) * 5 + dx + 2 ? 1 : 0,
        );
        const result = await evaluate({
          inputs: {
            frame: { ...f32(...sizes.frame), data: frame },
            weights: { ...f32(1, 6, 25), data: weights },
          },
          build: ({ frame, weights }) => warp(frame!, weights!, sizes),
        });
        expectClose(`shift ${dy}, ${dx}`, result['0']!, moved(frame, 8, 12, dy, dx), {
          relative: 0,
          absolute: 0,
        });
      }),
      { numRuns: 15 },
    );
  });

  it('moves each tile, and every channel of it, by its own weights', async () => {
    const frame = Float32Array.of(1, 10, 2, 20, 3, 30, 4, 40);
    const result = await evaluate({
      inputs: {
        frame: { ...f32(1, 1, 4, 2), data: frame },
        // Tiles of one pixel: stay, right neighbour, mean of left and right, half of itself.
        weights: {
          ...f32(1, 4, 9),
          data: Float32Array.from(
            [
              [0, 1, 0],
              [0, 0, 1],
              [0.5, 0, 0.5],
              [0, 0.5, 0],
            ].flatMap((middle) => [0, 0, 0, ...middle, 0, 0, 0]),
          ),
        },
      },
      build: ({ frame, weights }) => warp(frame!, weights!, { radius: 1, tile: 1 }),
    });
    expect([...result['0']!]).toEqual([1, 10, 3, 30, 3, 30, 2, 20]);
  });

  it('says what does not fit, and what to do', () => {
    const builder = new GraphBuilder();
    const frame = builder.input('frame', [2, 8, 8, 3]);
    expect(() => warp(frame, builder.input('weights', [2, 4, 81]), { radius: 2, tile: 4 })).toThrow(
      'warp: weights f32 (2, 4, 81) do not fit a frame (2, 8, 8, 3) with radius 2 and tile 4; pass f32 (2, 4, 25).',
    );
    expect(() => warp(builder.input('luma', [2, 8, 8]), frame, { radius: 2, tile: 4 })).toThrow(
      /the frame is f32 \(2, 8, 8\); pass f32 \(B, H, W, C\)/,
    );
  });
});
