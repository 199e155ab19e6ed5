import { SnowglobeError } from '@snowglobe/graph';
import { formatShape, sameShape, transposed } from '@snowglobe/graph/internal';
import type { QuantizedMatrix } from '@snowglobe/kernels';
import { wordsOf } from '@snowglobe/kernels/internal';
import type { FileTensor, WorldFile } from '@snowglobe/model';
import { narrowestFloat } from '@snowglobe/model/internal';
import { parseAlgorithm } from '../algorithms/algorithm.js';
import type { QuantizedLayer } from '../algorithms/quantize_matrix.js';
import { quantizeMatrix } from '../algorithms/quantize_matrix.js';
import type { Statistics } from '../algorithms/statistics.js';
import type { LayerPlan, Plan } from './plan.js';
import { schemeNamed } from '../schemes/registry.js';
import type { Layer } from './layers.js';

/** How far a layer's weights and its output are from the float ones. */
export interface LayerErrors {
  readonly name: string;
  readonly scheme: string;
  readonly algorithm: string;
  readonly shape: readonly [inputs: number, outputs: number];
  readonly bytes: number;
  /** Signal to quantization noise of the weights in dB. */
  readonly sqnr: number;
  /** Euclidean norm of the weights' error over that of the weights. */
  readonly relativeError: number;
  /** Of weights and quantized weights as vectors. */
  readonly cosine: number;
  /** Signal to noise of the layer's output on the calibration data in dB; of layers that were calibrated. */
  readonly outputSqnr?: number;
  /**
   * KL divergence in nats of all parts of the world when this layer alone is quantized, see `degradationOf`; where it was asked
   * for.
   */
  readonly kl?: number;
}

const bytesPerFloat = { F16: 2, F32: 4 } as const;

/** Bytes of a quantized layer in a file: whole words a row, scales and factors of 16 bits where those hold them. */
export function bytesOfMatrix({
  format,
  shape: [k, n],
  scales,
  zeroPoints,
  smooth,
}: QuantizedMatrix): number {
  const packed = 4 * n * wordsOf(k, format.bits);
  const bytes = (floats: Float32Array): number => bytesPerFloat[narrowestFloat(floats)] * floats.length;
  return packed + bytes(scales) + 4 * (zeroPoints?.length ?? 0) + (smooth ? bytes(smooth) : 0);
}

/**
 * Quantizes layers of a world and remembers what it did: asked for the same again, it gives the same.
 */
export class LayerQuantizer {
  readonly #done = new Map<string, QuantizedLayer>();
  /** Squares of the float layers' outputs on the calibration data. */
  readonly #outputs = new Map<string, number>();

  /**
   * @param layers see `layersOfWorld`
   * @param statistics of the layers' activations, as `calibrate` gives them; without, nothing is known of them
   * @throws SnowglobeError when the world is quantized already, or a layer is missing
   */
  constructor(
    private readonly file: WorldFile,
    readonly layers: ReadonlyMap<string, Layer>,
    private readonly statistics: ReadonlyMap<string, Statistics> = new Map(),
  ) {
    for (const [name, { variable }] of this.layers) {
      const tensor = file.tensors.get(name);
      if (!tensor && [...file.tensors.keys()].some((each) => each.startsWith(`${name}_`))) {
        throw new SnowglobeError(
          'quantize: the world is quantized already, and what was rounded away does not come back; quantize the float world that it was made from.',
        );
      }
      if (!(tensor?.data instanceof Float32Array) || !sameShape(tensor.shape, variable)) {
        throw new SnowglobeError(
          `quantize: the world has no floats ${name} ${formatShape(variable)}; use a whole world file.`,
        );
      }
    }
  }

  /** The float weights of a layer in the shape of its variable, row-major. */
  weights(name: string): Float32Array {
    return (this.file.tensors.get(name) as FileTensor).data as Float32Array;
  }

