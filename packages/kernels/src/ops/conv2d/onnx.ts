import { sizeOf } from '@snowglobe/graph';
import type { OnnxContext } from '../../kernel/kernel.js';
import type { Conv2dAttributes } from './conv2d.js';
import { conv2dShape } from './conv2d.js';

/**
 * `Conv` wants channels first. Transposing both ways around it measured 1.5 to 2 times faster than columns and one
 * matmul, which reads nine times the memory. Where the filter is constant, ONNX Runtime turns all this into its blocked
 * layout, which is 1.5 to 2 times faster again.
 */
export function conv2dOnnx({
  emitter,
  inputs,
  inputNames: [x, filter, bias],
  attributes: { transposed },
}: OnnxContext<Conv2dAttributes>): readonly string[] {
  const size = inputs[1]!.shape[0]!;
  const radius = (size - 1) / 2;
  let weights: string;
  if (transposed) {
    const turn = [
      emitter.int64s([-1, -1]),
      emitter.int64s([-size - 1, -size - 1]),
      emitter.int64s([0, 1]),
      emitter.int64s([-1, -1]),
    ];
    weights = emitter.transpose(emitter.emit('Slice', [filter!, ...turn]), [2, 3, 0, 1]);
  } else {
    weights = emitter.transpose(filter!, [3, 2, 0, 1]);
  }
  const first = emitter.transpose(x!, [0, 3, 1, 2]);
  const result = emitter.emit('Conv', bias ? [first, weights, bias] : [first, weights], {
    kernel_shape: { ints: [size, size] },
    pads: { ints: [radius, radius, radius, radius] },
  });
  return [emitter.transpose(result, [0, 2, 3, 1])];
}

/**
 * One `Gemm` a tap on a shifted slice, which needs no columns in memory. The fastest of twenty ways that were measured
 * at (32, 32, 32, 32), (32, 16, 16, 64) and (32, 8, 8, 128), by a tenth to a half; among them columns of the operand or
 * of the gradient, columns of three shifts along one axis against three along the other, matmuls batched by picture,
 * and channels first.
 */
export function conv2dFilterGradientOnnx({
  emitter,
  inputs,
  outputs,
  inputNames: [x, g],
  attributes: { size },
}: OnnxContext<{ readonly size: number }>): readonly string[] {
  const { height, width, channels } = conv2dShape(inputs);
  const radius = (size - 1) / 2;
  const pixels = sizeOf(inputs[0]!.shape.slice(0, 3));
  const padded = emitter.emit('Pad', [x!, emitter.int64s([0, radius, radius, 0, 0, radius, radius, 0])]);
  const gradient = emitter.reshape(g!, [pixels, inputs[1]!.shape[3]!]);
  const taps: string[] = [];
  for (let dy = 0; dy < size; dy++) {
    for (let dx = 0; dx < size; dx++) {
      const shifted = emitter.slice(padded, [1, 2], [dy, dx], [dy + height, dx + width]);
      taps.push(
        emitter.emit('Gemm', [emitter.reshape(shifted, [pixels, channels]), gradient], {
          transA: { int: 1 },
        }),
      );
    }
  }
  return [emitter.reshape(emitter.emit('Concat', taps, { axis: { int: 0 } }), outputs[0]!.shape)];
}
