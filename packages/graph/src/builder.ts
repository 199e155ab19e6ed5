import type { DType, TensorData } from './dtype.js';
import { dtypeOf } from './dtype.js';
import { SnowglobeError } from './errors.js';
import type { Shape } from './shape.js';
import { formatShape, sameShape, sizeOf } from './shape.js';
import type * as graph from './graph.js';
import type {
  Attributes,
  ConstantNode,
  Graph,
  InputNode,
  Node,
  OpDefinition,
  OpNode,
  Tensor,
  TensorSpec,
  VariableNode,
} from './graph.js';

class Builder implements graph.GraphBuilder {
  readonly #nodes: Node[] = [];
  readonly #inputs = new Map<string, Tensor>();
  readonly #variables = new Map<string, Tensor>();
  readonly #outputs = new Map<string, Tensor>();
  readonly #assignments = new Map<string, Tensor>();
  readonly #scopes: string[] = [];

  scope<T>(name: string, build: () => T): T {
    this.#scopes.push(name);
    try {
      return build();
    } finally {
      this.#scopes.pop();
    }
  }

  input(name: string, shape: Shape, dtype: DType = 'f32'): Tensor {
    if (this.#inputs.has(name))
      throw new SnowglobeError(`input: '${name}' exists already; use another name.`);
    checkDimensions(`input '${name}':`, shape);
    const tensor = this.#add<InputNode>({ kind: 'input', name }, [{ shape, dtype }])[0]!;
    this.#inputs.set(name, tensor);
    return tensor;
  }

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

  constant(data: TensorData, shape: Shape): Tensor {
    checkDimensions('constant:', shape);
    if (data.length !== sizeOf(shape)) {
      throw new SnowglobeError(
        `constant: ${data.length} values do not fill shape ${formatShape(shape)}, which holds ${sizeOf(shape)}.`,
      );
    }
    return this.#add<ConstantNode>({ kind: 'constant', data }, [{ shape, dtype: dtypeOf(data) }])[0]!;
  }

  scalar(value: number, dtype: 'f32' | 'i32' = 'f32'): Tensor {
    if (!fitsScalar(value, dtype)) {
      throw new SnowglobeError(
        `scalar: ${value} would become another number as ${dtype}; ${dtype === 'i32' ? 'round it to an integer of 32 bits, or use f32' : 'use one that an f32 can hold'}.`,
      );
    }
    return this.constant(dtype === 'f32' ? Float32Array.of(value) : Int32Array.of(value), []);
  }

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

  output(name: string, tensor: Tensor): void {
    if (this.#outputs.has(name))
      throw new SnowglobeError(`output: '${name}' exists already; use another name.`);
    this.#outputs.set(name, tensor);
  }

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

/** The type has the name of its constructor, as a class would. */
export interface GraphBuilder extends graph.GraphBuilder {}
/** Makes builders: `new GraphBuilder()`. */
export const GraphBuilder: new () => GraphBuilder = Builder;

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
