import { rotateInPlace } from '../algebra/hadamard.js';

/** What is done to activations before they meet the stored weights, see `WeightFormat`. */
export interface Turn {
  /** (K): every input is multiplied by its factor. */
  readonly smooth?: Float32Array | undefined;
  /** Then every block of so many inputs is rotated. */
  readonly rotation?: number | undefined;
}

/**
 * What is known of the activations X (rows, K) that a layer multiplies by its weights W (K, N). The squared error of a
 * quantized layer, the sum over rows of (X · ΔW)², depends on X through XᵀX alone, the Hessian of the error up to a factor.
 */
export interface Statistics {
  /** Rows that were seen. */
  readonly rows: number;
  /** (K): mean of each input. */
  readonly means: Float64Array;
  /** (K): mean of each input's square. */
  readonly meanSquares: Float64Array;
  /** (K): largest magnitude of each input. */
  readonly largest: Float64Array;
  /** (K): mean square that is to be reckoned with in other rows, beyond what was seen in these. */
  readonly prior: Float64Array;
  /** The part of XᵀX with the inputs from … to on both sides, row-major. */
  block(from: number, to: number): Float64Array;
  /**
   * X_bᵀ · X_a · δ for the inputs a = 0 … from and b = from … to: how an error δ (from) of the first inputs of a column is
   * felt by the next ones.
   */
  cross(from: number, to: number, delta: Float64Array): Float64Array;
  /** The sum over rows of (X · δ)², δ (K) being the error of one column. */
  error(delta: Float64Array): number;
  /** Of activations whose mean is taken away, because a bias makes up for it. */
  centred(): Statistics;
  /** Of activations that are turned first. `largest` is then what it can be at most. */
  turned(turn: Turn): Statistics;
}

/**
 * The prior of inputs as they are: a share of their common mean square, which is 0.01 and more where there are few rows. Inputs that
 * calibration did not show are not nothing.
 */
function priorOf(meanSquares: Float64Array, rows: number): Float64Array {
  const mean = meanSquares.reduce((sum, square) => sum + square / meanSquares.length, 0);
  return new Float64Array(meanSquares.length).fill(mean * Math.max(0.01, 1 / rows));
}

/** The prior after a turn. A rotation shares out that of a block. */
function priorAfter(prior: Float64Array, { smooth, rotation }: Turn): Float64Array {
  const result = prior.map((square, i) => square * (smooth?.[i] ?? 1) ** 2);
  if (!rotation) return result;
  for (let from = 0; from < result.length; from += rotation) {
    const sum = result.subarray(from, from + rotation).reduce((a, b) => a + b, 0);
    result.fill(sum / rotation, from, from + rotation);
  }
  return result;
}

/** (K): what the squared error of each input's weights counts, see `RoundOptions.importance`. */
export const importanceOf = ({ meanSquares, prior }: Statistics): Float64Array =>
  meanSquares.map((square, i) => square + prior[i]!);

/** The squared error that an error of one column, δ (K), is expected to make in as many rows as calibration saw. */
export function expectedError({ rows, prior, error }: Statistics, delta: Float64Array): number {
  return delta.reduce((sum, each, i) => sum + rows * prior[i]! * each * each, error(delta));
}

/** The largest magnitude that inputs can have after a turn. */
function largestAfter(largest: Float64Array, { smooth, rotation }: Turn): Float64Array {
  const scaled = largest.map((value, i) => value * Math.abs(smooth?.[i] ?? 1));
  if (!rotation) return scaled;
  for (let from = 0; from < scaled.length; from += rotation) {
    const sum = scaled.subarray(from, from + rotation).reduce((a, b) => a + b, 0);
    scaled.fill(sum / Math.sqrt(rotation), from, from + rotation);
  }
  return scaled;
}

/** One vector over the inputs, turned. */
function turnVector(values: Float64Array, { smooth, rotation }: Turn): Float64Array {
  const result = smooth ? values.map((value, i) => value * smooth[i]!) : values.slice();
  if (rotation) rotateInPlace(result, rotation);
  return result;
}

