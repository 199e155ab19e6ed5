import type { GraphBuilder, Tensor } from '@snowglobe/graph';
import { gatherRows, pointwise as p, reshape } from '@snowglobe/kernels';

/** From each row of table_BN, the entries at indices_BK: (B, K). */
export function gatherEach(table_BN: Tensor, indices_BK: Tensor): Tensor {
  const [batch, length] = table_BN.shape as [number, number];
  return reshape(gatherEachRow(reshape(table_BN, [batch, length, 1]), indices_BK), indices_BK.shape);
}

/** From each table of tables_BNW, the rows at indices_BK: (B, K, W). */
export function gatherEachRow(tables_BNW: Tensor, indices_BK: Tensor): Tensor {
  const [batch, length, width] = tables_BNW.shape as [number, number, number];
  const rows = reshape(tables_BNW, [batch * length, width]);
  return gatherRows(rows, p.add(indices_BK, rowStarts(tables_BNW.builder, batch, length)));
}

/** Where each table begins: (B, 1). */
const rowStarts = (builder: GraphBuilder, batch: number, length: number): Tensor =>
  builder.constant(
    Int32Array.from({ length: batch }, (_, b) => b * length),
    [batch, 1],
  );
