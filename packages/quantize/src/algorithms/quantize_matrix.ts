import { SnowglobeError } from '@snowglobe/graph';
import type { QuantizedMatrix, WeightFormat } from '@snowglobe/kernels';
import { packMatrix } from '@snowglobe/kernels';
import { rotateInPlace, rotationFor } from '../algebra/hadamard.js';
import type { Columns } from '../algebra/matrix.js';
import { columnsOf, rowMajor } from '../algebra/matrix.js';
import { formatOf } from '../schemes/checked.js';
import type { Scheme } from '../schemes/scheme.js';
import type { Algorithm } from './algorithm.js';
import { gptq } from './gptq.js';
import { hqq } from './hqq.js';
import type { RoundedColumns } from './round.js';
import { roundToNearest, valuesOf } from './round.js';
import { awqFactors, smoothQuantFactors } from './smooth.js';
import type { Statistics, Turn } from './statistics.js';
import { importanceOf } from './statistics.js';

/** How one matrix is quantized. */
export interface QuantizeOptions {
  readonly scheme: Scheme;
  readonly algorithm: Algorithm;
  /** Of the layer's activations; without them, what needs them is left out: GPTQ and AWQ become `mse`. */
  readonly statistics?: Statistics | undefined;
  /**
   * Of convolutions and tables: what comes to them can be neither turned nor rounded, and they take the rest of their scheme and
   * algorithm.
   */
  readonly weightsOnly?: boolean;
  /** Of the layer, for messages. */
  readonly name: string;
}

/** A layer in few bits, and what that makes of its weights. */
export interface QuantizedLayer {
  readonly matrix: QuantizedMatrix;
  /** (K, N), row-major: the weights that the matrix stands for, turned back. */
  readonly weights: Float32Array;
}

/**
 * Quantizes a matrix of weights (K, N), row-major.
 * @throws SnowglobeError naming the layer for weights or statistics that are not finite, and for what does not fit the scheme
 */
export function quantizeMatrix(
  weights: ArrayLike<number>,
  shape: readonly [inputs: number, outputs: number],
  { name, ...options }: QuantizeOptions,
): QuantizedLayer {
  try {
    return quantized(weights, shape, options);
  } catch (error) {
    if (!(error instanceof SnowglobeError)) throw error;
    // What is below knows matrices, not layers.
    throw new SnowglobeError(`quantize: ${name}: ${error.message}`, { cause: error });
  }
}

function quantized(
  weights: ArrayLike<number>,
  shape: readonly [inputs: number, outputs: number],
  { scheme, algorithm, statistics: given, weightsOnly = false }: Omit<QuantizeOptions, 'name'>,
): QuantizedLayer {
  const columns = columnsOf(weights, shape);
  const [inputs] = shape;
  if (given && usesStatistics(algorithm)) checkStatistics(given);
  const format = formatFor(inputs, { scheme, algorithm, weightsOnly, isCalibrated: given !== undefined });
  const { rotation, smooth: isSmooth, ...plain } = format;
  const smooth = isSmooth && given ? factorsOf(columns, scheme, plain, algorithm, given) : undefined;
  const turn: Turn = { smooth, rotation };
  const statistics = smooth || rotation ? given?.turned(turn) : given;
  const stored = storedColumns(columns, turn);
  const rounded = round(stored, scheme, format, algorithm, statistics);
  const matrix = packMatrix({
    ...{ format, shape },
    values: rounded.values,
    scales: Float32Array.from(rounded.grids, ({ scale }) => scale),
    ...(format.zeroPoints && { zeroPoints: rounded.grids.map(({ zeroPoint }) => zeroPoint) }),
    ...(smooth && { smooth }),
  });
  const data = valuesOf(rounded, inputs, format);
  if (rotation) rotateEachColumn(data, inputs, rotation);
  if (smooth) for (let at = 0; at < data.length; at++) data[at]! *= smooth[at % inputs]!;
  return { matrix, weights: rowMajor({ ...columns, data }) };
}

/** The form that a matrix of `inputs` takes by a scheme and an algorithm. */
export function formatFor(
  inputs: number,
  {
    scheme,
    algorithm,
    weightsOnly,
    isCalibrated,
  }: Required<Pick<QuantizeOptions, 'scheme' | 'algorithm' | 'weightsOnly'>> & {
    readonly isCalibrated: boolean;
  },
): WeightFormat {
  const { activationBits, ...plain } = formatOf(scheme, inputs);
  if (weightsOnly) return plain;
  const size = algorithm.rotate ? rotationFor(inputs) : 1;
  return {
    ...plain,
    ...(activationBits && { activationBits }),
    ...(size > 1 && { rotation: size }),
    ...(algorithm.smooth && isCalibrated && { smooth: true as const }),
  };
}

/** All but the searches that go by weights alone. */
const usesStatistics = ({ smooth, round: how }: Algorithm): boolean =>
  smooth !== undefined || how === 'gptq' || how === 'mse';

/** @throws SnowglobeError for statistics of activations that are not finite */
function checkStatistics(statistics: Statistics): void {
  for (const [what, values] of [
    ['mean', statistics.means],
    ['mean square', statistics.meanSquares],
    ['largest magnitude', statistics.largest],
  ] as const) {
    const wrong = values.findIndex((value) => !Number.isFinite(value));
    if (wrong < 0) continue;
    throw new SnowglobeError(
      `its input ${wrong} had the ${what} ${values[wrong]} in calibration, which must be a finite number; calibrate from other recordings, or use an algorithm that does not need it (rtn, hqq).`,
    );
  }
}

function round(
  columns: Columns,
  scheme: Scheme,
  format: WeightFormat,
  { round: how }: Algorithm,
  statistics: Statistics | undefined,
): RoundedColumns {
  if (how === 'gptq' && statistics) return gptq(columns, scheme, format, statistics);
  if (how === 'hqq') return hqq(columns, scheme, format);
  if (how === 'rtn') return roundToNearest(columns, scheme, format);
  return roundToNearest(columns, scheme, format, {
    search: true,
    importance: statistics && importanceOf(statistics),
  });
}

function factorsOf(
  columns: Columns,
  scheme: Scheme,
  format: WeightFormat,
  { smooth }: Algorithm,
  statistics: Statistics,
): Float32Array {
  return smooth === 'awq'
    ? awqFactors(columns, scheme, format, statistics)
    : smoothQuantFactors(columns, statistics);
}

/** The weights that are kept: divided by the factors of the activations, then rotated. */
function storedColumns(columns: Columns, { smooth, rotation }: Turn): Columns {
  const { inputs } = columns;
  const data = smooth
    ? columns.data.map((weight, at) => weight / smooth[at % inputs]!)
    : columns.data.slice();
  if (rotation) rotateEachColumn(data, inputs, rotation);
  return { ...columns, data };
}

/** Columns are successive, and the blocks of a rotation divide them. */
function rotateEachColumn(data: Float64Array, inputs: number, rotation: number): void {
  if (inputs % rotation !== 0) throw new Error(`rotation of ${rotation} does not divide ${inputs}`);
  rotateInPlace(data, rotation);
}
