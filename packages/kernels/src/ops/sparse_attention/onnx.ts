import { attentionScale } from '../attention/attention.js';
import type { OnnxContext } from '../../kernel/kernel.js';
import type { OnnxEmitter } from '../../onnx/emitter.js';
import { onnxTypes } from '../../onnx/model.js';
import type { SelectBlocksAttributes } from './select_blocks.js';
import { never, selectBlocksShape } from './select_blocks.js';
import type { SparseAttentionAttributes } from './sparse_attention.js';
import { sparseAttentionShape } from './sparse_attention.js';

const { i32, i64, f32 } = onnxTypes;
/** Taken from scores of keys that are absent. */
const hiddenBy = 1e9;

/** 0, 1, … as int64 of a shape. */
function counting(emitter: OnnxEmitter, shape: readonly number[]): string {
  const length = shape.reduce((product, dim) => product * dim, 1);
  return emitter.reshape(emitter.int64s(Array.from({ length }, (_, i) => i)), shape);
}

/** Operands by row and head, with the blocks that each row lists gathered, and the softmax weights, zero for what is absent. */
function gather({
  emitter,
  inputs,
  inputNames: [q, k, v, indptr, indices],
  attributes,
}: OnnxContext<SparseAttentionAttributes>) {
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
  const byHead = (value: string, positions: number): string =>
    emitter.transpose(emitter.reshape(value, [rows, positions, heads, head]), [0, 2, 1, 3]);
  const gathered = (value: string): string =>
    byHead(
      emitter.emit('Gather', [emitter.reshape(value, [batch * blocks, keyBlock * width]), table]),
      length,
    );
  const queries = byHead(q!, queryBlock);
  const keys = gathered(k!);
  const scores = multiply(emitter, queries, keys, { transB: true, alpha: attentionScale(shape) });
  const seen = emitter.reshape(
    emitter.emit('Expand', [
      emitter.reshape(emitter.cast(present, f32), [rows, 1, 1, mostBlocks, 1]),
      emitter.int64s([rows, 1, 1, mostBlocks, keyBlock]),
    ]),
    [rows, 1, 1, length],
  );
  const hidden = emitter.emit('Mul', [
    emitter.emit('Sub', [seen, emitter.float(1)]),
    emitter.float(hiddenBy),
  ]);
  const softmax = emitter.emit('Softmax', [emitter.emit('Add', [scores, hidden])], { axis: { int: -1 } });
  // A row without blocks would mix what it does not see.
  const weights = emitter.emit('Mul', [softmax, seen]);
  return { shape, queries, keys, values: gathered(v!), weights, table, byHead };
}

/** A batched matmul that reads transposed operands and scales without passes of their own. */
function multiply(
  emitter: OnnxEmitter,
  a: string,
  b: string,
  { transA = false, transB = false, alpha = 1 } = {},
): string {
  const attributes = {
    transA: { int: transA ? 1 : 0 },
    transB: { int: transB ? 1 : 0 },
    alpha: { float: alpha },
  };
  return emitter.emit('FusedMatMul', [a, b], attributes, 'com.microsoft');
}

/** The listed blocks are gathered, and each row attends to its own: cost follows the blocks, as on a GPU. */
export function sparseAttentionOnnx(context: OnnxContext<SparseAttentionAttributes>): readonly string[] {
  const { emitter, outputs } = context;
  const { weights, values } = gather(context);
  const mixed = emitter.transpose(multiply(emitter, weights, values), [0, 2, 1, 3]);
  return [emitter.reshape(mixed, outputs[0]!.shape)];
}

export function sparseAttentionGradientOnnx(
  context: OnnxContext<SparseAttentionAttributes>,
): readonly string[] {
  const { emitter, outputs, inputNames, attributes } = context;
  const { shape, queries, keys, values, weights, table, byHead } = gather(context);
  const { batch, rows, blocks, width } = shape;
  const { queryBlock, keyBlock, mostBlocks } = attributes;
  const alpha = attentionScale(shape);
  const gradient = byHead(inputNames[6]!, queryBlock);
  const ofWeights = multiply(emitter, gradient, values, { transB: true });
  const mean = emitter.sum(emitter.emit('Mul', [weights, ofWeights]), [3]);
  const ofScores = emitter.emit('Mul', [weights, emitter.emit('Sub', [ofWeights, mean])]);
  const ofQueries = emitter.transpose(multiply(emitter, ofScores, keys, { alpha }), [0, 2, 1, 3]);
  // What rows found out about a block is added up where the block is. What is absent is zero, and may go anywhere.
  const scattered = (value: string, index: number): string => {
    const byBlock = emitter.reshape(emitter.transpose(value, [0, 2, 1, 3]), [
      rows * mostBlocks,
      keyBlock * width,
    ]);
    const zeros = emitter.emit('Expand', [
      emitter.float(0),
      emitter.int64s([batch * blocks, keyBlock * width]),
    ]);
    const places = emitter.reshape(table, [rows * mostBlocks, 1]);
    const sum = emitter.emit('ScatterND', [zeros, places, byBlock], { reduction: { string: 'add' } });
    return emitter.reshape(sum, outputs[index]!.shape);
  };
  return [
    emitter.reshape(ofQueries, outputs[0]!.shape),
    scattered(multiply(emitter, ofScores, queries, { transA: true, alpha }), 1),
    scattered(multiply(emitter, weights, gradient, { transA: true }), 2),
  ];
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
