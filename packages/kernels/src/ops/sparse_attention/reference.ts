import { attentionScale } from '../attention/attention.js';
import type { ReferenceContext } from '../../kernel/kernel.js';
import type { SelectBlocksAttributes } from './select_blocks.js';
import { never, selectBlocksShape } from './select_blocks.js';
import type { SparseAttentionAttributes } from './sparse_attention.js';
import { sparseAttentionShape } from './sparse_attention.js';

/** What one query of one head sees: places of its keys in k and v, and their softmax weights. */
interface Seen {
  /** Place of the query's head in q. */
  readonly query: number;
  readonly keys: readonly number[];
  readonly weights: readonly number[];
}

/** Calls `visit` for every query of every head. */
function visitQueries(
  { inputs, attributes, inputData: [q, k, , indptr, indices] }: ReferenceContext<SparseAttentionAttributes>,
  visit: (seen: Seen) => void,
): void {
  const shape = sparseAttentionShape(inputs, attributes);
  const { batch, queries, keys, width, heads, head } = shape;
  const { queryBlock, keyBlock } = attributes;
  const scale = attentionScale(shape);
  for (let i = 0; i < batch * queries; i++) {
    const row = Math.floor(i / queryBlock);
    const base = Math.floor(i / queries) * keys;
    const seen: number[] = [];
    for (let n = indptr![row]!; n < indptr![row + 1]!; n++) {
      for (let j = 0; j < keyBlock; j++) seen.push(base + indices![n]! * keyBlock + j);
    }
    for (let h = 0; h < heads; h++) {
      const query = i * width + h * head;
      const places = seen.map((key) => key * width + h * head);
      const scores = places.map((key) => {
        let score = 0;
        for (let d = 0; d < head; d++) score += q![query + d]! * k![key + d]!;
        return score * scale;
      });
      const largest = scores.reduce((most, score) => Math.max(most, score), -Infinity);
      const exponentials = scores.map((score) => Math.exp(score - largest));
      const total = exponentials.reduce((sum, each) => sum + each, 0);
      visit({ query, keys: places, weights: exponentials.map((each) => each / total) });
    }
  }
}

export function sparseAttentionReference(context: ReferenceContext<SparseAttentionAttributes>): void {
  const { head } = sparseAttentionShape(context.inputs, context.attributes);
  const v = context.inputData[2]!;
  const result = context.outputData[0]!;
  visitQueries(context, ({ query, keys, weights }) => {
    for (let d = 0; d < head; d++) {
      let sum = 0;
      keys.forEach((key, n) => (sum += weights[n]! * v[key + d]!));
      result[query + d] = sum;
    }
  });
}

export function sparseAttentionGradientReference(context: ReferenceContext<SparseAttentionAttributes>): void {
  const shape = sparseAttentionShape(context.inputs, context.attributes);
  const { head } = shape;
  const scale = attentionScale(shape);
  const [q, k, v, , , result, gradient] = context.inputData;
  const [dq, dk, dv] = context.outputData.map((data) => new Float64Array(data.length)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  visitQueries(context, ({ query, keys, weights }) => {
    let mean = 0;
    for (let d = 0; d < head; d++) mean += gradient![query + d]! * result![query + d]!;
    keys.forEach((key, n) => {
      let ofWeight = 0;
      for (let d = 0; d < head; d++) ofWeight += gradient![query + d]! * v![key + d]!;
      const ofScore = weights[n]! * (ofWeight - mean) * scale;
      for (let d = 0; d < head; d++) {
        dq[query + d]! += ofScore * k![key + d]!;
        dk[key + d]! += ofScore * q![query + d]!;
        dv[key + d]! += weights[n]! * gradient![query + d]!;
      }
    });
  });
  [dq, dk, dv].forEach((data, index) => context.outputData[index]!.set(data));
}

export function selectBlocksReference({
  inputs,
  attributes,
  inputData: [q, means, priority],
  outputData: [indptr, indices],
}: ReferenceContext<SelectBlocksAttributes>): void {
  const { queryBlocks, rows, blocks, width, priorityRows } = selectBlocksShape(inputs, attributes);
  const { queryBlock, keep } = attributes;
  const scale = 1 / Math.sqrt(width) / queryBlock;
  let end = 0;
  for (let row = 0; row < rows; row++) {
    const batch = Math.floor(row / queryBlocks);
    const mean = new Float64Array(width);
    for (let i = 0; i < queryBlock; i++) {
      for (let d = 0; d < width; d++) mean[d]! += q![(row * queryBlock + i) * width + d]!;
    }
    const scores = Array.from({ length: blocks }, (_, block) => {
      let score = 0;
      for (let d = 0; d < width; d++) score += mean[d]! * means![(batch * blocks + block) * width + d]!;
      return score * scale + priority![(priorityRows === 1 ? 0 : row % queryBlocks) * blocks + block]!;
    });
    const chosen = [...scores.keys()]
      .filter((block) => scores[block]! > never)
      .sort((a, b) => scores[b]! - scores[a]! || a - b)
      .slice(0, keep)
      .sort((a, b) => a - b);
    indptr![row] = end;
    for (const block of chosen) indices![end++] = block;
  }
  indptr![rows] = end;
}
