import type { DType } from '@snowglobe/graph';
import type { PointwiseName } from './names.js';
import { pointwiseFunctions } from './functions.js';

/**
 * One scalar function of a (possibly fused) pointwise kernel. Argument `i` is operand `i` of the kernel when
 * `i < operandCount`, else the result of step `i - operandCount`.
 */
export interface PointwiseStep {
  readonly fn: PointwiseName;
  readonly args: readonly number[];
}

/** Element type of every value of a kernel: its operands, then its steps. */
export function valueTypes(operands: readonly DType[], steps: readonly PointwiseStep[]): DType[] {
  const types = [...operands];
  for (const { fn, args } of steps) {
    // The last argument decides, since `select`'s first is its condition.
    types.push(pointwiseFunctions[fn].result ?? types[args.at(-1)!]!);
  }
  return types;
}
