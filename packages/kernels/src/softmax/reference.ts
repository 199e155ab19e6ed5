import type { ReferenceArray, ReferenceContext } from '../kernel.js';
import type { NoAttributes } from './softmax.js';

/** Calls `visit` with each row of the last axis of input 0. */
function forEachRow(
  { inputs, outputData }: ReferenceContext<NoAttributes>,
  visit: (base: number, width: number) => void,
): void {
  const width = inputs[0]!.shape.at(-1)!;
  for (let base = 0; base < outputData[0]!.length; base += width) visit(base, width);
}

/** Largest element of a row, and the logarithm of its sum of exponentials. */
export function logSumExp(x: ReferenceArray, base: number, width: number): number {
  let high = -Infinity;
  for (let i = base; i < base + width; i++) high = Math.max(high, x[i]!);
  let total = 0;
  for (let i = base; i < base + width; i++) total += Math.exp(x[i]! - high);
  return high + Math.log(total);
}

export function softmaxReference(context: ReferenceContext<NoAttributes>): void {
  const [x] = context.inputData;
  const [y] = context.outputData;
  forEachRow(context, (base, width) => {
    const scale = logSumExp(x!, base, width);
    for (let i = base; i < base + width; i++) y![i] = Math.exp(x![i]! - scale);
  });
}

export function logSoftmaxReference(context: ReferenceContext<NoAttributes>): void {
  const [x] = context.inputData;
  const [y] = context.outputData;
  forEachRow(context, (base, width) => {
    const scale = logSumExp(x!, base, width);
    for (let i = base; i < base + width; i++) y![i] = x![i]! - scale;
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
