import { isQuantizable } from '@snowglobe/compiler';
import type { Graph, OpNode, Tensor } from '@snowglobe/graph';
import { sizeOf } from '@snowglobe/graph';
import type { WorldModel } from '@snowglobe/model';
import { windowsAtOnce } from './batch.js';

/** A matrix of weights that can be quantized. */
export interface Layer {
  /** Of its variable. */
  readonly name: string;
  /** Of its variable: (K, N), or (k, k, C, N) for a convolution. */
  readonly variable: readonly number[];
  /** As a matrix; a convolution's taps are inputs. */
  readonly shape: readonly [inputs: number, outputs: number];
}

/** Smaller matrices stay floats: their scales would be a good part of them. */
const leastWeights = 1024;

/** The variable that a node multiplies by, where it can be quantized. */
export function weightOf(node: OpNode): Tensor | undefined {
  const weight = node.inputs[1];
  return weight?.node.kind === 'variable' && isQuantizable(node) ? weight : undefined;
}

/** The layers of a graph, by the name of their variable. */
export function layersOf(graph: Graph): Map<string, Layer> {
  const layers = new Map<string, Layer>();
  for (const node of graph.nodes) {
    const weight = node.kind === 'op' ? weightOf(node) : undefined;
    if (weight?.node.kind !== 'variable' || sizeOf(weight.shape) < leastWeights) continue;
    const outputs = weight.shape.at(-1)!;
    layers.set(weight.node.name, {
      name: weight.node.name,
      variable: weight.shape,
      shape: [sizeOf(weight.shape) / outputs, outputs],
    });
  }
  return layers;
}

/** Every layer of a world: first what play samples with, then what only training and evaluation use. */
export async function layersOfWorld(model: WorldModel): Promise<Map<string, Layer>> {
  const { quantization } = await model.training();
  const graphs = [
    model.frameGraph(),
    ...quantization.parts(windowsAtOnce).map(({ graph }) => graph),
    ...quantization.calibrated(windowsAtOnce),
    ...quantization.uncalibrated(),
  ];
  return new Map(graphs.flatMap((graph) => [...layersOf(graph)]));
}
