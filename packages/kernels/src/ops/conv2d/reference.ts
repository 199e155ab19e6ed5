import type { ReferenceContext } from '../../kernel/kernel.js';
import type { Conv2dAttributes } from './conv2d.js';
import { conv2dShape } from './conv2d.js';

/** Calls `visit` with the offsets of every pixel and of its neighbour under every tap that lies in the picture. */
function forEachTap(
  { batch, height, width }: { readonly batch: number; readonly height: number; readonly width: number },
  size: number,
  visit: (pixel: number, neighbour: number, tap: number) => void,
): void {
  const radius = (size - 1) / 2;
  for (let b = 0; b < batch; b++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (let dy = -radius; dy <= radius; dy++) {
          for (let dx = -radius; dx <= radius; dx++) {
            if (y + dy < 0 || y + dy >= height || x + dx < 0 || x + dx >= width) continue;
            const pixel = (b * height + y) * width + x;
            visit(pixel, pixel + dy * width + dx, (dy + radius) * size + dx + radius);
          }
        }
      }
    }
  }
}

export function conv2dReference({
  inputs,
  outputs,
  attributes: { transposed },
  inputData: [x, filter, bias],
  outputData: [result],
}: ReferenceContext<Conv2dAttributes>): void {
  const shape = conv2dShape(inputs);
  const [size, , filterInputs, filterOutputs] = inputs[1]!.shape as [number, number, number, number];
  const outputChannels = outputs[0]!.shape[3]!;
  const totals = new Float64Array(result!.length);
  if (bias) for (let i = 0; i < totals.length; i++) totals[i] = bias[i % outputChannels]!;
  forEachTap(shape, size, (pixel, neighbour, tap) => {
    const turned = transposed ? size * size - 1 - tap : tap;
    for (let c = 0; c < shape.channels; c++) {
      const value = x![neighbour * shape.channels + c]!;
      for (let o = 0; o < outputChannels; o++) {
        const [i, j] = transposed ? [o, c] : [c, o];
        totals[pixel * outputChannels + o]! +=
          value * filter![(turned * filterInputs + i) * filterOutputs + j]!;
      }
    }
  });
  result!.set(totals);
}

export function conv2dFilterGradientReference({
  inputs,
  outputs,
  inputData: [x, g],
  outputData: [result],
}: ReferenceContext<{ readonly size: number }>): void {
  const shape = conv2dShape(inputs);
  const outputChannels = outputs[0]!.shape[3]!;
  const totals = new Float64Array(result!.length);
  forEachTap(shape, outputs[0]!.shape[0]!, (pixel, neighbour, tap) => {
    for (let c = 0; c < shape.channels; c++) {
      const value = x![neighbour * shape.channels + c]!;
      for (let o = 0; o < outputChannels; o++) {
        totals[(tap * shape.channels + c) * outputChannels + o]! += value * g![pixel * outputChannels + o]!;
      }
    }
  });
  result!.set(totals);
}
