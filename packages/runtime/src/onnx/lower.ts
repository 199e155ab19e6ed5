import type { Graph, Tensor, TensorData } from '@snowglobe/graph';
import type { OnnxModel, OnnxValue } from '@snowglobe/kernels/internal';
import { OnnxEmitter, kernelOf } from '@snowglobe/kernels';
import { findRowWrites } from './row_writes.js';

/** A graph as one ONNX model. Variables are inputs, unless frozen; assignments are outputs. */
export interface LoweredGraph {
  readonly model: OnnxModel;
  /** Graph input or variable name to the model's value name. */
  readonly inputs: ReadonlyMap<string, string>;
  readonly variables: ReadonlyMap<string, string>;
  /** Graph output or assigned variable name to the model's value name. */
  readonly outputs: ReadonlyMap<string, string>;
  readonly assignments: ReadonlyMap<string, string>;
  /** The same for variables that only get some new rows. */
  readonly rowWrites: ReadonlyMap<string, { readonly values: string; readonly indices: string }>;
}

/**
 * @param frozen values of the variables that become constants of the model
 * @param options `rowWrites: false` makes every assignment a whole result, for those who cannot write rows; default true.
 * `isPortable` asks for operators that older versions of ONNX Runtime and the ONNX checker know; default false
 */
export function lowerToOnnx(
  graph: Graph,
  frozen: ReadonlyMap<string, TensorData>,
  { rowWrites: asRows = true, isPortable = false } = {},
): LoweredGraph {
  const emitter = new OnnxEmitter('', isPortable);
  const names = new Map<Tensor, string>();
  const constants = new Map<Tensor, TensorData>();
  const inputs = new Map<string, string>();
  const variables = new Map<string, string>();
  const signature: OnnxValue[] = [];
  const rowWrites: ReturnType<typeof findRowWrites> = asRows ? findRowWrites(graph) : new Map();
  const written = new Set<unknown>([...rowWrites.values()].map(({ node }) => node));
  const declare = (tensor: Tensor, name: string): void => {
    names.set(tensor, name);
    signature.push({ name, type: tensor.dtype, shape: tensor.shape });
  };

  for (const node of graph.nodes) {
    if (written.has(node)) continue;
    const output = node.outputs[0]!;
    switch (node.kind) {
      case 'input':
        declare(output, `input:${node.name}`);
        inputs.set(node.name, names.get(output)!);
        break;
      case 'variable': {
        const value = frozen.get(node.name);
        if (value) {
          names.set(output, emitter.tensor(value, output.shape));
          constants.set(output, value);
        } else {
          declare(output, `variable:${node.name}`);
          variables.set(node.name, names.get(output)!);
        }
        break;
      }
      case 'constant':
        names.set(output, emitter.tensor(node.data, output.shape));
        constants.set(output, node.data);
        break;
      case 'op': {
        const results = kernelOf(node.op).onnx({
          emitter,
          inputs: node.inputs,
          outputs: node.outputs,
          attributes: node.attributes,
          inputNames: node.inputs.map((input) => names.get(input)!),
          inputIsConstant: node.inputs.map((input) => constants.has(input)),
          inputData: node.inputs.map((input) => constants.get(input)),
        });
        node.outputs.forEach((tensor, index) => names.set(tensor, results[index]!));
      }
    }
  }

  const declaredOutputs: OnnxValue[] = [];
  // Every result gets a name of its own through Identity: ONNX forbids naming one value twice or passing inputs through.
  const result = (tensor: Tensor): string => {
    const name = emitter.emit('Identity', [names.get(tensor)!]);
    declaredOutputs.push({ name, type: tensor.dtype, shape: tensor.shape });
    return name;
  };
  const outputs = new Map([...graph.outputs].map(([name, tensor]) => [name, result(tensor)]));
  const whole = [...graph.assignments].filter(([name]) => !rowWrites.has(name));
  const assignments = new Map(whole.map(([name, tensor]) => [name, result(tensor)]));
  const rows = new Map(
    [...rowWrites].map(([name, { values, indices }]) => [
      name,
      { values: result(values), indices: result(indices) },
    ]),
  );
  // Weights in few bits are repacked: what nobody reads any more would double the model. Second results are often not read either.
  const read = new Set(declaredOutputs.map(({ name }) => name));
  const nodes = emitter.nodes
    .toReversed()
    .filter(({ inputs: operands, outputs: made }) => {
      const isRead = made.some((name) => read.has(name));
      if (isRead) operands.forEach((name) => read.add(name));
      return isRead;
    })
    .reverse();
  return {
    model: {
      name: 'graph',
      nodes,
      initializers: emitter.initializers.filter((initializer) => read.has(initializer.name)),
      inputs: signature,
      outputs: declaredOutputs,
    },
    inputs,
    variables,
    outputs,
    assignments,
    rowWrites: rows,
  };
}
