import type { ReferenceArray, ReferenceContext } from '../../kernel/kernel.js';
import type { NoAttributes } from './softmax.js';

/** Calls `visit` with each row of the last axis of input 0. */
function forEachRow(
  { inputs, outputData }: ReferenceContext<NoAttributes>,
  visit: (base: number, width: number) => void,
): void {
  const width = inputs[0]!.shape.at(-1)!;
  for (let base = 0; base < outputData[0]!.length; base += width) visit(base, width);
}

/**
 * Largest element of a row, and the sum of exponentials of the differences from it. They stay apart: added to a large maximum, the
 * logarithm of the sum would be lost.
 */
export function rowExponentials(
  x: ReferenceArray,
  base: number,
  width: number,
): { readonly high: number; readonly total: number } {
  let high = -Infinity;
  for (let i = base; i < base + width; i++) high = Math.max(high, x[i]!);
  let total = 0;
  for (let i = base; i < base + width; i++) total += Math.exp(x[i]! - high);
  return { high, total };
}

export function softmaxReference(context: ReferenceContext<NoAttributes>): void {
  const [x] = context.inputData;
  const [y] = context.outputData;
  forEachRow(context, (base, width) => {
    const { high, total } = rowExponentials(x!, base, width);
    for (let i = base; i < base + width; i++) y![i] = Math.exp(x![i]! - high) / total;
  });
}

export function logSoftmaxReference(context: ReferenceContext<NoAttributes>): void {
  const [x] = context.inputData;
  const [y] = context.outputData;
  forEachRow(context, (base, width) => {
    const { high, total } = rowExponentials(x!, base, width);
    const logTotal = Math.log(total);
    for (let i = base; i < base + width; i++) y![i] = x![i]! - high - logTotal;
  });
}

export function softmaxGradientReference(context: ReferenceContext<NoAttributes>): void {
  const [y, g] = context.inputData;
  const [result] = context.outputData;
  forEachRow(context, (base, width) => {
    let along = 0;
    for (let i = base; i < base + width; i++) along += y![i]! * g![i]!;
    for (let i = base; i < base + width; i++) result![i] = y![i]! * (g![i]! - along);
  });
}

export function logSoftmaxGradientReference(context: ReferenceContext<NoAttributes>): void {
  const [y, g] = context.inputData;
  const [result] = context.outputData;
  forEachRow(context, (base, width) => {
    let total = 0;
    for (let i = base; i < base + width; i++) total += g![i]!;
    for (let i = base; i < base + width; i++) result![i] = g![i]! - Math.exp(y![i]!) * total;
  });
}
