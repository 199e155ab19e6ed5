import type { OnnxContext } from '../kernel.js';
import type { MotionAttributes } from './tiles.js';
import { shiftsShape, tileGrid } from './tiles.js';

/**
 * One slice, difference, absolute value and sum a shift, with the batch as the innermost axis so that every slice and
 * sum runs over long contiguous spans: twice as fast as (B, H, W) with average pooling.
 */
export function shiftCostsOnnx(context: OnnxContext<MotionAttributes>): readonly string[] {
  const { emitter, inputs, inputNames, attributes } = context;
  const grid = tileGrid('shiftCosts', inputs[0]!, attributes);
  const { batch, height, width, radius, tile, rows, columns, side } = grid;
  const [previous, current] = inputNames.map((name) => emitter.transpose(name, [1, 2, 0])) as [
    string,
    string,
  ];
  const pads = emitter.int64s([radius, radius, 0, radius, radius, 0]);
  const padded = emitter.emit('Pad', [previous, pads], { mode: { string: 'edge' } });

  const overTileRows: string[] = [];
  for (let dy = 0; dy < side; dy++) {
    for (let dx = 0; dx < side; dx++) {
      const shifted = emitter.slice(padded, [0, 1], [dy, dx], [dy + height, dx + width]);
      const difference = emitter.emit('Abs', [emitter.emit('Sub', [shifted, current])]);
      overTileRows.push(emitter.sum(emitter.reshape(difference, [rows, tile, width * batch]), [1], false));
    }
  }
  const together = emitter.emit('Concat', overTileRows, { axis: { int: 0 } });
  const sums = emitter.sum(
    emitter.reshape(together, [side * side * rows * columns, tile, batch]),
    [1],
    false,
  );
  const means = emitter.emit('Mul', [sums, emitter.float(1 / tile ** 2)]);
  const [, tiles, shifts] = shiftsShape(grid) as [number, number, number];
  return [emitter.transpose(emitter.reshape(means, [shifts, tiles, batch]), [2, 1, 0])];
}
