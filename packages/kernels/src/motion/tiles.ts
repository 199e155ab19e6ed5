import type { Shape, TensorSpec } from '@snowglobe/graph';
import { SnowglobeError, formatShape } from '@snowglobe/graph';

export interface MotionAttributes extends Record<string, unknown> {
  /** Largest shift in pixels along each axis. */
  readonly radius: number;
  /** Side in pixels of the square tiles that move together. */
  readonly tile: number;
}

/** A frame (B, H, W, C) cut into rows x columns tiles. */
export interface TileGrid extends MotionAttributes {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly rows: number;
  readonly columns: number;
  /** Shifts along one axis, 2·radius + 1. */
  readonly side: number;
  /** Side of the part of a frame that a shifted tile can reach, tile + 2·radius. */
  readonly window: number;
}

/**
 * Cuts a frame of shape (B, H, W) or (B, H, W, C) into tiles.
 * @throws SnowglobeError naming `op` when tiles do not cover it or the radius is no whole number.
 */
export function tileGrid(op: string, { shape }: TensorSpec, { radius, tile }: MotionAttributes): TileGrid {
  const [batch, height, width, channels = 1] = shape as [number, number, number, number?];
  if (!Number.isInteger(tile) || tile < 1 || height % tile !== 0 || width % tile !== 0) {
    throw new SnowglobeError(
      `${op}: tiles of ${tile} pixels do not cover a frame ${formatShape(shape)}; choose a divisor of ${height} and ${width}.`,
    );
  }
  if (!Number.isInteger(radius) || radius < 0) {
    throw new SnowglobeError(
      `${op}: radius ${radius} is no number of pixels; use a whole number of at least 0.`,
    );
  }
  return {
    batch,
    height,
    width,
    channels,
    radius,
    tile,
    rows: height / tile,
    columns: width / tile,
    side: 2 * radius + 1,
    window: tile + 2 * radius,
  };
}

/** (B, tiles, shifts): tiles in row-major order, shift (dy, dx) at (dy + radius)·side + dx + radius. */
export function shiftsShape({ batch, rows, columns, side }: TileGrid): Shape {
  return [batch, rows * columns, side * side];
}

/** Nearest index inside `0 … size-1`: beyond its border a frame repeats its outermost pixels. */
export const clampIndex = (index: number, size: number): number => Math.max(0, Math.min(size - 1, index));
