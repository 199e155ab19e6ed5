import type { OpDefinition, Tensor, TensorSpec } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import { formatShape, sameShape } from '@snowglobe/graph/internal';
import type { BlockRows } from './sparse_attention.js';

export interface SelectBlocksAttributes extends Record<string, unknown> {
  readonly queryBlock: number;
  readonly keep: number;
}

export interface SelectBlocksShape {
  readonly batch: number;
  /** Query blocks of a batch item. */
  readonly queryBlocks: number;
  readonly rows: number;
  /** Key blocks of a batch item. */
  readonly blocks: number;
  readonly width: number;
  /** Rows of `priority`: one for all, or one a query block. */
  readonly priorityRows: number;
}

/** Priorities below this mean: never. */
export const never = -1e8;

/** @param inputs checked by the op */
export function selectBlocksShape(
  [q, means, priority]: readonly TensorSpec[],
  { queryBlock }: SelectBlocksAttributes,
): SelectBlocksShape {
  const [batch, queries, width] = q!.shape as [number, number, number];
  const queryBlocks = queries / queryBlock;
  return {
    ...{ batch, queryBlocks, width },
    rows: batch * queryBlocks,
    blocks: means!.shape[1]!,
    priorityRows: priority!.shape.length === 2 ? queryBlocks : 1,
  };
}

/** Inputs q, means, priority; outputs indptr and indices. */
export const selectBlocksOp: OpDefinition<SelectBlocksAttributes> = {
  name: 'selectBlocks',
  differentiable: false,
  infer(inputs, attributes) {
    const [q, means, priority] = inputs as [TensorSpec, TensorSpec, TensorSpec];
    const { queryBlock, keep } = attributes;
    const refuse = (why: string, remedy: string): never => {
      throw new SnowglobeError(
        `selectBlocks: q ${formatShape(q.shape)}, means ${formatShape(means.shape)}, priority ${formatShape(priority.shape)}: ${why}; ${remedy}.`,
      );
    };
    if (inputs.some(({ dtype }) => dtype !== 'f32')) refuse('all must be f32', 'convert with toF32');
    if (q.shape.length !== 3 || means.shape.length !== 3) {
      refuse('q and means need three axes', 'reshape to (batch, positions, width)');
    }
    const [batch, queries, width] = q.shape as [number, number, number];
    if (means.shape[0] !== batch || means.shape[2] !== width) {
      refuse('means differ from q in batch or width', 'give a mean a block in the width of q');
    }
    if (!Number.isInteger(queryBlock) || queryBlock < 1 || queries % queryBlock !== 0) {
      refuse(`${queries} queries are no whole blocks of ${queryBlock}`, 'choose a block that divides them');
    }
    const blocks = means.shape[1]!;
    if (!Number.isInteger(keep) || keep < 1 || keep > blocks) {
      refuse(`cannot keep ${keep} of ${blocks} blocks`, 'keep 1 to all');
    }
    const queryBlocks = queries / queryBlock;
    if (!sameShape(priority.shape, [blocks]) && !sameShape(priority.shape, [queryBlocks, blocks])) {
      refuse('the priority has another form', `give (${blocks}) or (${queryBlocks}, ${blocks})`);
    }
    const rows = batch * queryBlocks;
    return [
      { shape: [rows + 1], dtype: 'i32' },
      { shape: [rows * keep], dtype: 'i32' },
    ];
  },
  flops(inputs, _, attributes) {
    const { rows, blocks, width } = selectBlocksShape(inputs, attributes);
    return 2 * rows * blocks * width + rows * attributes.queryBlock * width;
  },
};

/** Sizes of blocks, and how many each block of queries attends to. */
export interface SelectBlocksOptions {
  /** Queries that choose together. */
  readonly queryBlock: number;
  /** Blocks a row at most; those that are ruled out do not fill it up. */
  readonly keep: number;
}

/**
 * Chooses for each block of queries the key blocks that it should look at: those with the largest product of the mean query
 * and the mean key, divided by √D, plus a priority (block gating by mean pooling, as in MoBA, Lu et al. 2025). Equal scores
 * go to the lower number. Nothing returns to the host.
 *
 * @param q (B, Nq, D)
 * @param means (B, blocks, D): mean key of each block
 * @param priority (blocks) or (Nq / queryBlock, blocks), added to the scores: large for blocks that are always kept, below
 *   -1e8 for blocks that are not there; see `ringPriority`
 * @returns rows for `sparseAttention`, each in rising order
 */
export function selectBlocks(
  q: Tensor,
  means: Tensor,
  priority: Tensor,
  { queryBlock, keep }: SelectBlocksOptions,
): BlockRows {
  const [indptr, indices] = q.builder.apply(selectBlocksOp, [q, means, priority], { queryBlock, keep });
  return { indptr: indptr!, indices: indices! };
}
