import { SnowglobeError } from '@snowglobe/graph';

/** A matrix of weights (K, N), kept a column after the other: groups of a column are successive numbers. */
export interface Columns {
  /** K */
  readonly inputs: number;
  /** N */
  readonly outputs: number;
  /** (N, K) */
  readonly data: Float64Array;
}

/**
 * Weights as a study works on them.
 * @param weights (K, N), row-major
 * @throws SnowglobeError for weights that are not finite or do not fill the shape; the layer is not named
 */
export function columnsOf(
  weights: ArrayLike<number>,
  [inputs, outputs]: readonly [inputs: number, outputs: number],
): Columns {
  if (weights.length !== inputs * outputs) {
    throw new SnowglobeError(
      `has ${weights.length} weights and its shape (${inputs}, ${outputs}) holds ${inputs * outputs}; give it whole.`,
    );
  }
  const data = new Float64Array(inputs * outputs);
  for (let k = 0; k < inputs; k++) {
    for (let n = 0; n < outputs; n++) {
      const value = weights[k * outputs + n]!;
      if (!Number.isFinite(value)) {
        throw new SnowglobeError(
          `has the weight ${value} at input ${k}, output ${n}; every weight must be a finite number, so train the world again.`,
        );
      }
      data[n * inputs + k] = value;
    }
  }
  return { inputs, outputs, data };
}

/** Row-major (K, N) again, as executors hold weights. */
export function rowMajor({ inputs, outputs, data }: Columns): Float32Array {
  const result = new Float32Array(data.length);
  for (let n = 0; n < outputs; n++) {
    for (let k = 0; k < inputs; k++) result[k * outputs + n] = data[n * inputs + k]!;
  }
  return result;
}
