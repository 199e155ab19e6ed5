import { SnowglobeError } from '@snowglobe/graph';
import type { ReferenceArray, ReferenceContext } from '../../kernel/kernel.js';
import { rowExponentials } from '../softmax/reference.js';
import type { NoAttributes } from './cross_entropy.js';

function targetOf(targets: ReferenceArray, row: number, classes: number): number {
  const target = targets[row]!;
  if (!(target >= 0 && target < classes)) {
    throw new SnowglobeError(
      `crossEntropy: target ${target} of row ${row} is outside 0 … ${classes - 1}; clamp it.`,
    );
  }
  return target;
}

export function crossEntropyReference({
  inputs,
  inputData: [logits, targets],
  outputData: [loss],
}: ReferenceContext<NoAttributes>): void {
  const classes = inputs[0]!.shape.at(-1)!;
  for (let row = 0; row < loss!.length; row++) {
    const likely = logits![row * classes + targetOf(targets!, row, classes)]!;
    const { high, total } = rowExponentials(logits!, row * classes, classes);
    loss![row] = high - likely + Math.log(total);
  }
}

export function crossEntropyGradientReference({
  inputs,
  inputData: [logits, targets, g],
  outputData: [result],
}: ReferenceContext<NoAttributes>): void {
  const classes = inputs[0]!.shape.at(-1)!;
  for (let row = 0; row < g!.length; row++) {
    const target = targetOf(targets!, row, classes);
    const base = row * classes;
    const { high, total } = rowExponentials(logits!, base, classes);
    for (let i = 0; i < classes; i++) {
      const probability = Math.exp(logits![base + i]! - high) / total;
      result![base + i] = (probability - (i === target ? 1 : 0)) * g![row]!;
    }
  }
}
