import type { OnnxContext } from '../../kernel/kernel.js';
import type { OnnxEmitter } from '../../onnx/emitter.js';
import type { AttentionAttributes, AttentionShape } from './attention.js';
import { attentionScale, attentionShape } from './attention.js';
import { keyRange } from './visibility.js';

/** Added to scores of hidden keys: its exponential is zero beside any visible score, and it is finite. */
const hidden = -1e9;

/** exp(-60) is 1e-26, far below the rounding of f32 and far above its denormal numbers, products included. */
const negligible = 60;

/** (B, N, D) -> (B, heads, N, D / heads). */
function splitHeads(emitter: OnnxEmitter, value: string, length: number, shape: AttentionShape): string {
  const { batch, heads, head } = shape;
  return emitter.transpose(emitter.reshape(value, [batch, length, heads, head]), [0, 2, 1, 3]);
}

/** (B, heads, N, D / heads) -> (B, N, D). */
function joinHeads(
  emitter: OnnxEmitter,
  value: string,
  length: number,
  { batch, width }: AttentionShape,
): string {
  return emitter.reshape(emitter.transpose(value, [0, 2, 1, 3]), [batch, length, width]);
}

interface MatmulOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** The operand is (M, heads, K), read as (heads, M, K). */
  readonly headsWithinA?: boolean;
  readonly headsWithinB?: boolean;
  readonly scale?: number;
}

/** Batched matmul that reads transposed operands and scales without passes of their own. */
function multiply(emitter: OnnxEmitter, a: string, b: string, options: MatmulOptions = {}): string {
  const { transposeA = false, transposeB = false, headsWithinA = false, headsWithinB = false } = options;
  const { scale = 1 } = options;
  const isPlain = !transposeA && !transposeB && !headsWithinA && !headsWithinB;
  if (isPlain && scale === 1) return emitter.emit('MatMul', [a, b]);
  const attributes = {
    transA: { int: transposeA ? 1 : 0 },
    transB: { int: transposeB ? 1 : 0 },
    ...(headsWithinA && { transBatchA: { int: 1 } }),
    ...(headsWithinB && { transBatchB: { int: 1 } }),
    alpha: { float: scale },
  };
  return emitter.emit('FusedMatMul', [a, b], attributes, 'com.microsoft');
}

/** The causal mask and the window as a constant (Nq, Nk), or nothing where every query sees every key. */
function maskConstant(
  emitter: OnnxEmitter,
  shape: AttentionShape,
  attributes: AttentionAttributes,
): string | undefined {
  const { queries, keys } = shape;
  const mask = new Float32Array(queries * keys).fill(hidden);
  for (let i = 0; i < queries; i++) {
    const [start, end] = keyRange(i, shape, attributes);
    mask.fill(0, i * keys + start, i * keys + end);
  }
  return mask.includes(hidden) ? emitter.tensor(mask, [queries, keys]) : undefined;
}

/**
 * Raises scores of hidden keys to just below what counts. Their exponentials would be denormal numbers, which make the
 * softmax ten times slower on CPUs; these are 0 beside any visible one all the same.
 */
function limitBelow(emitter: OnnxEmitter, scores: string): string {
  const largest = emitter.emit('ReduceMax', [scores, emitter.int64s([3])], { keepdims: { int: 1 } });
  return emitter.emit('Max', [scores, emitter.emit('Sub', [largest, emitter.float(negligible)])]);
}

/** A bias as it is added to scores (B, heads, Nq, Nk). */
function biasOfScores(
  { emitter, inputs, inputNames }: OnnxContext<AttentionAttributes>,
  index: number,
): string | undefined {
  const [bias, shape] = [inputNames[index], inputs[index]?.shape];
  if (!bias || shape!.length < 3) return bias;
  const [batch, queries, keys] = shape as [number, number, number];
  return emitter.reshape(bias, [batch, 1, queries, keys]);
}

