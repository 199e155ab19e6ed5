import { isQuantizable } from '@snowglobe/compiler';
import type { Graph, OpNode, Tensor } from '@snowglobe/graph';
import { sizeOf } from '@snowglobe/graph';
import { gatherRowsOp } from '@snowglobe/kernels/internal';
import type { WorldFile, WorldModel } from '@snowglobe/model';
import { bytesOfExactPixels, isPlayState } from '@snowglobe/model/internal';
import { windowsAtOnce } from './batch.js';

/** A matrix of weights that can be quantized, or a table whose rows are looked up. */
export interface Layer {
  /** Of its variable. */
  readonly name: string;
  /** Of its variable: (K, N), (k, k, C, N) for a convolution, or (N, K) for a table. */
  readonly variable: readonly number[];
  /** As a matrix; a convolution's taps are inputs, and a table's rows are outputs. */
  readonly shape: readonly [inputs: number, outputs: number];
  /** Whether it is a table, such as an embedding: nothing is multiplied by it, and it is in few bits in the file alone. */
  readonly isTable: boolean;
}

/** Smaller matrices stay floats: their scales would be a good part of them. */
const leastWeights = 1024;

/** The variable that a node multiplies by, where it can be quantized. */
export function weightOf(node: OpNode): Tensor | undefined {
  const weight = node.inputs[1];
  return weight?.node.kind === 'variable' && isQuantizable(node) ? weight : undefined;
}

/** The matrices of a graph, by the name of their variable. */
export function matricesOf(graph: Graph): Map<string, Layer> {
  const layers = new Map<string, Layer>();
  for (const node of graph.nodes) {
    const weight = node.kind === 'op' ? weightOf(node) : undefined;
    if (weight?.node.kind !== 'variable' || sizeOf(weight.shape) < leastWeights) continue;
    const outputs = weight.shape.at(-1)!;
    layers.set(weight.node.name, {
      name: weight.node.name,
      variable: weight.shape,
      shape: [sizeOf(weight.shape) / outputs, outputs],
      isTable: false,
    });
  }
  return layers;
}

const nameOf = ({ node }: Tensor): string | undefined => (node.kind === 'variable' ? node.name : undefined);

/** The tables of a graph: parameters that are used for nothing but to look rows up. */
function tablesOf(graph: Graph): Map<string, Layer> {
  const tables = new Map<string, Layer>();
  const otherwise = new Set([...graph.outputs.values(), ...graph.assignments.values()].map(nameOf));
  for (const node of graph.nodes) {
    if (node.kind !== 'op') continue;
    node.inputs.forEach((input, i) => {
      const name = nameOf(input);
      if (name === undefined || isPlayState(name) || input.dtype !== 'f32') return;
      if (node.op !== gatherRowsOp || i > 0) otherwise.add(name);
      else if (sizeOf(input.shape) >= leastWeights) {
        const [rows, width] = input.shape as [number, number];
        tables.set(name, { name, variable: input.shape, shape: [width, rows], isTable: true });
      }
    });
  }
  for (const name of otherwise) if (name !== undefined) tables.delete(name);
  return tables;
}

/** The layers of a graph, by the name of their variable: its matrices, then its tables. */
export const layersOf = (graph: Graph): Map<string, Layer> =>
  new Map([...matricesOf(graph), ...tablesOf(graph)]);

/** Graphs of a world: first what play samples with, then what only training and evaluation use. */
async function graphsOf(model: WorldModel): Promise<Graph[]> {
  const { quantization } = await model.training();
  return [
    model.frameGraph(),
    ...quantization.parts(windowsAtOnce).map(({ graph }) => graph),
    ...quantization.calibrated(windowsAtOnce),
    ...quantization.uncalibrated(),
  ];
}

/** Every matrix of a world. */
export async function matricesOfWorld(model: WorldModel): Promise<Map<string, Layer>> {
  return new Map((await graphsOf(model)).flatMap((graph) => [...matricesOf(graph)]));
}

/** Every layer of a world: its matrices, then its tables. What holds exact pixels is none: files keep those as bytes. */
export async function layersOfWorld({
  model,
  tensors,
}: Pick<WorldFile, 'model' | 'tensors'>): Promise<Map<string, Layer>> {
  const graphs = await graphsOf(model);
  const matrices = graphs.flatMap((graph) => [...matricesOf(graph)]);
  const tables = graphs.flatMap((graph) => [...tablesOf(graph)]);
  const isPixels = (name: string): boolean => {
    const data = tensors.get(name)?.data;
    return data instanceof Float32Array && bytesOfExactPixels(data) !== undefined;
  };
  const multiplied = new Set(matrices.map(([name]) => name));
  return new Map([...matrices, ...tables.filter(([name]) => !multiplied.has(name) && !isPixels(name))]);
}

/** Names of the tables among layers. */
export const tablesAmong = (layers: ReadonlyMap<string, Layer>): Set<string> =>
  new Set([...layers.values()].filter(({ isTable }) => isTable).map(({ name }) => name));
