import type { Attributes } from '@snowglobe/graph';
import { sizeOf } from '@snowglobe/graph';
import type { OnnxContext } from '../../kernel/kernel.js';
import { onnxTypes } from '../../onnx/model.js';
import { belowOne, greedyBelow } from './maskgit.js';

export function sampleTokensOnnx({
  emitter,
  inputs,
  inputNames,
}: OnnxContext<Attributes>): readonly string[] {
  const [logits, uniforms, given] = inputNames as [string, string, string];
  const { shape } = inputs[0]!;
  const rows = shape.slice(0, -1);
  const axis = rows.length;
  const [temperatures] = inputs[2]!.shape as [number];
  const temperature =
    temperatures === 1 ? given : emitter.reshape(given, [temperatures, ...rows.slice(1).map(() => 1), 1]);
  const size = shape.at(-1)!;
  const limit = emitter.tensor(Float32Array.of(greedyBelow), [1]);

  const largest = emitter.emit('ReduceMax', [logits, emitter.int64s([axis])], { keepdims: { int: 1 } });
  // At temperature 0 nobody reads the weights; divided by next to nothing they would be denormal numbers, which are slow.
  const isGreedy = emitter.emit('Less', [temperature, limit]);
  const divisor = emitter.emit('Where', [isGreedy, emitter.float(1), temperature]);
  const weights = emitter.emit('Exp', [
    emitter.emit('Div', [emitter.emit('Sub', [logits, largest]), divisor]),
  ]);
  const cumulative = emitter.emit('CumSum', [weights, emitter.tensor(Int32Array.of(axis), [])]);
  // The last cumulative weight, not a sum of its own: only then is it certain that some weight exceeds the target.
  const total = emitter.slice(cumulative, [axis], [size - 1], [size]);
  // A uniform may have been rounded to 1, and nothing exceeds the total.
  const below = emitter.emit('Min', [uniforms, emitter.float(belowOne)]);
  const target = emitter.emit('Mul', [emitter.reshape(below, [...rows, 1]), total]);
  const passed = emitter.cast(emitter.emit('LessOrEqual', [cumulative, target]), onnxTypes.f32);
  const count = emitter.cast(emitter.sum(passed, [axis]), onnxTypes.i64);
  const whole = (value: number): string => emitter.int64s([value]);
  const sampled = emitter.emit('Min', [count, whole(size - 1)]);

  const likeliest = emitter.emit('ArgMax', [logits], { axis: { int: axis }, keepdims: { int: 1 } });
  const token = emitter.emit('Where', [isGreedy, likeliest, sampled]);
  const probabilities = emitter.emit('Softmax', [logits], { axis: { int: axis } });
  const confidence = emitter.emit('GatherElements', [probabilities, token], { axis: { int: axis } });
  return [emitter.reshape(emitter.cast(token, onnxTypes.i32), rows), emitter.reshape(confidence, rows)];
}

/** Ranks by sorting: TopK of all positions, whose ties come lowest index first, then the inverse permutation. */
export function unmaskOnnx({ emitter, inputs, inputNames }: OnnxContext<Attributes>): readonly string[] {
  const [tokens, sampled, confidence, mask, count, noise] = inputNames as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const { shape } = inputs[0]!;
  const axis = shape.length - 1;
  const length = shape[axis]!;
  const masked = emitter.emit('Greater', [mask, emitter.float(0)]);
  const score = emitter.emit('Mul', [confidence, emitter.emit('Exp', [noise])]);
  const ranked = emitter.emit('Where', [masked, score, emitter.float(-1)]);
  const [, order] = emitter.emitMany('TopK', [ranked, emitter.int64s([length])], 2, { axis: { int: axis } });
  const size = sizeOf(shape);
  const places = emitter.tensor(
    Int32Array.from({ length: size }, (_, n) => n % length),
    shape,
  );
  const rank = emitter.emit('ScatterElements', [places, order!, places], { axis: { int: axis } });
  const chosen = emitter.emit('And', [masked, emitter.emit('Less', [rank, count])]);
  return [
    emitter.emit('Where', [chosen, sampled, tokens]),
    emitter.emit('Where', [chosen, emitter.float(0), mask]),
  ];
}
