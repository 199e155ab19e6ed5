import type { DType } from './dtype.js';
import type { Shape } from './shape.js';
import type { Tensor } from './tensor.js';

/** What is known about a tensor before anything runs. */
export interface TensorSpec {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** Plain data that parameterises a node: it is printed, compared and hashed as JSON. */
export type Attributes = Readonly<Record<string, unknown>>;

/** Work that one node does. `bytes` counts every operand and result once unless the op knows better. */
export interface Cost {
  readonly flops: number;
  readonly bytes: number;
}

export interface GradientContext<A extends Attributes = Attributes> {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly attributes: A;
  /** Gradient of the loss with respect to each output; `undefined` where the loss does not depend on it. */
  readonly outputGradients: readonly (Tensor | undefined)[];
  /** Which inputs lead to a tensor whose gradient was asked for; the others' gradients need not be built. */
  readonly needed: readonly boolean[];
}

/**
 * The semantics of an operation, free of any device: shapes, cost and derivative. Executors find its implementations
 * by the definition object itself (see `@snowglobe/kernels`), so the graph knows no op by name.
 */
export interface OpDefinition<A extends Attributes = Attributes> {
  readonly name: string;
  /** Output specs, or a `SnowglobeError` that names the op, the shapes and a remedy. */
  infer(inputs: readonly TensorSpec[], attributes: A): readonly TensorSpec[];
  /** Floating-point operations of one evaluation (a multiply-add counts as two). */
  flops(inputs: readonly TensorSpec[], outputs: readonly TensorSpec[], attributes: A): number;
  /**
   * Builds the gradient of each input (`undefined` where there is none). An op without this method stops gradients
   * when `differentiable` is false, and is an error to differentiate otherwise.
   */
  gradient?(context: GradientContext<A>): readonly (Tensor | undefined)[];
  /** False for ops whose result is piecewise constant (argmax, comparison): gradients stop there silently. */
  readonly differentiable?: boolean;
  /** Every output element depends on the same (broadcast) element of the inputs only: such nodes can be fused. */
  readonly pointwise?: boolean;
}
