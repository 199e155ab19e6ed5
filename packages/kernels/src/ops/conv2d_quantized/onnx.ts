import type { OnnxContext } from '../../kernel/kernel.js';
import { onnxBias, onnxEpilogue, onnxMatmul, onnxWeights } from '../matmul_quantized/onnx/lowering.js';
import type { SignedBytes } from '../matmul_quantized/onnx/signed_bytes.js';
import { signedBytesOf } from '../matmul_quantized/onnx/signed_bytes.js';
import type { OnnxEmitter } from '../../onnx/emitter.js';
import type { Conv2dQuantizedAttributes, Conv2dQuantizedShape } from './conv2d_quantized.js';
import { conv2dQuantizedShape } from './conv2d_quantized.js';

/**
 * `Conv` knows no weights in few bits. Signed bytes with a scale a column are made floats when it runs, filter by filter; with
 * that it measured 1.4 to 1.8 times as slow as over frozen floats. All else becomes the matmul of every pixel's surroundings
 * with the taps, 1.6 to 2.1 times as slow (at 32x32x32, 16x16x64 and 8x8x192 channels).
 */
export function conv2dQuantizedOnnx(context: OnnxContext<Conv2dQuantizedAttributes>): readonly string[] {
  const { emitter, inputs, attributes, inputNames } = context;
  const shape = conv2dQuantizedShape(inputs, attributes);
  const weights = onnxWeights(context, shape);
  const bias = onnxBias(context);
  const [packed, scales, zeros] = weights.data;
  const isConstant = packed && scales && (zeros || !weights.names[2]);
  if (isConstant && attributes.bits === 8 && shape.groups === 1) {
    const bytes = signedBytesOf(packed, scales, zeros, shape, attributes);
    if (bytes)
      return [onnxEpilogue(context, convolved(emitter, inputNames[0]!, shape, attributes.size, bytes, bias))];
  }
  const columns = surroundings(emitter, inputNames[0]!, shape, attributes.size);
  const rows = { name: columns, shape: [...inputs[0]!.shape.slice(0, -1), shape.k] };
  return [onnxEpilogue(context, onnxMatmul(emitter, rows, weights, bias))];
}

function convolved(
  emitter: OnnxEmitter,
  picture: string,
  { n, k, channels }: Conv2dQuantizedShape,
  size: number,
  { bytes, scales, zeroPoints }: SignedBytes,
  bias: string | undefined,
): string {
  // (k · k · C, N) -> (N, C, k, k)
  const taps = size * size;
  const filter = new Int8Array(k * n);
  for (let i = 0; i < k; i++) {
    const [tap, channel] = [Math.floor(i / channels), i % channels];
    for (let column = 0; column < n; column++) {
      filter[(column * channels + channel) * taps + tap] = bytes[i * n + column]!;
    }
  }
  const operands = [
    emitter.signedBytes(filter, [n, channels, size, size]),
    emitter.tensor(scales, [n]),
    ...(zeroPoints ? [emitter.signedBytes(zeroPoints, [n])] : []),
  ];
  const floats = emitter.emit('DequantizeLinear', operands, { axis: { int: 0 } });
  const radius = (size - 1) / 2;
  const result = emitter.emit(
    'Conv',
    [emitter.transpose(picture, [0, 3, 1, 2]), floats, ...(bias ? [bias] : [])],
    {
      kernel_shape: { ints: [size, size] },
      pads: { ints: [radius, radius, radius, radius] },
    },
  );
  return emitter.transpose(result, [0, 2, 3, 1]);
}

/** (B, H, W, C) -> (B, H, W, k · k · C) */
function surroundings(
  emitter: OnnxEmitter,
  picture: string,
  { height, width }: Conv2dQuantizedShape,
  size: number,
): string {
  if (size === 1) return picture;
  const radius = (size - 1) / 2;
  const padded = emitter.emit('Pad', [picture, emitter.int64s([0, radius, radius, 0, 0, radius, radius, 0])]);
  const taps = Array.from({ length: size * size }, (_, tap) => {
    const [dy, dx] = [Math.floor(tap / size), tap % size];
    return emitter.slice(padded, [1, 2], [dy, dx], [dy + height, dx + width]);
  });
  return emitter.emit('Concat', taps, { axis: { int: 3 } });
}
