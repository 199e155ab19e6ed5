import type { Graph, OpNode, Tensor, TensorData } from '@snowglobe/graph';
import { rewrite } from '@snowglobe/graph';
import { concat, matmul, maxOver, pad, pointwise as p, reshape, slice, sum } from '@snowglobe/kernels';
import type { Statistics } from '../algorithms/statistics.js';
import { gramStatistics, rowStatistics } from '../algorithms/statistics.js';
import type { Layer } from '../world/layers.js';
import { matricesOf, weightOf } from '../world/layers.js';

/** Layers with so many inputs for each row of a run keep the rows; the others XᵀX. */
const inputsPerRow = 16;

/** A graph that also tells what its layers multiply by their weights. */
export interface ObservedGraph {
  readonly graph: Graph;
  /** Names of the outputs that `Observer` reads. */
  readonly outputs: readonly string[];
  readonly layers: ReadonlyMap<string, Layer>;
}

/** Adds the sums over the rows of every layer's activations as outputs; what a run computed stays as it was. */
export function observed(source: Graph): ObservedGraph {
  const layers = matricesOf(source);
  const uses = new Map<string, number>();
  const nameOf = (node: OpNode): string | undefined => {
    const weight = weightOf(node);
    const name = weight?.node.kind === 'variable' ? weight.node.name : undefined;
    return name !== undefined && layers.has(name) ? name : undefined;
  };
  for (const node of source.nodes) {
    const name = node.kind === 'op' ? nameOf(node) : undefined;
    if (name !== undefined) uses.set(name, (uses.get(name) ?? 0) + 1);
  }
  const seen = new Map<string, Tensor[]>();
  const outputs: string[] = [];
  const graph = rewrite(source, (node, { builder, map }) => {
    const name = node.kind === 'op' ? nameOf(node) : undefined;
    if (node.kind !== 'op' || name === undefined) return undefined;
    const rows = seen.get(name) ?? [];
    seen.set(name, [...rows, rowsOf(map(node.inputs[0]!), layers.get(name)!)]);
    // A layer that is used several times, such as in refinement steps, has seen all of their rows.
    if (rows.length + 1 < uses.get(name)!) return undefined;
    for (const [part, tensor] of Object.entries(sums(concat(seen.get(name)!, 0)))) {
      builder.output(`${part}:${name}`, tensor);
      outputs.push(`${part}:${name}`);
    }
    return undefined;
  });
  return { graph, outputs, layers };
}

/** A layer's activations as rows: (rows, K). A convolution's are the pixels under its taps. */
function rowsOf(x: Tensor, { variable, shape: [inputs] }: Layer): Tensor {
  if (variable.length === 2) return reshape(x, [-1, inputs]);
  const [side] = variable as [number, number, number, number];
  const [, height, width] = x.shape as [number, number, number, number];
  const border = (side - 1) / 2;
  const padded = pad(pad(x, 1, border, border), 2, border, border);
  const taps = Array.from({ length: side * side }, (_, tap) => {
    const [y, across] = [Math.floor(tap / side), tap % side];
    return slice(slice(padded, 1, y, y + height), 2, across, across + width);
  });
  return reshape(concat(taps, 3), [-1, inputs]);
}

function sums(rows: Tensor): Readonly<Record<string, Tensor>> {
  const [count, inputs] = rows.shape as [number, number];
  if (inputs >= inputsPerRow * count) return { rows };
  return {
    gram: matmul(rows, rows, { transposeA: true }),
    sum: sum(rows, 0),
    most: maxOver(p.abs(rows), 0),
    count: rows.builder.constant(Float32Array.of(count), [1]),
  };
}

/** Adds up what runs of observed graphs tell. */
export class Observer {
  readonly #rows = new Map<string, Float32Array[]>();
  readonly #sums = new Map<
    string,
    { gram: Float64Array; sum: Float64Array; most: Float64Array; count: number }
  >();

  add(results: Readonly<Record<string, TensorData>>): void {
    for (const [output, data] of Object.entries(results)) {
      const name = output.slice(output.indexOf(':') + 1);
      const of = (part: string): TensorData => results[`${part}:${name}`]!;
      if (output.startsWith('rows:')) {
        const rows = this.#rows.get(name) ?? [];
        rows.push(Float32Array.from(data));
        this.#rows.set(name, rows);
      } else if (output.startsWith('gram:')) {
        const known = this.#sums.get(name) ?? {
          gram: new Float64Array(data.length),
          sum: new Float64Array(of('sum').length),
          most: new Float64Array(of('sum').length),
          count: 0,
        };
        for (let i = 0; i < data.length; i++) known.gram[i]! += data[i]!;
        const [sums, most] = [of('sum'), of('most')];
        for (let i = 0; i < sums.length; i++) {
          known.sum[i]! += sums[i]!;
          known.most[i] = Math.max(known.most[i]!, most[i]!);
        }
        known.count += of('count')[0]!;
        this.#sums.set(name, known);
      }
    }
  }

  /** What was seen of each layer, by name. */
  statistics(layers: ReadonlyMap<string, Layer>): Map<string, Statistics> {
    const result = new Map<string, Statistics>();
    for (const [name, { shape }] of layers) {
      const rows = this.#rows.get(name);
      const sums = this.#sums.get(name);
      if (rows) {
        const all = new Float32Array(rows.reduce((total, { length }) => total + length, 0));
        let at = 0;
        for (const each of rows) {
          all.set(each, at);
          at += each.length;
        }
        result.set(name, rowStatistics(all, shape[0]));
      } else if (sums) {
        const { gram, sum: total, most, count } = sums;
        result.set(
          name,
          gramStatistics(gram, { rows: count, means: total.map((each) => each / count), largest: most }),
        );
      }
    }
    return result;
  }
}
