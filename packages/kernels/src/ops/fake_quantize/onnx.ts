import type { OnnxContext } from '../../kernel/kernel.js';
import { onnxTypes } from '../../onnx/model.js';
import { LEAST_HALF_SCALE } from '../../numerics/rounding.js';
import type { FakeQuantizeAttributes } from './fake_quantize.js';
import { fakeQuantizeShape } from './fake_quantize.js';

export function fakeQuantizeOnnx({
  emitter,
  inputs,
  outputs,
  attributes,
  inputNames,
}: OnnxContext<FakeQuantizeAttributes>): readonly string[] {
  const { k, n, groups } = fakeQuantizeShape(inputs[0]!, attributes);
  const { bits, group, zeroPoints } = attributes;
  const top = 2 ** bits - 1;
  const middle = 2 ** (bits - 1);
  const padded = groups * group;
  const matrix = emitter.reshape(inputNames[0]!, [k, n]);
  const whole =
    padded === k
      ? matrix
      : emitter.emit('Pad', [matrix, emitter.int64s([0, 0, padded - k, 0]), emitter.float(0)]);
  const weights = emitter.reshape(whole, [groups, group, n]);
  const over = (op: string, value: string): string =>
    emitter.emit(op, [value, emitter.int64s([1])], { keepdims: { int: 1 } });
  const half = (value: string): string =>
    emitter.cast(emitter.emit('Cast', [value], { to: { int: onnxTypes.f16 } }), onnxTypes.f32);
  // See `roundScale`.
  const kept = (value: string): string =>
    emitter.emit('Where', [
      emitter.emit('And', [
        emitter.emit('GreaterOrEqual', [value, emitter.float(LEAST_HALF_SCALE)]),
        emitter.emit('Less', [value, emitter.float(65_520)]),
      ]),
      half(value),
      value,
    ]);
  const divided = (value: string, by: number): string => emitter.emit('Div', [value, emitter.float(by)]);
  // A group of zeros stays one.
  const guarded = (scale: string): string => emitter.emit('Max', [scale, emitter.float(2 ** -126)]);
  const clip = (value: string): string => emitter.emit('Clip', [value, emitter.float(0), emitter.float(top)]);
  let scale: string;
  let zero: string;
  if (zeroPoints) {
    const least = emitter.emit('Min', [over('ReduceMin', weights), emitter.float(0)]);
    const most = emitter.emit('Max', [over('ReduceMax', weights), emitter.float(0)]);
    scale = kept(divided(emitter.emit('Sub', [most, least]), top));
    const steps = emitter.emit('Div', [emitter.emit('Neg', [least]), guarded(scale)]);
    zero = clip(emitter.emit('Round', [steps]));
  } else {
    scale = kept(divided(over('ReduceMax', emitter.emit('Abs', [weights])), middle - 1));
    zero = emitter.float(middle);
  }
  const steps = emitter.emit('Round', [emitter.emit('Div', [weights, guarded(scale)])]);
  const index = clip(emitter.emit('Add', [steps, zero]));
  const rounded = emitter.emit('Mul', [emitter.emit('Sub', [index, zero]), scale]);
  const flat = emitter.reshape(rounded, [padded, n]);
  const own = padded === k ? flat : emitter.slice(flat, [0], [0], [k]);
  return [emitter.reshape(own, outputs[0]!.shape)];
}
