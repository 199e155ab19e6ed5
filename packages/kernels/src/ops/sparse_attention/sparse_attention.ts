import type { OpDefinition, Tensor, TensorSpec } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import { formatShape, sameShape } from '@snowglobe/graph/internal';
import type { AttentionAttributes, AttentionShape } from '../attention/attention.js';
import { attentionShape } from '../attention/attention.js';

export interface SparseAttentionAttributes extends AttentionAttributes {
  readonly causal: false;
  /** Neighbouring queries that see the same blocks. */
  readonly queryBlock: number;
  /** Neighbouring keys that are seen or left out together. */
  readonly keyBlock: number;
  /** Blocks that a row of `indptr` has at most. */
  readonly mostBlocks: number;
}

/** Sizes of a block-sparse attention: `rows` = batch · queries / queryBlock rows of up to `mostBlocks` of `blocks`. */
export interface SparseAttentionShape extends AttentionShape {
  readonly rows: number;
  /** Blocks of keys of one batch item. */
  readonly blocks: number;
}

/** @param inputs checked by the op */
export function sparseAttentionShape(
  inputs: readonly TensorSpec[],
  attributes: SparseAttentionAttributes,
): SparseAttentionShape {
  const shape = attentionShape(inputs, attributes);
  return {
    ...shape,
    rows: (shape.batch * shape.queries) / attributes.queryBlock,
    blocks: shape.keys / attributes.keyBlock,
  };
}

/** Inputs q, k, v, indptr, indices. */
export const sparseAttentionOp: OpDefinition<SparseAttentionAttributes> = {
  name: 'sparseAttention',
  infer(inputs, attributes) {
    const [q, k, v, indptr, indices] = inputs as [TensorSpec, TensorSpec, TensorSpec, TensorSpec, TensorSpec];
    const { heads, queryBlock, keyBlock, mostBlocks } = attributes;
    const refuse = (why: string, remedy: string): never => {
      throw new SnowglobeError(
        `sparseAttention: q ${formatShape(q.shape)}, k ${formatShape(k.shape)}, v ${formatShape(v.shape)}, ` +
          `indptr ${indptr.dtype} ${formatShape(indptr.shape)}, indices ${indices.dtype} ${formatShape(indices.shape)}: ${why}; ${remedy}.`,
      );
    };
    if ([q, k, v].some(({ dtype, shape }) => dtype !== 'f32' || shape.length !== 3)) {
      refuse('q, k and v must be f32 with three axes', 'reshape to (batch, positions, width)');
    }
    if (!sameShape(k.shape, v.shape) || k.shape[0] !== q.shape[0] || k.shape[2] !== q.shape[2]) {
      refuse('k and v must be alike, and of the batch and width of q', 'project and reshape them');
    }
    if (!Number.isInteger(heads) || heads < 1 || q.shape[2]! % heads !== 0) {
      refuse(`${heads} heads do not divide width ${q.shape[2]}`, 'choose a divisor');
    }
    const [queries, keys] = [q.shape[1]!, k.shape[1]!];
    for (const [what, count, block] of [
      ['queries', queries, queryBlock],
      ['keys', keys, keyBlock],
    ] as const) {
      if (!Number.isInteger(block) || block < 1 || count % block !== 0) {
        refuse(`${count} ${what} are no whole blocks of ${block}`, 'choose a block that divides them');
      }
    }
    if (!Number.isInteger(mostBlocks) || mostBlocks < 1 || mostBlocks > keys / keyBlock) {
      refuse(`a row of ${mostBlocks} blocks at most, of ${keys / keyBlock} that there are`, 'use 1 to all');
    }
    const rows = (q.shape[0]! * queries) / queryBlock;
    if (indptr.dtype !== 'i32' || !sameShape(indptr.shape, [rows + 1])) {
      refuse('indptr has another form', `it must be i32 (${rows + 1})`);
    }
    if (indices.dtype !== 'i32' || !sameShape(indices.shape, [rows * mostBlocks])) {
      refuse(
        'indices have another form',
        `they must be i32 (${rows * mostBlocks}), what is beyond the last row unused`,
      );
    }
    return [{ shape: q.shape, dtype: 'f32' }];
  },
  flops(inputs, _, attributes) {
    const { rows, width } = sparseAttentionShape(inputs, attributes);
    return 4 * rows * attributes.queryBlock * attributes.mostBlocks * attributes.keyBlock * width;
  },
  gradient({ inputs, outputs, outputGradients, attributes }) {
    const [q, k, v, indptr, indices] = inputs as [Tensor, Tensor, Tensor, Tensor, Tensor];
    const operands = [q, k, v, indptr, indices, outputs[0]!, outputGradients[0]!];
    // Which blocks are listed is a choice, not a quantity.
    return [...q.builder.apply(sparseAttentionGradientOp, operands, attributes), undefined, undefined];
  },
};

/** Inputs q, k, v, indptr, indices, the result and its gradient; outputs the gradients of q, k and v. */
export const sparseAttentionGradientOp: OpDefinition<SparseAttentionAttributes> = {
  name: 'sparseAttentionGradient',
  infer(inputs, attributes) {
    const [q, k, v, , , result, gradient] = inputs;
    sparseAttentionOp.infer(inputs.slice(0, 5), attributes);
    if (!sameShape(result!.shape, q!.shape) || !sameShape(gradient!.shape, q!.shape)) {
      throw new SnowglobeError(
        `sparseAttentionGradient: result ${formatShape(result!.shape)} and its gradient ${formatShape(gradient!.shape)} ` +
          `must have the shape of q, ${formatShape(q!.shape)}; pass those of the same attention.`,
      );
    }
    return [q!, k!, v!].map(({ shape }) => ({ shape, dtype: 'f32' as const }));
  },
  // Scores again, then the gradients of weights, values, queries and keys.
  flops: (inputs, outputs, attributes) =>
    2.5 * sparseAttentionOp.flops(inputs.slice(0, 5), outputs, attributes),
};

/** Which blocks of keys each block of queries sees: block compressed sparse rows, as in FlashInfer (Ye et al. 2025). */
export interface BlockRows {
  /** i32 (rows + 1): row r has `indices[indptr[r] … indptr[r + 1])`. Rows are the batch items' query blocks in order. */
  readonly indptr: Tensor;
  /** i32 (rows · mostBlocks): numbers of key blocks of the row's batch item, each at most once a row. */
  readonly indices: Tensor;
}

export interface SparseAttentionOptions extends BlockRows {
  readonly heads: number;
  readonly queryBlock: number;
  readonly keyBlock: number;
}

/**
 * Multi-head attention in which a block of queries sees only the listed blocks of keys, all of each; a row without blocks
 * gives zeros. Time and traffic follow the blocks that are listed, not the keys that there are; so do those of its derivative.
 *
 * @param q (B, Nq, D), Nq whole blocks of `queryBlock`
 * @param k (B, Nk, D), Nk whole blocks of `keyBlock`
 * @param v (B, Nk, D)
 * @returns (B, Nq, D)
 * @throws SnowglobeError when a shape does not fit. What is in `indptr` and `indices` is not checked: make them with
 *   `selectBlocks`, or check them where they come in.
 */
export function sparseAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { indptr, indices, heads, queryBlock, keyBlock }: SparseAttentionOptions,
): Tensor {
  const rows = Math.max(1, (indptr.shape[0] ?? 1) - 1);
  const mostBlocks = (indices.shape[0] ?? 0) / rows;
  const attributes = { heads, causal: false as const, queryBlock, keyBlock, mostBlocks };
  return q.builder.apply(sparseAttentionOp, [q, k, v, indptr, indices], attributes)[0]!;
}
