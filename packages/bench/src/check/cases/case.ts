import type { Graph, Shape, Tensor, TensorData } from '@snowglobe/graph';
import { GraphBuilder, sizeOf } from '@snowglobe/graph';
import { gradients, pointwise, sum } from '@snowglobe/kernels';
import { uniform, words } from '../../cases/random.js';

/** One op in one shape, to be computed by every variant that an adapter can run. */
export interface CheckCase {
  /** The ops whose variants are checked. */
  readonly ops: readonly string[];
  /** The shape, and what else tells it from the other cases of the op. */
  readonly shape: string;
  /** The op over operands; its results are compared. */
  build(operands: Operands): Tensor | readonly Tensor[];
  /** Check the derivatives with respect to all floats instead. */
  readonly gradients?: true;
  /** Something is rounded to bytes on the way: a number that lies between two of them may go to either. */
  readonly roundsToBytes?: true;
}

/** Declares inputs together with their values: the same ones for the same place in a case. */
export class Operands {
  readonly builder = new GraphBuilder();
  readonly data: Record<string, TensorData> = {};
  readonly floats: Tensor[] = [];

  /** Numbers from -1 to 1, or those given. */
  f32(shape: Shape, values?: ArrayLike<number>): Tensor {
    const name = this.#name();
    this.data[name] = values ? Float32Array.from(values) : uniform(sizeOf(shape), name);
    const tensor = this.builder.input(name, shape);
    if (!values) this.floats.push(tensor);
    return tensor;
  }

  /** Integers as they are given. */
  i32(shape: Shape, values: ArrayLike<number>): Tensor {
    const name = this.#name();
    this.data[name] = Int32Array.from(values);
    return this.builder.input(name, shape, 'i32');
  }

  /** Random bits: packed weights. */
  u32(shape: Shape): Tensor {
    const name = this.#name();
    this.data[name] = words(sizeOf(shape), name);
    return this.builder.input(name, shape, 'u32');
  }

  #name(): string {
    return `x${Object.keys(this.data).length}`;
  }
}

/** The graph of a case with its inputs' values; results are named by their position. */
export function graphOf(each: CheckCase): { readonly graph: Graph; readonly data: Operands['data'] } {
  const operands = new Operands();
  const built = each.build(operands);
  const results = (Array.isArray(built) ? built : [built]) as readonly Tensor[];
  const { builder } = operands;
  const outputs = each.gradients ? derivatives(operands, results) : results;
  outputs.forEach((output, index) => builder.output(String(index), output));
  return { graph: builder.build(), data: operands.data };
}

/** Derivatives of a sum that weighs every number of every result differently, so that no error cancels. */
function derivatives({ builder, floats }: Operands, results: readonly Tensor[]): readonly Tensor[] {
  const terms = results.map((result, index) =>
    sum(
      pointwise.mul(
        result,
        builder.constant(uniform(sizeOf(result.shape), `weights ${index}`), result.shape),
      ),
    ),
  );
  return gradients(
    terms.reduce((total, term) => pointwise.add(total, term)),
    floats,
  );
}
