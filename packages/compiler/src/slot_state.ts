import type { Graph, Tensor, TensorSpec, VariableNode } from '@snowglobe/graph';
import { GraphBuilder, rewrite, sizeOf } from '@snowglobe/graph';
import { gatherRows, pointwise as p, reshape, scatterRows } from '@snowglobe/kernels';
import { scatterRowsOp } from '@snowglobe/kernels/internal';

/** A table that holds a variable of many worlds one below the other: of each so many rows. */
export interface SlotTable extends TensorSpec {
  /** Of the variable that it is: that of one world, and how many there are. */
  readonly name: string;
  readonly shape: readonly [rows: number, width: number];
  readonly rowsEach: number;
}

/** How many worlds share the tables. */
export interface SlotOptions {
  /** Worlds that a run steps: B. */
  readonly batch: number;
  /** Worlds that the tables hold. */
  readonly slots: number;
  /** The variables that hold state, of which world b has the b-th of B equal parts. */
  readonly isState: (name: string) => boolean;
}

/** Input of graphs over slots: i32 (B), the slot of each row. Those of rows that are alike may be equal. */
export const slotsInput = 'stateSlots';

/** Whether a variable is such a table. */
export const isSlotTable = (name: string): boolean => name.startsWith(tableScope);

/** First letters of the names of tables. */
const tableScope = 'slots/';

/** The table for a variable that holds the state of `batch` worlds. */
export function slotTable(
  name: string,
  { shape, dtype }: TensorSpec,
  { batch, slots }: Pick<SlotOptions, 'batch' | 'slots'>,
): SlotTable {
  // Tables of rows stay such, so that what writes some rows still does.
  const rowsEach = shape.length === 2 ? shape[0]! / batch : 1;
  const width = sizeOf(shape) / batch / rowsEach;
  return { name: `${tableScope}${slots}/${name}`, shape: [slots * rowsEach, width], dtype, rowsEach };
}

/** The rows of a table that belong to slots (B): i32 (B, rowsEach). */
function rowsOf(slots_B: Tensor, rowsEach: number): Tensor {
  const slots_B1 = reshape(slots_B, [slots_B.shape[0]!, 1]);
  if (rowsEach === 1) return slots_B1;
  const each = Int32Array.from({ length: rowsEach }, (_, row) => row);
  return p.add(p.mul(slots_B1, rowsEach), slots_B1.builder.constant(each, [1, rowsEach]));
}

/**
 * A graph that steps B worlds, over tables with the state of many: each row reads the state of its slot and leaves it there, so that any
 * B of them can be stepped together. The other slots stay as they are.
 */
export function slotState(graph: Graph, { batch, slots, isState }: SlotOptions): Graph {
  const tables = new Map<VariableNode, { readonly table: Tensor; readonly rows_BR: Tensor }>();
  let slots_B: Tensor | undefined;
  return rewrite(
    graph,
    (node, { builder }) => {
      if (node.kind !== 'variable' || !isState(node.name)) return undefined;
      const [variable] = node.outputs as [Tensor];
      const { name, shape, dtype, rowsEach } = slotTable(node.name, variable, { batch, slots });
      slots_B ??= builder.input(slotsInput, [batch], 'i32');
      const table = builder.variable(name, shape, dtype);
      const rows_BR = rowsOf(slots_B, rowsEach);
      tables.set(node, { table, rows_BR });
      return [reshape(gatherRows(table, rows_BR), variable.shape)];
    },
    undefined,
    (variable, value, { builder, map }) => {
      const slotted = tables.get(variable.node as VariableNode);
      if (!slotted) return false;
      const { table, rows_BR } = slotted;
      const count = sizeOf(rows_BR.shape);
      const { node } = value;
      const isRowWrite = node.kind === 'op' && node.op === scatterRowsOp && node.inputs[0] === variable;
      if (isRowWrite) {
        const [, values, indices] = node.inputs as [Tensor, Tensor, Tensor];
        const rows = gatherRows(reshape(rows_BR, [count, 1]), map(indices));
        builder.assign(table, scatterRows(table, map(values), reshape(rows, indices.shape)));
      } else {
        const values = reshape(map(value), [...rows_BR.shape, table.shape[1]!]);
        builder.assign(table, scatterRows(table, values, rows_BR));
      }
      return true;
    },
  );
}

/** Makes the state of the world in a slot that of the variables of one world. */
export function takeSlot(tables: SlotTables, variables: ReadonlyMap<string, TensorSpec>): Graph {
  return movesOfSlot(tables, variables, ({ table, rows, variable }) => {
    table.builder.assign(variable, reshape(gatherRows(table, rows), variable.shape));
  });
}

/** Makes the state in the variables of one world that of the world in a slot. */
export function putSlot(tables: SlotTables, variables: ReadonlyMap<string, TensorSpec>): Graph {
  return movesOfSlot(tables, variables, ({ table, rows, variable }) => {
    const values = reshape(variable, [...rows.shape, table.shape[1]!]);
    table.builder.assign(table, scatterRows(table, values, rows));
  });
}

/** The table of each variable of one world. */
export type SlotTables = ReadonlyMap<string, SlotTable>;

function movesOfSlot(
  tables: SlotTables,
  variables: ReadonlyMap<string, TensorSpec>,
  move: (part: { readonly table: Tensor; readonly rows: Tensor; readonly variable: Tensor }) => void,
): Graph {
  const builder = new GraphBuilder();
  const slot = builder.input(slotsInput, [1], 'i32');
  for (const [variable, { name, shape, dtype, rowsEach }] of tables) {
    move({
      table: builder.variable(name, shape, dtype),
      rows: rowsOf(slot, rowsEach),
      variable: builder.variable(variable, variables.get(variable)!.shape, dtype),
    });
  }
  return builder.build();
}

/** Puts the state of one world, an input by each variable's name, into a slot. */
export function loadSlot(tables: SlotTables): Graph {
  const builder = new GraphBuilder();
  const slot = builder.input(slotsInput, [1], 'i32');
  for (const [variable, { name, shape, dtype, rowsEach }] of tables) {
    const table = builder.variable(name, shape, dtype);
    const values = builder.input(variable, [1, rowsEach, shape[1]], dtype);
    builder.assign(table, scatterRows(table, values, rowsOf(slot, rowsEach)));
  }
  return builder.build();
}

/** The state of the world in a slot, an output by each variable's name. */
export function readSlot(tables: SlotTables): Graph {
  const builder = new GraphBuilder();
  const slot = builder.input(slotsInput, [1], 'i32');
  for (const [variable, { name, shape, dtype, rowsEach }] of tables) {
    builder.output(variable, gatherRows(builder.variable(name, shape, dtype), rowsOf(slot, rowsEach)));
  }
  return builder.build();
}
