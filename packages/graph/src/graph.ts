import type { DType, TensorData } from './dtype.js';
import type { Shape } from './shape.js';

/** What is known about a tensor before anything runs. */
export interface TensorSpec {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** A value of the graph: one output of a node. It has a shape and a type, but no numbers until an executor runs. */
export interface Tensor extends TensorSpec {
  readonly node: Node;
  /** Which output of the node. */
  readonly index: number;
  /** The graph under construction, so that ops can be written as functions of tensors alone. */
  readonly builder: GraphBuilder;
}

interface NodeBase {
  /** Unique in its graph and increasing in creation order, which is a topological order. */
  readonly id: number;
  /** `/`-joined scopes in which the node was created, for profiles and errors. */
  readonly scope: string;
  readonly outputs: readonly Tensor[];
}

/** A tensor that the caller passes to every run. */
export interface InputNode extends NodeBase {
  readonly kind: 'input';
  readonly name: string;
}

/** State that outlives a run: weights, optimizer moments, KV caches. */
export interface VariableNode extends NodeBase {
  readonly kind: 'variable';
  readonly name: string;
}

/** Values that the graph holds itself. */
export interface ConstantNode extends NodeBase {
  readonly kind: 'constant';
  readonly data: TensorData;
}

/** An op applied to tensors. */
export interface OpNode extends NodeBase {
  readonly kind: 'op';
  readonly op: OpDefinition;
  readonly inputs: readonly Tensor[];
  readonly attributes: Attributes;
}

/** Any node of a graph. */
export type Node = InputNode | VariableNode | ConstantNode | OpNode;

/** A finished description of a computation. Immutable: passes return new graphs. */
export interface Graph {
  /** Every node in a topological order. */
  readonly nodes: readonly Node[];
  readonly inputs: ReadonlyMap<string, Tensor>;
  readonly variables: ReadonlyMap<string, Tensor>;
  readonly outputs: ReadonlyMap<string, Tensor>;
  /** Variable name to the value that it takes when a run ends. All reads in a run see the value from before it. */
  readonly assignments: ReadonlyMap<string, Tensor>;
}

/** Plain data that parameterises a node: it is compared and hashed as JSON. */
export type Attributes = Readonly<Record<string, unknown>>;

/** Work that one node does. `bytes` counts every operand and result once unless the op knows better. */
export interface Cost {
  readonly flops: number;
  readonly bytes: number;
}

/** What a derivative is made from. */
export interface GradientContext<A extends Attributes = Attributes> {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly attributes: A;
  /** Gradient of the loss with respect to each output; `undefined` where the loss does not depend on it. */
  readonly outputGradients: readonly (Tensor | undefined)[];
  /** Which inputs lead to a tensor whose gradient was asked for; the others' gradients need not be built. */
  readonly needed: readonly boolean[];
  readonly algebra: GradientAlgebra;
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

/** What derivatives of some ops are made of that stand above those ops, given from outside so that the graph names none. */
export interface GradientAlgebra {
  /** `a` + `b`, of one shape. */
  add(a: Tensor, b: Tensor): Tensor;
  /** Zeros of the shape of `x`. */
  zerosLike(x: Tensor): Tensor;
  /** Sums `x` over the axes along which a tensor of `shape` was repeated to its shape. */
  sumToShape(x: Tensor, shape: Shape): Tensor;
  /** Repeats `x` to `shape` by NumPy's rule. */
  broadcastTo(x: Tensor, shape: Shape): Tensor;
  /** Zeros before and after `x` along `axis`. */
  pad(x: Tensor, axis: number, before: number, after: number): Tensor;
}

/**
 * Builds a graph node by node. A model is a function that takes a builder and returns tensors:
 *
 * ```ts
 * const builder = new GraphBuilder();
 * const x = builder.input('x', [32, 64]);
 * const w = builder.variable('w', [64, 10]);
 * builder.output('logits', matmul(x, w));
 * const graph = builder.build();
 * ```
 */
export interface GraphBuilder {
  /** Nodes created inside `build` carry `name` in their scope, and variables in their name. */
  scope<T>(name: string, build: () => T): T;

  /** A tensor that the caller passes to every run, f32 by default. */
  input(name: string, shape: Shape, dtype?: DType): Tensor;

  /**
   * State that outlives a run. The full name is the scopes and `name` joined by `/`. Asking twice for the same name
   * gives the same tensor, so parameters can be shared. The type is f32 by default.
   */
  variable(name: string, shape: Shape, dtype?: DType): Tensor;

  /** Numbers known when the graph is built. */
  constant(data: TensorData, shape: Shape): Tensor;

  /**
   * A constant of rank 0, f32 by default.
   * @throws SnowglobeError for a number that would become another one: a fraction as i32, or what 32 bits cannot hold
   */
  scalar(value: number, dtype?: 'f32' | 'i32'): Tensor;

  /** Adds a node; returns its outputs. */
  apply<A extends Attributes>(
    op: OpDefinition<A>,
    inputs: readonly Tensor[],
    attributes: A,
  ): readonly Tensor[];

  /** Names a result of the run. */
  output(name: string, tensor: Tensor): void;

  /** Gives a variable a new value when the run ends. */
  assign(variable: Tensor, value: Tensor): void;

  /** The graph of all that was added. @throws SnowglobeError where it has neither outputs nor assignments */
  build(): Graph;
}
