import type { QuantizedMatrix } from '@snowglobe/kernels';
import { packMatrix } from '@snowglobe/kernels';
import type { WorldFile } from '@snowglobe/model';
import { encodeWorld } from '@snowglobe/model';
import { quantizeWorldFile } from '@snowglobe/model/internal';
import { parseAlgorithm } from '../algorithms/algorithm.js';
import { formatFor } from '../algorithms/quantize_matrix.js';
import { schemeNamed } from '../schemes/registry.js';
import type { Layer } from '../world/layers.js';
import { layersOfWorld, tablesAmong } from '../world/layers.js';
import { bytesOfMatrix } from '../world/quantize_layers.js';
import { tooFewBytes } from './choose.js';
import type { LayerPlan } from '../world/plan.js';
import { planOf } from '../world/plan.js';

/**
 * Checks a budget before anything is calibrated or measured: how many bytes a layer takes is known without its weights. Factors of
 * activations (AWQ, SmoothQuant), which layers that are calibrated take besides, are not counted.
 * @param ways that each layer may be quantized by; at least one
 * @throws SnowglobeError with the smallest size of a file, where that is larger
 */
export async function checkBytes(
  file: WorldFile,
  ways: readonly LayerPlan[],
  maxBytes: number,
): Promise<void> {
  const matrices = new Map<string, QuantizedMatrix>();
  const plan: Record<string, LayerPlan> = {};
  const layers = await layersOfWorld(file);
  for (const [name, layer] of layers) {
    const { way, matrix } = ways
      .map((each) => ({ way: each, matrix: blankMatrix(layer, each) }))
      .reduce((a, b) => (bytesOfMatrix(b.matrix) < bytesOfMatrix(a.matrix) ? b : a));
    matrices.set(name, matrix);
    plan[name] = way;
  }
  const about = { scheme: planOf(plan).name.slice(0, 64), provenance: {} };
  const least = encodeWorld(
    quantizeWorldFile(file, matrices, about, { floats: 'F16', tables: tablesAmong(layers) }),
  ).length;
  if (least > maxBytes) throw tooFewBytes(maxBytes, least);
}

/** A matrix of zeros in the form that a layer takes. Scales of one are half floats, as nearly all scales are. */
function blankMatrix({ shape, variable, isTable }: Layer, { scheme, algorithm }: LayerPlan): QuantizedMatrix {
  const [inputs, outputs] = shape;
  const format = formatFor(inputs, {
    ...{ scheme: schemeNamed(scheme), algorithm: parseAlgorithm(algorithm) },
    ...{ weightsOnly: isTable || variable.length > 2, isCalibrated: false },
  });
  const groups = outputs * Math.ceil(inputs / format.group);
  return packMatrix({
    ...{ format, shape },
    values: new Uint8Array(inputs * outputs),
    scales: new Float32Array(groups).fill(1),
    ...(format.zeroPoints && { zeroPoints: new Uint8Array(groups) }),
  });
}
