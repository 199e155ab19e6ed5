import type { ReferenceContext } from '../../kernel/kernel.js';
import type { RotaryAttributes } from './rotary.js';

export function rotaryReference({
  inputs,
  inputData,
  outputData,
  attributes: { inverse },
}: ReferenceContext<RotaryAttributes>): void {
  const [x, cos, sin] = inputData;
  const [frames, width] = inputs[0]!.shape.slice(-2) as [number, number];
  const half = inputs[1]!.shape[1]!;
  for (let i = 0; i < x!.length; i++) {
    const column = i % width;
    const table = (Math.floor(i / width) % frames) * half + (column % half);
    const isFirst = column % (2 * half) < half;
    const other = x![isFirst ? i + half : i - half]!;
    const turn = isFirst === inverse ? sin![table]! : -sin![table]!;
    outputData[0]![i] = x![i]! * cos![table]! + other * turn;
  }
}
