import type { OnnxContext } from '../kernel.js';
import type { OnnxEmitter } from '../onnx/emitter.js';
import type { MotionAttributes, TileGrid } from './tiles.js';
import { clampIndex, shiftsShape, tileGrid } from './tiles.js';

/**
 * A warp as one small matrix product a tile. With K = side, window row v, column u and pixel row y:
 *
 *   bands[dy, (y, c, u)] = frame[y + dy, u]        K bands of a tile's window, (B, columns, rows, K, band)
 *   mixed[dx, (y, c, u)] = Σ_dy weights[dy, dx] · bands[dy, (y, c, u)]
 *   warped[y, c, x]      = Σ_dx mixed[dx, (y, c, x + dx)]
 *
 * The last sum runs along a diagonal. Its flat offset is dx·band + p + dx = dx·(band + 1) + p, so rows of band + 1
 * numbers turn diagonals into columns: no slices a shift. Gradients take the same steps backwards.
 */
const bandOf = ({ tile, channels, window }: TileGrid): number => tile * channels * window;

/** (W, columns · window): column u of tile i is column clamp(i·tile + u - radius) of the frame, one 1 a column. */
function windowColumns({ width, columns, window, tile, radius }: TileGrid): Float32Array {
  const matrix = new Float32Array(width * columns * window);
  for (let i = 0; i < columns; i++) {
    for (let u = 0; u < window; u++) {
      matrix[clampIndex(i * tile + u - radius, width) * columns * window + i * window + u] = 1;
    }
  }
  return matrix;
}

/** Row of the frame behind each (tile row, dy, y). */
function bandRows({ height, rows, side, tile, radius }: TileGrid): number[] {
  return Array.from({ length: rows * side * tile }, (_, n) => {
    const y = n % tile;
    const dy = Math.floor(n / tile) % side;
    return clampIndex(Math.floor(n / (tile * side)) * tile + y + dy - radius, height);
  });
}

/** frame (B, H, W, C) -> bands (B, columns, rows, K, band). */
function bandsOf(emitter: OnnxEmitter, frame: string, grid: TileGrid): string {
  const { batch, height, width, channels, rows, columns, side, window } = grid;
  const lines =
    channels === 1
      ? emitter.reshape(frame, [batch * height, width])
      : emitter.reshape(emitter.transpose(frame, [0, 1, 3, 2]), [batch * height * channels, width]);
  const selection = emitter.tensor(windowColumns(grid), [width, columns * window]);
  const windows = emitter.reshape(emitter.emit('MatMul', [lines, selection]), [
    batch,
    height,
    channels,
    columns,
    window,
  ]);
  const byColumn = emitter.transpose(windows, [0, 3, 1, 2, 4]);
  const bands = emitter.emit('Gather', [byColumn, emitter.int64s(bandRows(grid))], { axis: { int: 2 } });
  return emitter.reshape(bands, [batch, columns, rows, side, bandOf(grid)]);
}

/** weights (B, rows · columns, K²) -> (B, columns, rows, K, K). */
function weightsByColumn(emitter: OnnxEmitter, weights: string, grid: TileGrid): string {
  const { batch, rows, columns, side } = grid;
  const split = emitter.reshape(weights, [batch, rows, columns, side * side]);
  return emitter.reshape(emitter.transpose(split, [0, 2, 1, 3]), [batch, columns, rows, side, side]);
}

/** gradient (B, H, W, C) -> gradient of `mixed` (B, columns, rows, K, band). */
function mixedGradient(emitter: OnnxEmitter, gradient: string, grid: TileGrid): string {
  const { batch, channels, rows, columns, tile, side, radius } = grid;
  const tiles = batch * columns * rows;
  const band = bandOf(grid);
  const split = emitter.reshape(gradient, [batch, rows, tile, columns, tile, channels]);
  const byColumn = emitter.transpose(split, [0, 3, 1, 2, 5, 4]);
  const wide = emitter.emit('Pad', [
    emitter.reshape(byColumn, [tiles, tile * channels, tile]),
    emitter.int64s([0, 0, 0, 0, 0, 2 * radius]),
  ]);
  // A row of band + 1 repeated K times and cut into rows of band moves one place right from row to row. What wraps
  // around is zeros: the row ends in 2·radius + 1 = K of them.
  const row = emitter.emit('Pad', [
    emitter.reshape(wide, [tiles, 1, band]),
    emitter.int64s([0, 0, 0, 0, 0, 1]),
  ]);
  const repeated = emitter.emit('Expand', [row, emitter.int64s([tiles, side, band + 1])]);
  const cut = emitter.slice(emitter.reshape(repeated, [tiles, side * (band + 1)]), [1], [0], [side * band]);
  return emitter.reshape(cut, [batch, columns, rows, side, band]);
}

