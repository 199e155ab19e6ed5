import type { DType, Tensor } from '@snowglobe/graph';
import type { OnnxEmitter } from '../../onnx/emitter.js';
import { roundToEven } from '../../numerics/round_to_even.js';
import { onnxTypes } from '../../onnx/model.js';
import type { Pointwise, PointwiseName } from './names.js';

/** A scalar function that is applied to every element. */
export interface PointwiseFunction {
  readonly arity: 1 | 2 | 3;
  /** Floating-point operations an element; transcendental functions count as one. */
  readonly flops: number;
  /** Element type of the result; by default that of the operands. */
  readonly result?: DType;
  readonly evaluate: (...operands: number[]) => number;
  /**
   * The same of 32-bit integers, before the result wraps around to 32 bits; absent where there are none, or where `evaluate`, whose
   * result is f32, is right for them too.
   */
  readonly integers?: (...operands: number[]) => number;
  /**
   * WGSL of the result. Operands are names of scalars or of `vec4`s; `f` writes an f32 literal as wide as they are.
   */
  readonly wgsl: (f: (value: number) => string, ...operands: string[]) => string;
  readonly onnx: (emitter: OnnxEmitter, ...operands: string[]) => string;
  /** The same of 32-bit integers, where it differs. */
  readonly onnxIntegers?: (emitter: OnnxEmitter, ...operands: string[]) => string;
  /**
   * Gradient of each operand before it is summed over broadcast axes; absent where the function is piecewise
   * constant.
   */
  readonly gradient?: (
    p: Pointwise,
    gradient: Tensor,
    operands: readonly Tensor[],
    result: Tensor,
  ) => (Tensor | undefined)[];
}

const onnxNode =
  (opType: string) =>
  (emitter: OnnxEmitter, ...operands: string[]): string =>
    emitter.emit(opType, operands);

const comparison = (
  opType: string,
  symbol: string,
  holds: (a: number, b: number) => boolean,
): PointwiseFunction => ({
  arity: 2,
  flops: 1,
  result: 'f32',
  evaluate: (a, b) => (holds(a!, b!) ? 1 : 0),
  wgsl: (f, a, b) => `select(${f(0)}, ${f(1)}, ${a} ${symbol} ${b})`,
  onnx: (emitter, a, b) => emitter.cast(emitter.emit(opType, [a!, b!]), onnxTypes.f32),
});

/** The largest i32 that is an f32: what WGSL converts larger numbers to. */
const largestInteger = 2 ** 31 - 128;

/** A processor ends the process where an integer is divided by 0, or the least one by -1: those are divided by 1, or negated. */
function onnxIntegerDivision(emitter: OnnxEmitter, a: string, b: string): string {
  const whole = (value: number): string => emitter.tensor(Int32Array.of(value), []);
  const isZero = emitter.emit('Equal', [b, whole(0)]);
  const isMinusOne = emitter.emit('Equal', [b, whole(-1)]);
  const one = emitter.emit('Where', [emitter.emit('Or', [isZero, isMinusOne]), whole(1), b]);
  const quotient = emitter.emit('Div', [a, one]);
  return emitter.emit('Where', [isMinusOne, emitter.emit('Sub', [whole(0), quotient]), quotient]);
}

/** tanh of large arguments is NaN on some drivers, which compute it as a ratio of exponentials. */
const wgslTanh = (f: (value: number) => string, x: string): string =>
  `tanh(clamp(${x}, ${f(-15)}, ${f(15)}))`;

const geluScale = Math.sqrt(2 / Math.PI);
const geluCubic = 0.044715;
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

