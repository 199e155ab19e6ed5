import type { OpDefinition, Shape, Tensor, TensorSpec } from '@snowglobe/graph';
import { SnowglobeError, sizeOf } from '@snowglobe/graph';
import { formatShape, sameShape } from '@snowglobe/graph/internal';
import { pointwise } from '../pointwise/pointwise.js';

export type NoAttributes = Record<never, never>;

export interface ScatterAddAttributes extends Record<string, unknown> {
  /** V, the number of rows of the result. */
  readonly rows: number;
}

/** `(V, D)`-like operand and whole indices: what all three ops want. */
function checkTable(name: string, table: TensorSpec, indices: TensorSpec): void {
  if (table.shape.length !== 2) {
    throw new SnowglobeError(
      `${name}: the table ${formatShape(table.shape)} must be (rows, width); reshape it.`,
    );
  }
  checkIndices(name, indices);
}

function checkIndices(name: string, indices: TensorSpec): void {
  if (indices.dtype !== 'i32') {
    throw new SnowglobeError(
      `${name}: indices ${formatShape(indices.shape)} are ${indices.dtype}; convert them with toI32.`,
    );
  }
}

/** The values that belong to `indices` must be (…indices, D). */
function checkValues(name: string, values: TensorSpec, indices: TensorSpec, width: number | undefined): void {
  const expected: Shape = [...indices.shape, width ?? values.shape.at(-1) ?? 0];
  if (!sameShape(values.shape, expected)) {
    throw new SnowglobeError(
      `${name}: values ${formatShape(values.shape)} do not belong to indices ${formatShape(indices.shape)}` +
        `; give them the shape (${[...indices.shape, width ?? 'width'].join(', ')}).`,
    );
  }
}

/** table (V, D) of any type, indices (…) i32 -> (…, D). */
export const gatherRowsOp: OpDefinition<NoAttributes> = {
  name: 'gatherRows',
  infer([table, indices]) {
    checkTable('gatherRows', table!, indices!);
    return [{ shape: [...indices!.shape, table!.shape[1]!], dtype: table!.dtype }];
  },
  flops: () => 0,
  gradient: ({ inputs: [table, indices], outputGradients: [g] }) => [
    scatterAddRows(g!, indices!, table!.shape[0]!),
    undefined,
  ],
};

/** values (…, D), indices (…) i32 -> (V, D): row v is the sum of the values whose index is v. */
export const scatterAddRowsOp: OpDefinition<ScatterAddAttributes> = {
  name: 'scatterAddRows',
  infer([values, indices], { rows }) {
    checkIndices('scatterAddRows', indices!);
    checkValues('scatterAddRows', values!, indices!, undefined);
    if (values!.dtype !== 'f32') {
      throw new SnowglobeError(`scatterAddRows: needs f32 values, got ${values!.dtype}; convert with toF32.`);
    }
    if (!Number.isInteger(rows) || rows < 1) {
      throw new SnowglobeError(`scatterAddRows: ${rows} rows; ask for an integer of at least 1.`);
    }
    return [{ shape: [rows, values!.shape.at(-1)!], dtype: 'f32' }];
  },
  flops: ([values]) => sizeOf(values!.shape),
  gradient: ({ inputs: [, indices], outputGradients: [g] }) => [gatherRows(g!, indices!), undefined],
};

/** table (V, D), values (…, D) of the same type, indices (…) i32 -> (V, D): the table with rows replaced. */
export const scatterRowsOp: OpDefinition<NoAttributes> = {
  name: 'scatterRows',
  infer([table, values, indices]) {
    checkTable('scatterRows', table!, indices!);
    checkValues('scatterRows', values!, indices!, table!.shape[1]!);
    if (table!.dtype !== values!.dtype) {
      throw new SnowglobeError(
        `scatterRows: values of ${values!.dtype} do not fit a table of ${table!.dtype}; convert one.`,
      );
    }
    return [{ shape: table!.shape, dtype: table!.dtype }];
  },
  flops: () => 0,
  gradient({ inputs: [table, values, indices], outputGradients: [g], needed }) {
    if (table!.dtype !== 'f32') return [undefined, undefined, undefined];
    const untouched = (): Tensor => scatterRows(g!, pointwise.mul(values!, 0), indices!);
    return [needed[0] ? untouched() : undefined, needed[1] ? gatherRows(g!, indices!) : undefined, undefined];
  },
};

/**
 * Rows of a table by index, for embeddings: table (V, D), indices (…) i32 -> (…, D).
 *
 * Indices must lie in 0 … V−1: outside, negative ones too, the CPU executors throw and shaders read the last row.
 */
export function gatherRows(table: Tensor, indices: Tensor): Tensor {
  return table.builder.apply(gatherRowsOp, [table, indices], {})[0]!;
}

/**
 * Sums values with the same index: values (…, D), indices (…) i32 in 0 … rows−1 -> (rows, D). Outside, the CPU executors throw and
 * shaders leave the value out.
 */
export function scatterAddRows(values: Tensor, indices: Tensor, rows: number): Tensor {
  return values.builder.apply(scatterAddRowsOp, [values, indices], { rows })[0]!;
}

/**
 * The table with some rows replaced, for ring caches: table (V, D), values (…, D), indices (…) i32 -> (V, D).
 * A variable that is assigned the result is written in place. Indices must be different and lie in 0 … V−1: outside, the CPU
 * executors throw and shaders leave the row out.
 */
export function scatterRows(table: Tensor, values: Tensor, indices: Tensor): Tensor {
  return table.builder.apply(scatterRowsOp, [table, values, indices], {})[0]!;
}
