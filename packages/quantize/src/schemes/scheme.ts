import type { WeightFormat } from '@snowglobe/kernels';

/** How one group of weights is rounded: weight = (q − zero point) · scale, or codebook[q] · scale. */
export interface Grid {
  /** May be negative. It is rounded to what files keep (`roundScale`) before any weight is. */
  readonly scale: number;
  /** 0 … 2^bits − 1. The middle, 2^(bits − 1), in formats without zero points; not read where there is a codebook. */
  readonly zeroPoint: number;
}

/**
 * A way to keep weights in few bits. What it does not say follows from its format: rounding to the nearest value, packing,
 * dequantizing and the kernel that multiplies by it (`WeightFormat`).
 */
export interface Scheme {
  /** As the field writes it: w4a16-g32. */
  readonly name: string;
  /** One line for lists. */
  readonly summary: string;
  /**
   * The form of a matrix of `inputs` (K).
   * @throws SnowglobeError when it cannot have this scheme
   */
  format(inputs: number): WeightFormat;
  /**
   * Grids that may suit a group of weights: first the plain one, which covers all of them, then others that algorithms may
   * try because they clip outliers and step more finely in between.
   * @param weights of one group; at least one, all finite
   */
  grids(weights: Float64Array, format: WeightFormat): readonly Grid[];
}
