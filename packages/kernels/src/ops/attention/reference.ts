import { broadcastStrides } from '@snowglobe/graph/internal';
import type { ReferenceArray, ReferenceContext } from '../../kernel/kernel.js';
import type { AttentionAttributes, AttentionShape } from './attention.js';
import { attentionScale, attentionShape } from './attention.js';
import { keyRange } from './visibility.js';

type BiasReader = (b: number, i: number, j: number) => number;

/** Visits every query of every head with its softmax weights over the keys `start … start + weights.length`. */
function forEachQuery(
  shape: AttentionShape,
  attributes: AttentionAttributes,
  [q, k]: readonly ReferenceArray[],
  biasAt: BiasReader,
  visit: (query: number, keyOffset: (j: number) => number, start: number, weights: Float64Array) => void,
): void {
  const { batch, queries, keys, width, heads, head } = shape;
  const scale = attentionScale(shape);
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      const keyOffset = (j: number): number => (b * keys + j) * width + h * head;
      for (let i = 0; i < queries; i++) {
        const query = (b * queries + i) * width + h * head;
        const [start, end] = keyRange(i, shape, attributes);
        const weights = new Float64Array(end - start);
        let largest = -Infinity;
        for (let j = start; j < end; j++) {
          let score = 0;
          for (let d = 0; d < head; d++) score += q![query + d]! * k![keyOffset(j) + d]!;
          weights[j - start] = score * scale + biasAt(b, i, j);
          largest = Math.max(largest, weights[j - start]!);
        }
        let total = 0;
        weights.forEach((score, j) => (total += weights[j] = Math.exp(score - largest)));
        weights.forEach((weight, j) => (weights[j] = weight / total));
        visit(query, keyOffset, start, weights);
      }
    }
  }
}

function biasReader(
  data: ReferenceArray | undefined,
  shape: readonly number[] | undefined,
  { batch, queries, keys }: AttentionShape,
): BiasReader {
  if (!data) return () => 0;
  const [item, row, column] = broadcastStrides(shape!, [batch, queries, keys]) as [number, number, number];
  return (b, i, j) => data[b * item + i * row + j * column]!;
}

export function attentionReference(context: ReferenceContext<AttentionAttributes>): void {
  const { inputs, attributes, inputData, outputData } = context;
  const shape = attentionShape(inputs, attributes);
  const v = inputData[2]!;
  const biasAt = biasReader(inputData[3], inputs[3]?.shape, shape);
  forEachQuery(shape, attributes, inputData, biasAt, (query, keyOffset, start, weights) => {
    for (let d = 0; d < shape.head; d++) {
      let total = 0;
      weights.forEach((weight, j) => (total += weight * v[keyOffset(start + j) + d]!));
      outputData[0]![query + d] = total;
    }
  });
}

/**
 * With weights p = softmax(s) and result o = p·v: dv = pᵀ·do, dp = do·vᵀ, ds = p·(dp - Σ p·dp), dq = ds·k, dk = dsᵀ·q.
 */
export function attentionGradientReference(context: ReferenceContext<AttentionAttributes>): void {
  const { inputs, attributes, inputData, outputData } = context;
  const shape = attentionShape(inputs, attributes);
  const scale = attentionScale(shape);
  const [q, k, v, , gradient] = inputData;
  // Sums over queries run in double precision; the outputs are rounded once.
  const [dq, dk, dv] = outputData.map((output) => new Float64Array(output.length)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const biasAt = biasReader(inputData[5], inputs[5]?.shape, shape);
  forEachQuery(shape, attributes, inputData, biasAt, (query, keyOffset, start, weights) => {
    const ofWeights = weights.map((_, j) => {
      let total = 0;
      for (let d = 0; d < shape.head; d++) total += gradient![query + d]! * v![keyOffset(start + j) + d]!;
      return total;
    });
    let mean = 0;
    weights.forEach((weight, j) => (mean += weight * ofWeights[j]!));
    weights.forEach((weight, j) => {
      const ofScore = weight * (ofWeights[j]! - mean) * scale;
      const key = keyOffset(start + j);
      for (let d = 0; d < shape.head; d++) {
        dq[query + d]! += ofScore * k![key + d]!;
        dk[key + d]! += ofScore * q![query + d]!;
        dv[key + d]! += weight * gradient![query + d]!;
      }
    });
  });
  [dq, dk, dv].forEach((values, index) => outputData[index]!.set(values));
}
