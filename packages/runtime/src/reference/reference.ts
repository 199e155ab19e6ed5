import { eliminateDeadCode } from '@snowglobe/compiler';
import type { Graph, Tensor, TensorData, Executor } from '@snowglobe/graph';
import { sizeOf } from '@snowglobe/graph';
import { allocate } from '@snowglobe/graph/internal';
import type { ReferenceArray } from '@snowglobe/kernels';
import { kernelOf } from '@snowglobe/kernels';
import { checkInputs, requestedOutputs } from '../executor_checks.js';
import type { HostProgram } from '../host_executor.js';
import { createHostExecutor } from '../host_executor.js';
import type { HostStore } from '../host_store.js';

/** How exactly the reference computes. */
export interface ReferenceOptions {
  /** Keep every f32 value in double precision: what finite differences need. Default false. */
  readonly doublePrecision?: boolean;
}

/** The oracle: plain loops, one node after the other. */
export function createReferenceExecutor({ doublePrecision = false }: ReferenceOptions = {}): Executor {
  return createHostExecutor({
    kind: 'reference',
    device: 'TypeScript loops',
    compile: async (graph, store) => compileReference(graph, store, doublePrecision),
  });
}

/** As what the executor runs. */
export function compileReference(source: Graph, store: HostStore, doublePrecision = false): HostProgram {
  const graph = eliminateDeadCode(source);
  const make = (tensor: Tensor): ReferenceArray =>
    doublePrecision && tensor.dtype === 'f32'
      ? new Float64Array(sizeOf(tensor.shape))
      : allocate(tensor.dtype, sizeOf(tensor.shape));

  return {
    stats: {
      submitsPerRun: 0,
      dispatchesPerRun: graph.nodes.filter((node) => node.kind === 'op').length,
      peakBytes: 0,
    },
    async run(inputs, names) {
      checkInputs(graph, inputs);
      const requested = requestedOutputs(graph, names);
      const values = new Map<Tensor, ReferenceArray>();
      for (const node of graph.nodes) {
        switch (node.kind) {
          case 'input':
            values.set(node.outputs[0]!, inputs[node.name]!);
            break;
          case 'variable':
            values.set(node.outputs[0]!, store.value(node.name, node.outputs[0]!));
            break;
          case 'constant':
            values.set(node.outputs[0]!, node.data);
            break;
          case 'op': {
            const outputData = node.outputs.map(make);
            kernelOf(node.op).reference({
              inputs: node.inputs,
              outputs: node.outputs,
              attributes: node.attributes,
              inputData: node.inputs.map((input) => values.get(input)!),
              outputData,
            });
            node.outputs.forEach((output, index) => values.set(output, outputData[index]!));
          }
        }
      }
      const copy = (tensor: Tensor): TensorData => {
        const value = values.get(tensor)!;
        return doublePrecision ? (value.slice() as TensorData) : (value as TensorData).slice();
      };
      const results = Object.fromEntries(requested.map((name) => [name, copy(graph.outputs.get(name)!)]));
      for (const [name, tensor] of graph.assignments) store.replace(name, copy(tensor));
      return results;
    },
    release: async () => {},
  };
}
