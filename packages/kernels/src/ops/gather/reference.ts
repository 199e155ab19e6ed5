import { SnowglobeError } from '@snowglobe/graph';
import type { ReferenceArray, ReferenceContext } from '../../kernel/kernel.js';
import type { NoAttributes, ScatterAddAttributes } from './gather.js';

/** Calls `visit` with each position of `indices` and the row that it names. */
function forEachIndexed(
  name: string,
  indices: ReferenceArray,
  rows: number,
  visit: (position: number, row: number) => void,
): void {
  indices.forEach((row, position) => {
    if (!(row >= 0 && row < rows)) {
      throw new SnowglobeError(`${name}: index ${row} at ${position} is outside 0 … ${rows - 1}; clamp it.`);
    }
    visit(position, row);
  });
}

export function gatherRowsReference({
  inputs,
  inputData: [table, indices],
  outputData: [result],
}: ReferenceContext<NoAttributes>): void {
  const [rows, width] = inputs[0]!.shape as [number, number];
  forEachIndexed('gatherRows', indices!, rows, (position, row) => {
    for (let i = 0; i < width; i++) result![position * width + i] = table![row * width + i]!;
  });
}

export function scatterAddRowsReference({
  outputs,
  inputData: [values, indices],
  outputData: [result],
}: ReferenceContext<ScatterAddAttributes>): void {
  const [rows, width] = outputs[0]!.shape as [number, number];
  const totals = new Float64Array(result!.length);
  forEachIndexed('scatterAddRows', indices!, rows, (position, row) => {
    for (let i = 0; i < width; i++) totals[row * width + i]! += values![position * width + i]!;
  });
  result!.set(totals);
}

export function scatterRowsReference({
  inputs,
  inputData: [table, values, indices],
  outputData: [result],
}: ReferenceContext<NoAttributes>): void {
  const [rows, width] = inputs[0]!.shape as [number, number];
  result!.set(table!);
  forEachIndexed('scatterRows', indices!, rows, (position, row) => {
    for (let i = 0; i < width; i++) result![row * width + i] = values![position * width + i]!;
  });
}