  /** @throws SnowglobeError naming the layer for weights that are not finite or do not fit the scheme */
  quantize(name: string, { scheme, algorithm }: LayerPlan): QuantizedLayer {
    const key = JSON.stringify([name, scheme, algorithm]);
    let layer = this.#done.get(key);
    if (!layer) {
      const { shape, variable, isTable } = this.layers.get(name)!;
      const weights = this.weights(name);
      const [inputs, outputs] = shape;
      layer = quantizeMatrix(isTable ? transposed(weights, outputs, inputs) : weights, shape, {
        scheme: schemeNamed(scheme),
        algorithm: parseAlgorithm(algorithm),
        statistics: this.statistics.get(name),
        weightsOnly: isTable || variable.length > 2,
        name,
      });
      if (isTable) layer = { ...layer, weights: transposed(layer.weights, inputs, outputs) };
      this.#done.set(key, layer);
    }
    return layer;
  }

  /** All layers of a plan. Others get their turn between layers. */
  async apply(
    plan: Plan,
    onLayer?: (done: number, total: number) => void,
  ): Promise<Map<string, QuantizedLayer>> {
    const entries = Object.entries(plan.layers);
    const layers = new Map<string, QuantizedLayer>();
    for (const [name, how] of entries) {
      layers.set(name, this.quantize(name, how));
      onLayer?.(layers.size, entries.length);
      await new Promise(setImmediate);
    }
    return layers;
  }

  /** The squared error of a layer's output on the calibration data, or of its weights where there are none. */
  outputError(name: string, weights: Float32Array): number {
    const statistics = this.statistics.get(name);
    const before = this.weights(name);
    if (!statistics) return before.reduce((sum, weight, i) => sum + (weights[i]! - weight) ** 2, 0);
    return squaresOf(this.layers.get(name)!.shape, statistics, (i) => weights[i]! - before[i]!);
  }

  /** How a layer was rounded in truth: what needs statistics is left out where there are none. */
  private doneBy(name: string, { algorithm }: LayerPlan): string {
    const { smooth, rotate, round } = parseAlgorithm(algorithm);
    if (this.statistics.has(name) || (!smooth && round !== 'gptq')) return algorithm;
    return `${rotate ? 'rotate+' : ''}${round === 'gptq' ? 'mse' : round}, not calibrated`;
  }

  errors(name: string, how: LayerPlan): LayerErrors {
    const { weights, matrix } = this.quantize(name, how);
    const before = this.weights(name);
    let [signal, noise, product, size] = [0, 0, 0, 0];
    before.forEach((weight, i) => {
      signal += weight * weight;
      noise += (weights[i]! - weight) ** 2;
      product += weight * weights[i]!;
      size += weights[i]! ** 2;
    });
    const { shape } = this.layers.get(name)!;
    const statistics = this.statistics.get(name);
    const output = this.#outputs.get(name) ?? (statistics && squaresOf(shape, statistics, (i) => before[i]!));
    if (output !== undefined) this.#outputs.set(name, output);
    return {
      ...{ name, scheme: how.scheme, algorithm: this.doneBy(name, how), shape, bytes: bytesOfMatrix(matrix) },
      sqnr: decibels(signal, noise),
      relativeError: signal > 0 ? Math.sqrt(noise / signal) : 0,
      cosine: signal > 0 && size > 0 ? product / Math.sqrt(signal * size) : 1,
      ...(output !== undefined && { outputSqnr: decibels(output, this.outputError(name, weights)) }),
    };
  }
}

/** At most 200 dB, which nothing but no error at all would exceed. */
const decibels = (signal: number, noise: number): number =>
  noise > 0 && signal > 0 ? Math.min(200, 10 * Math.log10(signal / noise)) : 200;

/** The sum over rows of (X · M)², M (K, N) given by its row-major elements. */
function squaresOf(
  [inputs, outputs]: readonly [number, number],
  statistics: Statistics,
  element: (index: number) => number,
): number {
  let total = 0;
  const column = new Float64Array(inputs);
  for (let n = 0; n < outputs; n++) {
    for (let k = 0; k < inputs; k++) column[k] = element(k * outputs + n);
    total += statistics.error(column);
  }
  return total;
}
