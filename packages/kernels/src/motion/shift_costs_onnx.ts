import type { OnnxContext } from '../kernel.js';
import type { MotionAttributes } from './tiles.js';
import { shiftsShape, tileGrid } from './tiles.js';

/** Beyond this many shifts their number of nodes makes ONNX Runtime slow to load the model. */
const mostUnrolledShifts = 300;

/**
 * One slice, difference, absolute value and sum a shift, with the batch as the innermost axis so that every slice and
 * sum runs over long contiguous spans: twice as fast as (B, H, W) with average pooling. Many shifts are taken a row at a
 * time, which costs half as much again, since intermediate results leave the cache.
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
  const indices = Array.from({ length: side }, (_, index) => index);

  /** The previous frames under `count` shifts (count, H, W, B) -> sums over the rows of each tile. */
  const overTileRows = (shifted: string, count: number): string => {
    const difference = emitter.emit('Abs', [emitter.emit('Sub', [shifted, current])]);
    return emitter.sum(emitter.reshape(difference, [count * rows, tile, width * batch]), [1], false);
  };
  const oneByOne = (): string[] =>
    indices.flatMap((dy) =>
      indices.map((dx) =>
        overTileRows(emitter.slice(padded, [0, 1], [dy, dx], [dy + height, dx + width]), 1),
      ),
    );
  const rowByRow = (): string[] => {
    const columnShifts = indices.map((dx) => emitter.slice(padded, [1], [dx], [dx + width]));
    const all = emitter.reshape(emitter.emit('Concat', columnShifts, { axis: { int: 0 } }), [
      side,
      height + 2 * radius,
      width,
      batch,
    ]);
    return indices.map((dy) => overTileRows(emitter.slice(all, [1], [dy], [dy + height]), side));
  };
  const parts = side * side <= mostUnrolledShifts ? oneByOne() : rowByRow();
  const together = emitter.emit('Concat', parts, { axis: { int: 0 } });
  const sums = emitter.sum(
    emitter.reshape(together, [side * side * rows * columns, tile, batch]),
    [1],
    false,
  );
  const means = emitter.emit('Mul', [sums, emitter.float(1 / tile ** 2)]);
  const [, tiles, shifts] = shiftsShape(grid) as [number, number, number];
  return [emitter.transpose(emitter.reshape(means, [shifts, tiles, batch]), [2, 1, 0])];
}
