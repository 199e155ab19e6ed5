import type { Tensor } from '@snowglobe/graph';
import { gatherRows, pointwise as p, reshape, scatterRows } from '@snowglobe/kernels';

/** From each row of table_BN, the entries at indices_BK: (B, K). */
export function gatherEach(table_BN: Tensor, indices_BK: Tensor): Tensor {
  const [batch, length] = table_BN.shape as [number, number];
  return reshape(gatherEachRow(reshape(table_BN, [batch, length, 1]), indices_BK), indices_BK.shape);
}

/** From each table of tables_BNW, the rows at indices_BK: (B, K, W). */
export function gatherEachRow(tables_BNW: Tensor, indices_BK: Tensor): Tensor {
  return gatherRows(joined(tables_BNW), inJoined(tables_BNW, indices_BK));
}

/** Each row of table_BN with the entries at indices_BK replaced, which must differ within a row. */
export function scatterEach(table_BN: Tensor, values_BK: Tensor, indices_BK: Tensor): Tensor {
  const column = (rows: Tensor): Tensor => reshape(rows, [...rows.shape, 1]);
  return reshape(scatterEachRow(column(table_BN), column(values_BK), indices_BK), table_BN.shape);
}

/** Each table of tables_BNW with the rows at indices_BK replaced, which must differ within a table. */
export function scatterEachRow(tables_BNW: Tensor, values_BKW: Tensor, indices_BK: Tensor): Tensor {
  const rows = scatterRows(joined(tables_BNW), values_BKW, inJoined(tables_BNW, indices_BK));
  return reshape(rows, tables_BNW.shape);
}

function joined(tables_BNW: Tensor): Tensor {
  const [batch, length, width] = tables_BNW.shape as [number, number, number];
  return reshape(tables_BNW, [batch * length, width]);
}

/** Indices into each table as such into all of them, one below the other. */
function inJoined({ builder, shape }: Tensor, indices_BK: Tensor): Tensor {
  const [batch, length] = shape as [number, number, number];
  if (batch === 1) return indices_BK;
  const starts = Int32Array.from({ length: batch }, (_, b) => b * length);
  return p.add(indices_BK, builder.constant(starts, [batch, 1]));
}
