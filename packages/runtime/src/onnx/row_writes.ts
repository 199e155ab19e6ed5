import type { Graph, OpNode, Tensor, TensorData } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import { scatterRowsOp } from '@snowglobe/kernels/internal';

/** A variable of which a run replaces some rows: i32 indices (…) and values (…, D) of a table (V, D). */
export interface RowWrite {
  readonly values: Tensor;
  readonly indices: Tensor;
}

/**
 * The variables that a run changes by some rows alone, by name: a ring of keys and values, say. Their new rows are all that
 * has to leave the model; the table stays where it is, and its length costs nothing.
 */
export function findRowWrites(graph: Graph): ReadonlyMap<string, RowWrite & { readonly node: OpNode }> {
  const read = new Set<Tensor>(graph.outputs.values());
  for (const node of graph.nodes) if (node.kind === 'op') node.inputs.forEach((input) => read.add(input));
  const found = new Map<string, RowWrite & { readonly node: OpNode }>();
  for (const [name, tensor] of graph.assignments) {
    const { node } = tensor;
    if (node.kind !== 'op' || node.op !== scatterRowsOp || read.has(tensor)) continue;
    const [table, values, indices] = node.inputs as readonly [Tensor, Tensor, Tensor];
    if (table.node.kind !== 'variable' || table.node.name !== name) continue;
    const shared = [...graph.assignments].some(([other, value]) => other !== name && value === tensor);
    if (!shared) found.set(name, { node, values, indices });
  }
  return found;
}

/** Puts rows into a table. @throws SnowglobeError for an index beyond it; the table is then as it was */
export function writeRows(
  name: string,
  table: TensorData,
  width: number,
  values: TensorData,
  indices: TensorData,
): void {
  const rows = table.length / width;
  for (const index of indices) {
    if (index >= 0 && index < rows) continue;
    throw rowOutside(name, index, rows);
  }
  indices.forEach((index, i) => table.set(values.subarray(i * width, (i + 1) * width), index * width));
}

/** What an index beyond a table of so many rows is refused with. */
export const rowOutside = (name: string, index: number, rows: number): SnowglobeError =>
  new SnowglobeError(
    `scatterRows: index ${index} is outside the ${rows} rows of '${name}'; keep it in 0 to ${rows - 1}.`,
  );
