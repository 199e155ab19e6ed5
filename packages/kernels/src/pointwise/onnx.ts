import type { OnnxContext } from '../kernel.js';
import { pointwiseFunctions } from './functions.js';
import type { PointwiseStep } from './steps.js';

export function pointwiseOnnx(
  { emitter, inputNames }: OnnxContext<object & Record<never, never>>,
  steps: readonly PointwiseStep[],
): readonly string[] {
  const values = [...inputNames];
  for (const { fn, args } of steps) {
    values.push(pointwiseFunctions[fn].onnx(emitter, ...args.map((arg) => values[arg]!)));
  }
  return [values.at(-1)!];
}
