import type { ReferenceContext } from '../../kernel/kernel.js';
import type { NoAttributes, RmsNormAttributes } from './rms_norm.js';

export function rmsNormReference({
  inputs,
  inputData,
  outputData,
  attributes,
}: ReferenceContext<RmsNormAttributes>): void {
  const [x, gain] = inputData;
  const [y, inverse] = outputData;
  const width = inputs[0]!.shape.at(-1)!;
  for (let row = 0; row < inverse!.length; row++) {
    let square = 0;
    for (let i = row * width; i < (row + 1) * width; i++) square += x![i]! ** 2;
    const r = 1 / Math.sqrt(square / width + attributes.epsilon);
    inverse![row] = r;
    for (let c = 0; c < width; c++) y![row * width + c] = x![row * width + c]! * r * (gain?.[c] ?? 1);
  }
}

export function rmsNormGradientReference({
  inputs,
  inputData,
  outputData,
}: ReferenceContext<NoAttributes>): void {
  const [x, inverse, g, gain] = inputData;
  const [dx] = outputData;
  const width = inputs[0]!.shape.at(-1)!;
  for (let row = 0; row < inverse!.length; row++) {
    const r = inverse![row]!;
    let along = 0;
    for (let c = 0; c < width; c++) along += g![row * width + c]! * (gain?.[c] ?? 1) * x![row * width + c]!;
    const pull = (r * r * along) / width;
    for (let c = 0; c < width; c++) {
      dx![row * width + c] = r * (g![row * width + c]! * (gain?.[c] ?? 1) - x![row * width + c]! * pull);
    }
  }
}

export function rmsNormGainGradientReference({
  inputs,
  inputData,
  outputData,
}: ReferenceContext<NoAttributes>): void {
  const [x, inverse, g] = inputData;
  const width = inputs[0]!.shape.at(-1)!;
  const totals = new Float64Array(width);
  x!.forEach((value, i) => (totals[i % width]! += g![i]! * value * inverse![Math.floor(i / width)]!));
  totals.forEach((total, c) => (outputData[0]![c] = total));
}
