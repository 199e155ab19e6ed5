import type { DType, TensorData } from './dtype.js';
import { dtypeOf } from './dtype.js';
import { SnowglobeError } from './errors.js';
import type { Attributes, OpDefinition, TensorSpec } from './op.js';
import type { Shape } from './shape.js';
import { formatShape, sameShape, sizeOf } from './shape.js';
import type { ConstantNode, Graph, InputNode, Node, OpNode, Tensor, VariableNode } from './tensor.js';

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
export class GraphBuilder {
  readonly #nodes: Node[] = [];
  readonly #inputs = new Map<string, Tensor>();
  readonly #variables = new Map<string, Tensor>();
  readonly #outputs = new Map<string, Tensor>();
  readonly #assignments = new Map<string, Tensor>();
  readonly #scopes: string[] = [];

  /** Nodes created inside `build` carry `name` in their scope, and variables in their name. */
  scope<T>(name: string, build: () => T): T {
    this.#scopes.push(name);
    try {
      return build();
    } finally {
      this.#scopes.pop();
    }
  }

  /** A tensor that the caller passes to every run. */
  input(name: string, shape: Shape, dtype: DType = 'f32'): Tensor {
    if (this.#inputs.has(name))
      throw new SnowglobeError(`input: '${name}' exists already; use another name.`);
    checkDimensions(`input '${name}':`, shape);
    const tensor = this.#add<InputNode>({ kind: 'input', name }, [{ shape, dtype }])[0]!;
    this.#inputs.set(name, tensor);
    return tensor;
  }

  /**
   * State that outlives a run. The full name is the scopes and `name` joined by `/`. Asking twice for the same name
   * gives the same tensor, so parameters can be shared.
   */
  variable(name: string, shape: Shape, dtype: DType = 'f32'): Tensor {
    const fullName = [...this.#scopes, name].join('/');
    const known = this.#variables.get(fullName);
    if (known) {
      if (!sameShape(known.shape, shape) || known.dtype !== dtype) {
        throw new SnowglobeError(
          `variable '${fullName}': asked for as ${dtype} ${formatShape(shape)} but it exists as ${known.dtype} ` +
            `${formatShape(known.shape)}; share it with equal shapes or rename one.`,
        );
      }
      return known;
    }
    checkDimensions(`variable '${fullName}':`, shape);
    const tensor = this.#add<VariableNode>({ kind: 'variable', name: fullName }, [{ shape, dtype }])[0]!;
    this.#variables.set(fullName, tensor);
    return tensor;
  }

  /** Numbers known when the graph is built. */
  constant(data: TensorData, shape: Shape): Tensor {
    checkDimensions('constant:', shape);
    if (data.length !== sizeOf(shape)) {
      throw new SnowglobeError(
        `constant: ${data.length} values do not fill shape ${formatShape(shape)}, which holds ${sizeOf(shape)}.`,
      );
    }
    return this.#add<ConstantNode>({ kind: 'constant', data }, [{ shape, dtype: dtypeOf(data) }])[0]!;
  }

  /**
   * A constant of rank 0.
   * @throws SnowglobeError for a number that would become another one: a fraction as i32, or what 32 bits cannot hold
   */
  scalar(value: number, dtype: 'f32' | 'i32' = 'f32'): Tensor {
    if (!fitsScalar(value, dtype)) {
      throw new SnowglobeError(
        `scalar: ${value} would become another number as ${dtype}; ${dtype === 'i32' ? 'round it to an integer of 32 bits, or use f32' : 'use one that an f32 can hold'}.`,
      );
    }
    return this.constant(dtype === 'f32' ? Float32Array.of(value) : Int32Array.of(value), []);
  }

  /** Adds a node; returns its outputs. */
  apply<A extends Attributes>(
    op: OpDefinition<A>,
    inputs: readonly Tensor[],
    attributes: A,
  ): readonly Tensor[] {
    for (const input of inputs) {
      if (input.builder !== this) {
        throw new SnowglobeError(
          `${op.name}: an operand belongs to another graph; build both in one GraphBuilder.`,
        );
      }
    }
    const specs = op.infer(inputs, attributes);
    for (const { shape } of specs) checkDimensions(`${op.name}: the result's`, shape);
    return this.#add<OpNode>(
      { kind: 'op', op: op as unknown as OpDefinition, inputs: [...inputs], attributes },
      specs,
    );
  }

  /** Names a result of the run. */
  output(name: string, tensor: Tensor): void {
    if (this.#outputs.has(name))
      throw new SnowglobeError(`output: '${name}' exists already; use another name.`);
    this.#outputs.set(name, tensor);
  }

  /** Gives a variable a new value when the run ends. */
  assign(variable: Tensor, value: Tensor): void {
    if (variable.node.kind !== 'variable') {
      throw new SnowglobeError(`assign: the target is an ${variable.node.kind}, not a variable.`);
    }
    const { name } = variable.node;
    if (!sameShape(variable.shape, value.shape) || variable.dtype !== value.dtype) {
      throw new SnowglobeError(
        `assign: '${name}' is ${variable.dtype} ${formatShape(variable.shape)} and cannot hold ${value.dtype} ` +
          `${formatShape(value.shape)}; reshape the value.`,
      );
    }
    if (this.#assignments.has(name))
      throw new SnowglobeError(`assign: '${name}' is assigned twice in one run.`);
    this.#assignments.set(name, value);
  }

  build(): Graph {
    return {
      nodes: [...this.#nodes],
      inputs: new Map(this.#inputs),
      variables: new Map(this.#variables),
      outputs: new Map(this.#outputs),
      assignments: new Map(this.#assignments),
    };
  }

  #add<N extends Node>(
    fields: Omit<N, 'id' | 'scope' | 'outputs'>,
    specs: readonly TensorSpec[],
  ): readonly Tensor[] {
    const outputs: Tensor[] = [];
    const node = {
      ...fields,
      id: this.#nodes.length,
      scope: this.#scopes.join('/'),
      outputs,
    } as unknown as N;
    specs.forEach((spec, index) => {
      outputs.push({ shape: [...spec.shape], dtype: spec.dtype, node, index, builder: this });
    });
    this.#nodes.push(node);
    return outputs;
  }
}

/**
 * Whether a number keeps its value as a 32-bit float, up to rounding, or as a 32-bit integer. NaN and infinities are floats.
 */
export function fitsScalar(value: number, dtype: 'f32' | 'i32'): boolean {
  if (dtype === 'i32') return Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 31;
  return !Number.isFinite(value) || Number.isFinite(Math.fround(value));
}

function checkDimensions(what: string, shape: Shape): void {
  if (shape.some((dim) => !Number.isInteger(dim) || dim < 1)) {
    const shown = shape.map((dim) => (typeof dim === 'number' ? dim : JSON.stringify(dim))).join(', ');
    throw new SnowglobeError(`${what} shape (${shown}) needs whole dimensions of at least 1.`);
  }
}
