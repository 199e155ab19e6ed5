import type { OnnxContext } from '../kernel.js';
import { onnxEpilogue, onnxProduct, onnxWeights } from '../matmul_quantized/onnx.js';
import type { Conv2dQuantizedAttributes } from './conv2d_quantized.js';
import { conv2dQuantizedShape } from './conv2d_quantized.js';

/** The product of every pixel's surroundings with the taps: `Conv` knows no weights in few bits. */
export function conv2dQuantizedOnnx(context: OnnxContext<Conv2dQuantizedAttributes>): readonly string[] {
  const { emitter, inputs, outputs, attributes, inputNames } = context;
  const shape = conv2dQuantizedShape(inputs, attributes);
  const { m, k, height, width } = shape;
  const { size } = attributes;
  const radius = (size - 1) / 2;
  let columns = inputNames[0]!;
  if (size > 1) {
    const pads = emitter.int64s([0, radius, radius, 0, 0, radius, radius, 0]);
    const padded = emitter.emit('Pad', [columns, pads]);
    const taps = Array.from({ length: size * size }, (_, tap) => {
      const [dy, dx] = [Math.floor(tap / size), tap % size];
      return emitter.slice(padded, [1, 2], [dy, dx], [dy + height, dx + width]);
    });
    columns = emitter.emit('Concat', taps, { axis: { int: 3 } });
  }
  const product = onnxProduct(emitter, emitter.reshape(columns, [m, k]), onnxWeights(context, shape));
  return [onnxEpilogue(context, emitter.reshape(product, outputs[0]!.shape))];
}
