import { sizeOf } from '@snowglobe/graph';
import { broadcastStrides } from '@snowglobe/graph/internal';
import type { ReferenceContext } from '../../kernel/kernel.js';
import { pointwiseFunctions } from './functions.js';
import type { PointwiseStep } from './steps.js';
import { valueTypes } from './steps.js';
import { forEachIndex } from '../../reference/strided.js';

export function pointwiseReference(
  { inputs, outputs, inputData, outputData }: ReferenceContext<object & Record<never, never>>,
  steps: readonly PointwiseStep[],
): void {
  const { shape } = outputs[0]!;
  const strides = inputs.map((input) => broadcastStrides(input.shape, shape));
  const values = new Array<number>(inputs.length + steps.length);
  const types = valueTypes(
    inputs.map(({ dtype }) => dtype),
    steps,
  );
  const evaluations = steps.map(({ fn, args }, index) => {
    const { evaluate, integers } = pointwiseFunctions[fn];
    if (!integers || types[args.at(-1)!] === 'f32') return evaluate;
    const isSigned = types[inputs.length + index] === 'i32';
    return (...operands: number[]): number =>
      isSigned ? integers(...operands) | 0 : integers(...operands) >>> 0;
  });
  let position = 0;
  forEachIndex(shape, strides, sizeOf(shape), (offsets) => {
    offsets.forEach((offset, index) => (values[index] = inputData[index]![offset]!));
    steps.forEach(({ args }, index) => {
      values[inputs.length + index] = evaluations[index]!(...args.map((arg) => values[arg]!));
    });
    outputData[0]![position++] = values.at(-1)!;
  });
}