const fused = (emitter: OnnxEmitter, a: string, b: string, transposed: 'transA' | 'transB'): string =>
  emitter.emit('FusedMatMul', [a, b], { [transposed]: { int: 1 } }, 'com.microsoft');

export function warpOnnx({
  emitter,
  inputs,
  inputNames,
  attributes,
}: OnnxContext<MotionAttributes>): readonly string[] {
  const grid = tileGrid('warp', inputs[0]!, attributes);
  const { batch, channels, rows, columns, tile, side, window } = grid;
  const band = bandOf(grid);
  const tiles = batch * columns * rows;
  const weights = weightsByColumn(emitter, inputNames[1]!, grid);
  const mixed = fused(emitter, weights, bandsOf(emitter, inputNames[0]!, grid), 'transA');
  const longer = emitter.emit('Pad', [
    emitter.reshape(mixed, [tiles, side * band]),
    emitter.int64s([0, 0, 0, side]),
  ]);
  const diagonals = emitter.sum(emitter.reshape(longer, [tiles, side, band + 1]), [1], false);
  const lines = emitter.reshape(emitter.slice(diagonals, [1], [0], [band]), [tiles, tile * channels, window]);
  const warped = emitter.reshape(emitter.slice(lines, [2], [0], [tile]), [
    batch,
    columns,
    rows,
    tile,
    channels,
    tile,
  ]);
  return [emitter.reshape(emitter.transpose(warped, [0, 2, 3, 1, 5, 4]), inputs[0]!.shape)];
}

export function warpWeightsGradientOnnx({
  emitter,
  inputs,
  inputNames,
  attributes,
}: OnnxContext<MotionAttributes>): readonly string[] {
  const grid = tileGrid('warpWeightsGradient', inputs[0]!, attributes);
  const { batch, rows, columns, side } = grid;
  const bands = bandsOf(emitter, inputNames[0]!, grid);
  const perTile = fused(emitter, bands, mixedGradient(emitter, inputNames[1]!, grid), 'transB');
  const byColumn = emitter.reshape(perTile, [batch, columns, rows, side * side]);
  return [emitter.reshape(emitter.transpose(byColumn, [0, 2, 1, 3]), shiftsShape(grid))];
}

export function warpFrameGradientOnnx({
  emitter,
  inputs,
  inputNames,
  attributes,
}: OnnxContext<MotionAttributes>): readonly string[] {
  const grid = tileGrid('warpFrameGradient', inputs[1]!, attributes);
  const { batch, height, width, channels, rows, columns, side, tile, window } = grid;
  const weights = weightsByColumn(emitter, inputNames[0]!, grid);
  const bands = emitter.emit('MatMul', [weights, mixedGradient(emitter, inputNames[1]!, grid)]);
  // Every pixel of the frame sums the places that read it: products with the selections of `bandsOf`, transposed.
  const sources = rows * side * tile;
  const rowsOfBands = new Float32Array(height * sources);
  bandRows(grid).forEach((row, n) => (rowsOfBands[row * sources + n] = 1));
  const overRows = emitter.emit('MatMul', [
    emitter.tensor(rowsOfBands, [height, sources]),
    emitter.reshape(bands, [batch * columns, sources, channels * window]),
  ]);
  const windows = emitter.reshape(overRows, [batch, columns, height, channels, window]);
  const lines = emitter.reshape(emitter.transpose(windows, [0, 2, 3, 1, 4]), [
    batch * height * channels,
    columns * window,
  ]);
  const selection = emitter.tensor(windowColumns(grid), [width, columns * window]);
  const summed = fused(emitter, lines, selection, 'transB');
  const frame = emitter.reshape(summed, [batch, height, channels, width]);
  const last = channels === 1 ? frame : emitter.transpose(frame, [0, 1, 3, 2]);
  return [emitter.reshape(last, inputs[1]!.shape)];
}
