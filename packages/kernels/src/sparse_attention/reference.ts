import { attentionScale } from '../attention/attention.js';
import type { ReferenceContext } from '../kernel.js';
import type { SelectBlocksAttributes } from './select_blocks.js';
import { never, selectBlocksShape } from './select_blocks.js';
import type { SparseAttentionAttributes } from './sparse_attention.js';
import { sparseAttentionShape } from './sparse_attention.js';

export function sparseAttentionReference({
  inputs,
  attributes,
  inputData,
  outputData,
}: ReferenceContext<SparseAttentionAttributes>): void {
  const shape = sparseAttentionShape(inputs, attributes);
  const { batch, queries, keys, width, heads, head } = shape;
  const { queryBlock, keyBlock } = attributes;
  const [q, k, v, indptr, indices] = inputData;
  const result = outputData[0]!;
  const scale = attentionScale(shape);
  for (let b = 0; b < batch; b++) {
    for (let i = 0; i < queries; i++) {
      const row = (b * queries + i - (i % queryBlock)) / queryBlock;
      const seen: number[] = [];
      for (let n = indptr![row]!; n < indptr![row + 1]!; n++) {
        for (let j = 0; j < keyBlock; j++) seen.push(indices![n]! * keyBlock + j);
      }
      for (let h = 0; h < heads; h++) {
        const query = (b * queries + i) * width + h * head;
        const keyAt = (j: number): number => (b * keys + j) * width + h * head;
        const scores = seen.map((j) => {
          let score = 0;
          for (let d = 0; d < head; d++) score += q![query + d]! * k![keyAt(j) + d]!;
          return score * scale;
        });
        const largest = Math.max(...scores);
        const weights = scores.map((score) => Math.exp(score - largest));
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        for (let d = 0; d < head; d++) {
          let sum = 0;
          seen.forEach((j, n) => (sum += weights[n]! * v![keyAt(j) + d]!));
          result[query + d] = seen.length > 0 ? sum / total : 0;
        }
      }
    }
  }
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
