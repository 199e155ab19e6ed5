/**
 * How a matrix of weights is kept in few bits: what world files, executors and the quantization laboratory agree on.
 *
 * Shapes: K inputs (depth), N outputs (columns). A 3x3 filter (3, 3, C, N) is the matrix of its taps, K = 9 · C.
 */

/** Plain data: it stands in a world's metadata and parameterises kernels. */
export interface WeightFormat {
  readonly bits: 2 | 4 | 8;
  /** Successive inputs of a column that share a scale; a power of two of at least 16. Per channel is the power of two >= K. */
  readonly group: number;
  /** A zero point a group; without them (and without `codebook`) it is the middle, 2^(bits - 1). */
  readonly zeroPoints: boolean;
  /** 2^bits values: weight = codebook[q] · scale (NF4, MXFP4, ternary). Without it weight = (q - zero point) · scale. */
  readonly codebook?: readonly number[];
  /** 8: activations are rounded to signed bytes, a scale a row, when the matmul runs. Default: they stay floats. */
  readonly activationBits?: 8;
  /** Activations and weights are turned by normalised Hadamard matrices of this size (a power of two that divides K) along K. */
  readonly rotation?: number;
  /** Activations are multiplied by a vector over K first, of which the weights hold the inverse (AWQ, SmoothQuant). */
  readonly smooth?: true;
}

/** A matrix (K, N) in few bits, a row of words a column. */
export interface QuantizedMatrix {
  readonly format: WeightFormat;
  readonly shape: readonly [inputs: number, outputs: number];
  /** (N, words) u32: `packRows` of the values of W^T, K padded to whole groups. */
  readonly packed: Uint32Array;
  /** (N, groups) */
  readonly scales: Float32Array;
  /** (N, zero words) u32, where the format has them. */
  readonly zeroPoints?: Uint32Array;
  /** (K), where the format has it. */
  readonly smooth?: Float32Array;
}
