import type { Graph } from '@snowglobe/graph';
import type { OnnxModel } from '@snowglobe/kernels/internal';
import { OnnxEmitter } from '@snowglobe/kernels';
import { lowerToOnnx } from '@snowglobe/runtime/internal/core';
import type { BenchCase } from '../cases/case.js';

/** A case as ONNX models that say the same in different ops, with the name of the result. */
export interface PeerModel {
  readonly label: string;
  readonly model: OnnxModel;
  /** The case's input names to the model's. */
  readonly inputs: ReadonlyMap<string, string>;
  readonly output: string;
}

/** @param graph what `build` made, with the result as output `y` */
export function peerModels({ onnx }: BenchCase, graph: Graph): readonly PeerModel[] {
  const lowered = lowerToOnnx(graph, new Map());
  const own: PeerModel = {
    label: 'as lowered',
    model: lowered.model,
    inputs: lowered.inputs,
    output: lowered.outputs.get('y')!,
  };
  if (!onnx) return [own];
  const emitter = new OnnxEmitter();
  const names = Object.fromEntries(lowered.inputs);
  const output = onnx(emitter, names);
  const { shape, dtype } = graph.outputs.get('y')!;
  const special: PeerModel = {
    label: emitter.nodes.at(-1)!.opType,
    inputs: lowered.inputs,
    output,
    model: {
      name: 'graph',
      nodes: emitter.nodes,
      initializers: emitter.initializers,
      inputs: lowered.model.inputs,
      outputs: [{ name: output, type: dtype, shape }],
    },
  };
  return [own, special];
}

/** The model computing the same `times` times; only the first result is an output. */
export function repeatModel(model: OnnxModel, times: number): OnnxModel {
  const made = new Set(model.nodes.flatMap(({ outputs }) => outputs));
  const copies = Array.from({ length: times - 1 }, (_, copy) => {
    const rename = (name: string): string => (made.has(name) ? `${name}#${copy + 1}` : name);
    return model.nodes.map((node) => ({
      ...node,
      name: `${node.name}#${copy + 1}`,
      inputs: node.inputs.map(rename),
      outputs: node.outputs.map(rename),
    }));
  });
  return { ...model, nodes: [...model.nodes, ...copies.flat()] };
}
