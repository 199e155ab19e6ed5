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

export type BinaryName = 'add' | 'sub' | 'mul' | 'div' | 'max' | 'min' | 'less' | 'greater' | 'equal';

export type PointwiseName = UnaryName | BinaryName | 'select';
