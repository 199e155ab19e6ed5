import type { OnnxContext } from '../../kernel/kernel.js';
import { pointwiseFunctions } from './functions.js';
import type { PointwiseStep } from './steps.js';
import { valueTypes } from './steps.js';

export function pointwiseOnnx(
  { emitter, inputs, inputNames }: OnnxContext<object & Record<never, never>>,
  steps: readonly PointwiseStep[],
): readonly string[] {
  const values = [...inputNames];
  const types = valueTypes(
    inputs.map(({ dtype }) => dtype),
    steps,
  );
  for (const { fn, args } of steps) {
    const { onnx, onnxIntegers } = pointwiseFunctions[fn];
    const lower = types[args.at(-1)!] === 'i32' && onnxIntegers ? onnxIntegers : onnx;
    values.push(lower(emitter, ...args.map((arg) => values[arg]!)));
  }
  return [values.at(-1)!];
}
