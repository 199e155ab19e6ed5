import type { TensorSpec } from '@snowglobe/graph';
import type { ReferenceContext } from '../kernel.js';
import type { MotionAttributes, TileGrid } from './tiles.js';
import { clampIndex, tileGrid } from './tiles.js';

/** Offsets into a frame (B, H, W, C) and into (B, tiles, shifts) of one pixel under one shift. */
type Visit = (pixel: number, shifted: number, shift: number) => void;

function forEachShiftedPixel(grid: TileGrid, visit: Visit): void {
  const { batch, height, width, channels, radius, tile, rows, columns, side } = grid;
  for (let b = 0; b < batch; b++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const tileIndex = (b * rows + Math.floor(y / tile)) * columns + Math.floor(x / tile);
        for (let dy = -radius; dy <= radius; dy++) {
          for (let dx = -radius; dx <= radius; dx++) {
            const shift = (tileIndex * side + dy + radius) * side + dx + radius;
            const row = clampIndex(y + dy, height);
            const column = clampIndex(x + dx, width);
            for (let c = 0; c < channels; c++) {
              const pixel = ((b * height + y) * width + x) * channels + c;
              visit(pixel, ((b * height + row) * width + column) * channels + c, shift);
            }
          }
        }
      }
    }
  }
}

/** Sums `term` in double precision at the place that `target` chooses, and rounds once. */
function accumulate(
  { attributes, outputData }: ReferenceContext<MotionAttributes>,
  frame: TensorSpec,
  target: (...offsets: Parameters<Visit>) => number,
  term: (...offsets: Parameters<Visit>) => number,
): void {
  const sums = new Float64Array(outputData[0]!.length);
  forEachShiftedPixel(tileGrid('reference', frame, attributes), (pixel, shifted, shift) => {
    sums[target(pixel, shifted, shift)]! += term(pixel, shifted, shift);
  });
  outputData[0]!.set(sums);
}

export function shiftCostsReference(context: ReferenceContext<MotionAttributes>): void {
  const [previous, current] = context.inputData;
  const pixels = context.attributes.tile ** 2;
  accumulate(
    context,
    context.inputs[0]!,
    (_, __, shift) => shift,
    (pixel, shifted) => Math.abs(previous![shifted]! - current![pixel]!) / pixels,
  );
}

export function warpReference(context: ReferenceContext<MotionAttributes>): void {
  const [frame, weights] = context.inputData;
  accumulate(
    context,
    context.inputs[0]!,
    (pixel) => pixel,
    (_, shifted, shift) => weights![shift]! * frame![shifted]!,
  );
}

export function warpFrameGradientReference(context: ReferenceContext<MotionAttributes>): void {
  const [weights, gradient] = context.inputData;
  accumulate(
    context,
    context.inputs[1]!,
    (_, shifted) => shifted,
    (pixel, _, shift) => weights![shift]! * gradient![pixel]!,
  );
}

export function warpWeightsGradientReference(context: ReferenceContext<MotionAttributes>): void {
  const [frame, gradient] = context.inputData;
  accumulate(
    context,
    context.inputs[0]!,
    (_, __, shift) => shift,
    (pixel, shifted) => frame![shifted]! * gradient![pixel]!,
  );
}
