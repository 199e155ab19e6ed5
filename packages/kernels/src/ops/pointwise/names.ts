import type { Tensor } from '@snowglobe/graph';

/** Pointwise functions by number of operands; `functions.ts` says what each computes. */
export type UnaryName =
  | 'neg'
  | 'abs'
  | 'sign'
  | 'round'
  | 'roundStraightThrough'
  | 'floor'
  | 'exp'
  | 'log'
  | 'sqrt'
  | 'rsqrt'
  | 'square'
  | 'tanh'
  | 'sigmoid'
  | 'silu'
  | 'gelu'
  | 'toF32'
  | 'toI32';

/** Pointwise functions of two operands. */
export type BinaryName = 'add' | 'sub' | 'mul' | 'div' | 'max' | 'min' | 'less' | 'greater' | 'equal';

export type PointwiseName = UnaryName | BinaryName | 'select';

/** A tensor, or a number that is broadcast to the other operands. */
export type Operand = Tensor | number;

/** The pointwise functions by name, on tensors, with NumPy's broadcasting: `pointwise.add(x, 1)`. */
export type Pointwise = { readonly [N in UnaryName]: (x: Tensor) => Tensor } & {
  readonly [N in BinaryName]: (a: Operand, b: Operand) => Tensor;
} & {
  /** `a` where the condition is not 0, else `b`. */
  readonly select: (condition: Tensor, a: Operand, b: Operand) => Tensor;
};
