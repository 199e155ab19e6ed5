import { attentionScale } from '../attention/attention.js';
import type { OnnxContext } from '../kernel.js';
import type { OnnxEmitter } from '../onnx/emitter.js';
import { onnxTypes } from '../onnx/model.js';
import type { SelectBlocksAttributes } from './select_blocks.js';
import { never, selectBlocksShape } from './select_blocks.js';
import type { SparseAttentionAttributes } from './sparse_attention.js';
import { sparseAttentionShape } from './sparse_attention.js';

const { i32, i64, f32 } = onnxTypes;
const hidden = -1e9;

/** 0, 1, … as int64 of a shape. */
function counting(emitter: OnnxEmitter, shape: readonly number[]): string {
  const length = shape.reduce((product, dim) => product * dim, 1);
  return emitter.reshape(emitter.int64s(Array.from({ length }, (_, i) => i)), shape);
}

/** The listed blocks are gathered, and each row attends to its own: cost follows the blocks, as on a GPU. */
export function sparseAttentionOnnx({
  emitter,
  inputs,
  outputs,
  inputNames: [q, k, v, indptr, indices],
  attributes,
}: OnnxContext<SparseAttentionAttributes>): readonly string[] {
  const shape = sparseAttentionShape(inputs, attributes);
  const { batch, rows, blocks, width, heads, head } = shape;
  const { queryBlock, keyBlock, mostBlocks } = attributes;
  const offsets = emitter.cast(indptr!, i64);
  const starts = emitter.reshape(emitter.slice(offsets, [0], [0], [rows]), [rows, 1]);
  const ends = emitter.reshape(emitter.slice(offsets, [0], [1], [rows + 1]), [rows, 1]);
  const at = emitter.emit('Add', [starts, counting(emitter, [1, mostBlocks])]);
  const present = emitter.emit('Less', [at, ends]);
  const listed = emitter.emit('Gather', [
    emitter.cast(indices!, i64),
    emitter.emit('Where', [present, at, emitter.int64s([0])]),
  ]);
  const first = emitter.int64s(
    Array.from({ length: rows }, (_, row) => Math.floor((row * batch) / rows) * blocks),
  );
  const own = emitter.emit('Add', [listed, emitter.reshape(first, [rows, 1])]);
  const table = emitter.emit('Where', [present, own, emitter.int64s([0])]);
  const length = mostBlocks * keyBlock;
  const headsOf = (value: string): string => {
    const gathered = emitter.emit('Gather', [
      emitter.reshape(value, [batch * blocks, keyBlock * width]),
      table,
    ]);
    return emitter.transpose(emitter.reshape(gathered, [rows, length, heads, head]), [0, 2, 1, 3]);
  };
  const queries = emitter.transpose(emitter.reshape(q!, [rows, queryBlock, heads, head]), [0, 2, 1, 3]);
  const scores = emitter.emit(
    'FusedMatMul',
    [queries, headsOf(k!)],
    { transB: { int: 1 }, alpha: { float: attentionScale(shape) } },
    'com.microsoft',
  );
  const mask = emitter.emit('Where', [
    emitter.reshape(present, [rows, 1, 1, mostBlocks, 1]),
    emitter.float(0),
    emitter.float(hidden),
  ]);
  const spread = emitter.emit('Expand', [mask, emitter.int64s([rows, 1, 1, mostBlocks, keyBlock])]);
  const masked = emitter.emit('Add', [scores, emitter.reshape(spread, [rows, 1, 1, length])]);
  const weights = emitter.emit('Softmax', [masked], { axis: { int: -1 } });
  const mixed = emitter.transpose(emitter.emit('MatMul', [weights, headsOf(v!)]), [0, 2, 1, 3]);
  const any = emitter.cast(emitter.emit('Less', [starts, ends]), f32);
  const result = emitter.emit('Mul', [
    emitter.reshape(mixed, [rows, queryBlock * width]),
    emitter.reshape(any, [rows, 1]),
  ]);
  return [emitter.reshape(result, outputs[0]!.shape)];
}

export function selectBlocksOnnx({
  emitter,
  inputs,
  inputNames: [q, means, priority],
  attributes,
}: OnnxContext<SelectBlocksAttributes>): readonly string[] {
  const { batch, queryBlocks, rows, blocks, width, priorityRows } = selectBlocksShape(inputs, attributes);
  const { queryBlock, keep } = attributes;
  const sums = emitter.reshape(
    emitter.sum(emitter.reshape(q!, [batch, queryBlocks, queryBlock, width]), [2], false),
    [batch, queryBlocks, width],
  );
  const gates = emitter.emit(
    'FusedMatMul',
    [sums, means!],
    { transB: { int: 1 }, alpha: { float: 1 / Math.sqrt(width) / queryBlock } },
    'com.microsoft',
  );
  const scores = emitter.reshape(
    emitter.emit('Add', [gates, emitter.reshape(priority!, [1, priorityRows, blocks])]),
    [rows, blocks],
  );
  const [values, chosen] = emitter.emitMany('TopK', [scores, emitter.int64s([keep])], 2, {
    axis: { int: -1 },
    largest: { int: 1 },
    sorted: { int: 1 },
  });
  const present = emitter.emit('Greater', [values!, emitter.float(never)]);
  // Rising order, what is absent last.
  const keys = emitter.emit('Where', [present, chosen!, emitter.int64s([blocks])]);
  const [ordered] = emitter.emitMany('TopK', [keys, emitter.int64s([keep])], 2, {
    axis: { int: -1 },
    largest: { int: 0 },
    sorted: { int: 1 },
  });
  const counts = emitter.sum(emitter.cast(present, i32), [1], false);
  const ends = emitter.emit('CumSum', [counts, emitter.reshape(emitter.int64s([0]), [])]);
  const indptr = emitter.emit('Concat', [emitter.tensor(Int32Array.of(0), [1]), ends], { axis: { int: 0 } });
  const starts = emitter.reshape(emitter.cast(emitter.slice(indptr, [0], [0], [rows]), i64), [rows, 1]);
  // Absent ones go to a place beyond the last that is cut off.
  const capacity = rows * keep;
  const target = emitter.emit('Where', [
    emitter.emit('Less', [
      counting(emitter, [1, keep]),
      emitter.reshape(emitter.cast(counts, i64), [rows, 1]),
    ]),
    emitter.emit('Add', [starts, counting(emitter, [1, keep])]),
    emitter.int64s([capacity]),
  ]);
  const packed = emitter.emit('ScatterElements', [
    emitter.tensor(new Int32Array(capacity + 1), [capacity + 1]),
    emitter.reshape(target, [capacity]),
    emitter.reshape(emitter.cast(ordered!, i32), [capacity]),
  ]);
  return [indptr, emitter.slice(packed, [0], [0], [capacity])];
}
