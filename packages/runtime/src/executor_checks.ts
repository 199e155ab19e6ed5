/** What executors check alike, and the sentences that they say. */
import type { Graph, TensorData, TensorSpec } from '@snowglobe/graph';
import { SnowglobeError, sizeOf } from '@snowglobe/graph';
import { formatShape } from '@snowglobe/graph/internal';

export const closedProgram = (): SnowglobeError =>
  new SnowglobeError('run: the program is closed; compile the graph again.');

export const closedStore = (): SnowglobeError =>
  new SnowglobeError('variables: their store is closed; write them into a new one.');

export const unknownVariable = (name: string): SnowglobeError =>
  new SnowglobeError(`variable '${name}' does not exist; write it first.`);

/** @param others variables that the store has */
export const unreadableVariable = (name: string, others: number): SnowglobeError =>
  new SnowglobeError(`variable '${name}' does not exist; the store has ${others} others.`);

/** Checks the inputs of a run against the graph's signature. */
export function checkInputs(graph: Graph, inputs: Readonly<Record<string, TensorData>>): void {
  for (const [name, tensor] of graph.inputs) {
    const data = inputs[name];
    if (!data)
      throw new SnowglobeError(`run: input '${name}' ${formatShape(tensor.shape)} is missing; pass it.`);
    if (data.length !== sizeOf(tensor.shape)) {
      throw new SnowglobeError(
        `run: input '${name}' has ${data.length} elements but its shape ${formatShape(tensor.shape)} holds ${sizeOf(tensor.shape)}.`,
      );
    }
  }
  for (const name of Object.keys(inputs)) {
    if (!graph.inputs.has(name)) {
      throw new SnowglobeError(
        `run: there is no input '${name}'; the graph has ${[...graph.inputs.keys()].join(', ')}.`,
      );
    }
  }
}

/** The graph's outputs that a run was asked for. */
export function requestedOutputs(graph: Graph, names: readonly string[] | undefined): readonly string[] {
  for (const name of names ?? []) {
    if (!graph.outputs.has(name)) {
      throw new SnowglobeError(
        `run: there is no output '${name}'; the graph has ${[...graph.outputs.keys()].join(', ')}.`,
      );
    }
  }
  return names ?? [...graph.outputs.keys()];
}

/** Checks that data fill a variable's shape and that its spec has not changed. */
export function checkVariable(
  name: string,
  spec: TensorSpec,
  data: Pick<TensorData, 'length'>,
  known: TensorSpec | undefined,
): void {
  if (data.length !== sizeOf(spec.shape)) {
    throw new SnowglobeError(
      `variable '${name}': ${data.length} values do not fill ${formatShape(spec.shape)}, which holds ${sizeOf(spec.shape)}.`,
    );
  }
  if (known && (known.dtype !== spec.dtype || formatShape(known.shape) !== formatShape(spec.shape))) {
    throw new SnowglobeError(
      `variable '${name}': exists as ${known.dtype} ${formatShape(known.shape)} and cannot become ${spec.dtype} ${formatShape(spec.shape)}.`,
    );
  }
}