/** Statistics from XᵀX (K, K), which is enough where there are more rows than inputs. */
export function gramStatistics(
  gram: Float64Array,
  { rows, means, largest, prior }: Pick<Statistics, 'rows' | 'means' | 'largest'> & Partial<Statistics>,
): Statistics {
  const k = means.length;
  const meanSquares = Float64Array.from({ length: k }, (_, i) => gram[i * k + i]! / rows);
  const known = prior ?? priorOf(meanSquares, rows);
  return {
    ...{ rows, means, largest, meanSquares },
    prior: known,
    block(from, to) {
      const side = to - from;
      const result = new Float64Array(side * side);
      for (let i = 0; i < side; i++) {
        const start = (from + i) * k + from;
        result.set(gram.subarray(start, start + side), i * side);
      }
      return result;
    },
    cross(from, to, delta) {
      const result = new Float64Array(to - from);
      for (let i = from; i < to; i++) {
        let sum = 0;
        for (let j = 0; j < from; j++) sum += gram[i * k + j]! * delta[j]!;
        result[i - from] = sum;
      }
      return result;
    },
    error(delta) {
      let total = 0;
      for (let i = 0; i < k; i++) {
        if (delta[i] === 0) continue;
        let sum = 0.5 * gram[i * k + i]! * delta[i]!;
        for (let j = 0; j < i; j++) sum += gram[i * k + j]! * delta[j]!;
        total += 2 * sum * delta[i]!;
      }
      return Math.max(0, total);
    },
    centred() {
      const result = gram.map((value, at) => value - rows * means[Math.floor(at / k)]! * means[at % k]!);
      return gramStatistics(result, { rows, means: new Float64Array(k), largest, prior: known });
    },
    turned(turn) {
      const { smooth, rotation } = turn;
      const result = gram.slice();
      if (smooth) {
        for (let at = 0; at < result.length; at++) {
          result[at]! *= smooth[Math.floor(at / k)]! * smooth[at % k]!;
        }
      }
      if (rotation) {
        // Rows, then columns: the matrix is symmetric, so both are rows of a transpose.
        rotateInPlace(result, rotation);
        transposeInPlace(result, k);
        rotateInPlace(result, rotation);
      }
      return gramStatistics(result, {
        rows,
        means: turnVector(means, turn),
        largest: largestAfter(largest, turn),
        prior: priorAfter(known, turn),
      });
    },
  };
}

function transposeInPlace(matrix: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const [a, b] = [matrix[i * n + j]!, matrix[j * n + i]!];
      matrix[i * n + j] = b;
      matrix[j * n + i] = a;
    }
  }
}

/** Statistics from the rows themselves (rows, K): smaller than XᵀX where a layer has many inputs and few rows. */
export function rowStatistics(x: Float32Array, k: number, prior?: Float64Array): Statistics {
  const rows = x.length / k;
  const means = new Float64Array(k);
  const meanSquares = new Float64Array(k);
  const largest = new Float64Array(k);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < k; i++) {
      const value = x[row * k + i]!;
      means[i]! += value / rows;
      meanSquares[i]! += (value * value) / rows;
      largest[i] = Math.max(largest[i]!, Math.abs(value));
    }
  }
  const known = prior ?? priorOf(meanSquares, rows);
  /** X_{from … to} · δ: (rows). */
  const product = (to: number, delta: Float64Array): Float64Array => {
    const result = new Float64Array(rows);
    for (let row = 0; row < rows; row++) {
      let sum = 0;
      for (let j = 0, at = row * k; j < to; j++, at++) sum += x[at]! * delta[j]!;
      result[row] = sum;
    }
    return result;
  };
  return {
    ...{ rows, means, meanSquares, largest },
    prior: known,
    block(from, to) {
      const side = to - from;
      const result = new Float64Array(side * side);
      for (let row = 0; row < rows; row++) {
        const start = row * k + from;
        for (let i = 0; i < side; i++) {
          const value = x[start + i]!;
          if (value === 0) continue;
          for (let j = 0, at = i * side; j <= i; j++, at++) result[at]! += value * x[start + j]!;
        }
      }
      for (let i = 0; i < side; i++) for (let j = 0; j < i; j++) result[j * side + i] = result[i * side + j]!;
      return result;
    },
    cross(from, to, delta) {
      const felt = product(from, delta);
      const result = new Float64Array(to - from);
      for (let row = 0; row < rows; row++) {
        const much = felt[row]!;
        for (let j = from, at = row * k + from; j < to; j++, at++) result[j - from]! += x[at]! * much;
      }
      return result;
    },
    error: (delta) => product(k, delta).reduce((sum, value) => sum + value * value, 0),
    centred: () =>
      rowStatistics(
        x.map((value, at) => value - means[at % k]!),
        k,
        known,
      ),
    turned(turn) {
      const result = new Float32Array(x.length);
      for (let row = 0; row < rows; row++) {
        result.set(turnVector(Float64Array.from(x.subarray(row * k, (row + 1) * k)), turn), row * k);
      }
      return rowStatistics(result, k, priorAfter(known, turn));
    },
  };
}