export const pointwiseFunctions: Readonly<Record<PointwiseName, PointwiseFunction>> = {
  add: {
    arity: 2,
    flops: 1,
    evaluate: (a, b) => a! + b!,
    integers: (a, b) => a! + b!,
    wgsl: (_, a, b) => `${a} + ${b}`,
    onnx: onnxNode('Add'),
    gradient: (_, g) => [g, g],
  },
  sub: {
    arity: 2,
    flops: 1,
    evaluate: (a, b) => a! - b!,
    integers: (a, b) => a! - b!,
    wgsl: (_, a, b) => `${a} - ${b}`,
    onnx: onnxNode('Sub'),
    gradient: (p, g) => [g, p.neg(g)],
  },
  mul: {
    arity: 2,
    flops: 1,
    evaluate: (a, b) => a! * b!,
    integers: Math.imul,
    wgsl: (_, a, b) => `${a} * ${b}`,
    onnx: onnxNode('Mul'),
    gradient: (p, g, [a, b]) => [p.mul(g, b!), p.mul(g, a!)],
  },
  div: {
    arity: 2,
    flops: 1,
    evaluate: (a, b) => a! / b!,
    // Truncated towards zero; x / 0 is x, as WGSL has it.
    integers: (a, b) => (b === 0 ? a! : Math.trunc(a! / b!)),
    wgsl: (_, a, b) => `${a} / ${b}`,
    onnx: onnxNode('Div'),
    onnxIntegers: onnxIntegerDivision,
    gradient: (p, g, [, b], y) => [p.div(g, b!), p.neg(p.div(p.mul(g, y), b!))],
  },
  max: {
    arity: 2,
    flops: 1,
    evaluate: (a, b) => Math.max(a!, b!),
    integers: Math.max,
    wgsl: (_, a, b) => `max(${a}, ${b})`,
    onnx: onnxNode('Max'),
    // Where both are equal the first gets the gradient, so that it is counted once.
    gradient: (p, g, [a, b]) => [p.select(p.less(a!, b!), p.mul(g, 0), g), p.mul(g, p.less(a!, b!))],
  },
  min: {
    arity: 2,
    flops: 1,
    evaluate: (a, b) => Math.min(a!, b!),
    integers: Math.min,
    wgsl: (_, a, b) => `min(${a}, ${b})`,
    onnx: onnxNode('Min'),
    gradient: (p, g, [a, b]) => [p.select(p.greater(a!, b!), p.mul(g, 0), g), p.mul(g, p.greater(a!, b!))],
  },
  less: comparison('Less', '<', (a, b) => a < b),
  greater: comparison('Greater', '>', (a, b) => a > b),
  equal: comparison('Equal', '==', (a, b) => a === b),
  /** `select(condition, a, b)`: a where the condition is not 0, else b. */
  select: {
    arity: 3,
    flops: 1,
    evaluate: (condition, a, b) => (condition !== 0 ? a! : b!),
    integers: (condition, a, b) => (condition !== 0 ? a! : b!),
    wgsl: (f, condition, a, b) => `select(${b}, ${a}, ${condition} != ${f(0)})`,
    onnx: (emitter, condition, a, b) =>
      emitter.emit('Where', [emitter.cast(condition!, onnxTypes.bool), a!, b!]),
    gradient: (p, g, [condition]) => [
      undefined,
      p.select(condition!, g, p.mul(g, 0)),
      p.select(condition!, p.mul(g, 0), g),
    ],
  },
  neg: {
    arity: 1,
    flops: 1,
    evaluate: (x) => -x!,
    integers: (x) => -x!,
    wgsl: (_, x) => `-${x}`,
    onnx: onnxNode('Neg'),
    gradient: (p, g) => [p.neg(g)],
  },
  abs: {
    arity: 1,
    flops: 1,
    evaluate: (x) => Math.abs(x!),
    integers: Math.abs,
    wgsl: (_, x) => `abs(${x})`,
    onnx: onnxNode('Abs'),
    gradient: (p, g, [x]) => [p.mul(g, p.sign(x!))],
  },
  sign: {
    arity: 1,
    flops: 1,
    evaluate: (x) => Math.sign(x!),
    integers: Math.sign,
    wgsl: (_, x) => `sign(${x})`,
    onnx: onnxNode('Sign'),
  },
  round: {
    arity: 1,
    flops: 1,
    evaluate: (x) => roundToEven(x!),
    wgsl: (_, x) => `round(${x})`,
    onnx: onnxNode('Round'),
  },
  /** Rounds, but passes gradients on as if it did not (Bengio et al. 2013): how a quantizer is trained. */
  roundStraightThrough: {
    arity: 1,
    flops: 1,
    evaluate: (x) => roundToEven(x!),
    wgsl: (_, x) => `round(${x})`,
    onnx: onnxNode('Round'),
    gradient: (_, g) => [g],
  },
  floor: {
    arity: 1,
    flops: 1,
    evaluate: (x) => Math.floor(x!),
    wgsl: (_, x) => `floor(${x})`,
    onnx: onnxNode('Floor'),
  },
  exp: {
    arity: 1,
    flops: 1,
    evaluate: (x) => Math.exp(x!),
    wgsl: (_, x) => `exp(${x})`,
    onnx: onnxNode('Exp'),
    gradient: (p, g, _, y) => [p.mul(g, y)],
  },
  log: {
    arity: 1,
    flops: 1,
    evaluate: (x) => Math.log(x!),
    wgsl: (_, x) => `log(${x})`,
    onnx: onnxNode('Log'),
    gradient: (p, g, [x]) => [p.div(g, x!)],
  },
  sqrt: {
    arity: 1,
    flops: 1,
    evaluate: (x) => Math.sqrt(x!),
    wgsl: (_, x) => `sqrt(${x})`,
    onnx: onnxNode('Sqrt'),
    gradient: (p, g, _, y) => [p.div(p.mul(g, 0.5), y)],
  },
  rsqrt: {
    arity: 1,
    flops: 2,
    evaluate: (x) => 1 / Math.sqrt(x!),
    wgsl: (_, x) => `inverseSqrt(${x})`,
    onnx: (emitter, x) => emitter.emit('Reciprocal', [emitter.emit('Sqrt', [x!])]),
    gradient: (p, g, [x], y) => [p.mul(p.mul(g, -0.5), p.div(y, x!))],
  },
  square: {
    arity: 1,
    flops: 1,
    evaluate: (x) => x! * x!,
    integers: (x) => Math.imul(x!, x!),
    wgsl: (_, x) => `${x} * ${x}`,
    onnx: (emitter, x) => emitter.emit('Mul', [x!, x!]),
    gradient: (p, g, [x]) => [p.mul(p.mul(g, 2), x!)],
  },
  tanh: {
    arity: 1,
    flops: 1,
    evaluate: (x) => Math.tanh(x!),
    wgsl: (f, x) => wgslTanh(f, x!),
    onnx: onnxNode('Tanh'),
    gradient: (p, g, _, y) => [p.mul(g, p.sub(1, p.square(y)))],
  },
  sigmoid: {
    arity: 1,
    flops: 3,
    evaluate: (x) => sigmoid(x!),
    wgsl: (f, x) => `${f(1)} / (${f(1)} + exp(-${x}))`,
    onnx: onnxNode('Sigmoid'),
    gradient: (p, g, _, y) => [p.mul(g, p.mul(y, p.sub(1, y)))],
  },
  /** x · sigmoid(x), also called swish (Elfwing et al. 2017). */
  silu: {
    arity: 1,
    flops: 4,
    evaluate: (x) => x! * sigmoid(x!),
    wgsl: (f, x) => `${x} / (${f(1)} + exp(-${x}))`,
    onnx: (emitter, x) => emitter.emit('Mul', [x!, emitter.emit('Sigmoid', [x!])]),
    gradient: (p, g, [x], y) => {
      const s = p.sigmoid(x!);
      return [p.mul(g, p.add(s, p.mul(y, p.sub(1, s))))];
    },
  },
  /** Gaussian error linear unit in its tanh form (Hendrycks & Gimpel 2016). */
  gelu: {
    arity: 1,
    flops: 8,
    evaluate: (x) => 0.5 * x! * (1 + Math.tanh(geluScale * (x! + geluCubic * x! ** 3))),
    wgsl: (f, x) =>
      `${f(0.5)} * ${x} * (${f(1)} + ${wgslTanh(f, `${f(geluScale)} * (${x} + ${f(geluCubic)} * ${x} * ${x} * ${x})`)})`,
    onnx: (emitter, x) => emitter.emit('Gelu', [x!], { approximate: { string: 'tanh' } }),
    gradient: (p, g, [x]) => {
      const squared = p.square(x!);
      const t = p.tanh(p.mul(p.mul(x!, geluScale), p.add(1, p.mul(squared, geluCubic))));
      const slope = p.mul(
        p.mul(p.mul(x!, 0.5 * geluScale), p.sub(1, p.square(t))),
        p.add(1, p.mul(squared, 3 * geluCubic)),
      );
      return [p.mul(g, p.add(p.add(0.5, p.mul(t, 0.5)), slope))];
    },
  },
  toF32: {
    arity: 1,
    flops: 0,
    result: 'f32',
    evaluate: (x) => x!,
    // `f(0)` is as wide as the operand, so adding converts nothing; the cast is written by the shader generator.
    wgsl: (f, x) => `${f(0).startsWith('vec4') ? 'vec4f' : 'f32'}(${x})`,
    onnx: (emitter, x) => emitter.cast(x!, onnxTypes.f32),
  },
  /** Truncates towards zero; what lies beyond becomes the nearest f32 of the range. */
  toI32: {
    arity: 1,
    flops: 0,
    result: 'i32',
    evaluate: (x) => Math.min(largestInteger, Math.max(-(2 ** 31), Math.trunc(x!))),
    integers: (x) => x!,
    wgsl: (f, x) => `${f(0).startsWith('vec4') ? 'vec4i' : 'i32'}(${x})`,
    onnx: (emitter, x) =>
      emitter.cast(
        emitter.emit('Clip', [x!, emitter.float(-(2 ** 31)), emitter.float(largestInteger)]),
        onnxTypes.i32,
      ),
    onnxIntegers: (emitter, x) => emitter.cast(x!, onnxTypes.i32),
  },
};
