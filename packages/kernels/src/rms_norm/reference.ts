import type { ReferenceContext } from '../kernel.js';
import type { RmsNormAttributes } from './rms_norm.js';

/** 1 / sqrt(mean square + epsilon) of the row that starts at `base`. */
function inverseNorm(x: ArrayLike<number>, base: number, channels: number, epsilon: number): number {
  let square = 0;
  for (let i = 0; i < channels; i++) square += x[base + i]! ** 2;
  return 1 / Math.sqrt(square / channels + epsilon);
}

export function rmsNormReference({
  inputs,
  attributes: { epsilon },
  inputData: [x, gain],
  outputData: [result],
}: ReferenceContext<RmsNormAttributes>): void {
  const channels = inputs[0]!.shape.at(-1)!;
  for (let base = 0; base < x!.length; base += channels) {
    const scale = inverseNorm(x!, base, channels, epsilon);
    for (let i = 0; i < channels; i++) result![base + i] = x![base + i]! * scale * (gain ? gain[i]! : 1);
  }
}

export function rmsNormGradientReference({
  inputs,
  attributes: { epsilon },
  inputData: [x, g],
  outputData: [result],
}: ReferenceContext<RmsNormAttributes>): void {
  const channels = inputs[0]!.shape.at(-1)!;
  for (let base = 0; base < x!.length; base += channels) {
    const scale = inverseNorm(x!, base, channels, epsilon);
    let projection = 0;
    for (let i = 0; i < channels; i++) projection += g![base + i]! * x![base + i]! * scale;
    projection /= channels;
    for (let i = 0; i < channels; i++) {
      result![base + i] = scale * (g![base + i]! - x![base + i]! * scale * projection);
    }
  }
}