/** Heads of the operands and the softmax weights (B, heads, Nq, Nk). */
function weigh(context: OnnxContext<AttentionAttributes>, shape: AttentionShape, biasInput: number) {
  const { emitter, inputNames, attributes } = context;
  const bias = biasOfScores(context, biasInput);
  const q = splitHeads(emitter, inputNames[0]!, shape.queries, shape);
  const k = splitHeads(emitter, inputNames[1]!, shape.keys, shape);
  const v = splitHeads(emitter, inputNames[2]!, shape.keys, shape);
  let scores = multiply(emitter, q, k, { transposeB: true, scale: attentionScale(shape) });
  const mask = maskConstant(emitter, shape, attributes);
  const added = bias && mask ? emitter.emit('Add', [bias, mask]) : (bias ?? mask);
  if (added) scores = limitBelow(emitter, emitter.emit('Add', [scores, added]));
  return { q, k, v, weights: emitter.emit('Softmax', [scores], { axis: { int: -1 } }) };
}

/**
 * Written out rather than as the contrib `MultiHeadAttention`: that is 8-15 % faster alone, but then the gradient
 * computes heads and weights again. Written out, both passes have these nodes in common.
 */
export function attentionOnnx(context: OnnxContext<AttentionAttributes>): readonly string[] {
  const { emitter, inputs, inputNames, attributes } = context;
  const shape = attentionShape(inputs, attributes);
  const hidesKeys = inputNames[3] !== undefined || maskConstant(emitter, shape, attributes) !== undefined;
  if (shape.batch === 1 && !hidesKeys && !emitter.isPortable) return [ofOneSequence(context, shape)];
  const { v, weights } = weigh(context, shape, 3);
  return [joinHeads(emitter, multiply(emitter, weights, v), shape.queries, shape)];
}

/**
 * Heads of one sequence are read where they lie, which spares three copies and gives the same numbers: eight attentions over 81
 * positions take 0.23 ms less, on one thread. More sequences cannot be read so.
 */
function ofOneSequence(
  { emitter, inputNames }: OnnxContext<AttentionAttributes>,
  shape: AttentionShape,
): string {
  const { heads, head, queries, keys, width } = shape;
  const [q, k, v] = [queries, keys, keys].map((length, i) =>
    emitter.reshape(inputNames[i]!, [length, heads, head]),
  ) as [string, string, string];
  const within = { headsWithinA: true, headsWithinB: true, transposeB: true };
  const scores = multiply(emitter, q, k, { ...within, scale: attentionScale(shape) });
  const weights = emitter.emit('Softmax', [scores], { axis: { int: -1 } });
  const mixed = multiply(emitter, weights, v, { headsWithinB: true });
  return emitter.reshape(emitter.transpose(mixed, [1, 0, 2]), [1, queries, width]);
}

export function attentionGradientOnnx(context: OnnxContext<AttentionAttributes>): readonly string[] {
  const { emitter, inputs, inputNames, attributes } = context;
  const shape = attentionShape(inputs, attributes);
  const scale = attentionScale(shape);
  const { q, k, v, weights } = weigh(context, shape, 5);
  const gradient = splitHeads(emitter, inputNames[4]!, shape.queries, shape);
  const ofV = multiply(emitter, weights, gradient, { transposeA: true });
  const ofWeights = multiply(emitter, gradient, v, { transposeB: true });
  const mean = emitter.sum(emitter.emit('Mul', [weights, ofWeights]), [3]);
  const ofScores = emitter.emit('Mul', [weights, emitter.emit('Sub', [ofWeights, mean])]);
  const ofQ = multiply(emitter, ofScores, k, { scale });
  const ofK = multiply(emitter, ofScores, q, { transposeA: true, scale });
  return [
    joinHeads(emitter, ofQ, shape.queries, shape),
    joinHeads(emitter, ofK, shape.keys, shape),
    joinHeads(emitter, ofV, shape.keys, shape),
  ];
}
