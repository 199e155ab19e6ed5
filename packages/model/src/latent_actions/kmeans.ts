import { SnowglobeError } from '@snowglobe/graph';

/** A code of each point, and the centres. */
export interface Clustering {
  /** (codes, dimensions) */
  readonly centres: Float32Array;
  /** Mean squared distance of the points to their centres. */
  readonly error: number;
}

export interface KmeansOptions {
  readonly codes: number;
  /** Independent starts, of which the best is kept; default 4. */
  readonly restarts?: number;
  readonly iterations?: number;
  /** Uniform numbers in 0 … 1, for the starts. */
  readonly random: () => number;
}

/**
 * Lloyd's algorithm from k-means++ starts (Arthur & Vassilvitskii 2007) on points (count, dimensions). A centre that
 * loses all its points moves to the point that is farthest from its own, so every code stays in use.
 */
export function kmeans(points: Float32Array, dimensions: number, options: KmeansOptions): Clustering {
  const { codes, restarts = 4, iterations = 60, random } = options;
  const count = points.length / dimensions;
  if (count < codes) {
    throw new SnowglobeError(
      `k-means: ${count} points cannot make ${codes} codes; give more video or fewer codes.`,
    );
  }
  let best: Clustering | undefined;
  for (let restart = 0; restart < restarts; restart++) {
    const centres = spreadStarts(points, dimensions, codes, random);
    let error = Infinity;
    for (let i = 0; i < iterations; i++) {
      const next = improve(points, dimensions, centres);
      const converged = next >= error * (1 - 1e-6);
      error = next;
      if (converged) break;
    }
    if (!best || error < best.error) best = { centres, error };
  }
  return best!;
}

/** Index of the centre next to a point. */
export function nearestCode(
  point: ArrayLike<number>,
  offset: number,
  centres: Float32Array,
  dimensions: number,
): number {
  let code = 0;
  let distance = Infinity;
  for (let c = 0; c < centres.length / dimensions; c++) {
    const d = squaredDistance(point, offset, centres, c * dimensions, dimensions);
    if (d < distance) {
      distance = d;
      code = c;
    }
  }
  return code;
}

function spreadStarts(
  points: Float32Array,
  dimensions: number,
  codes: number,
  random: () => number,
): Float32Array {
  const count = points.length / dimensions;
  const centres = new Float32Array(codes * dimensions);
  const distances = new Float64Array(count).fill(Infinity);
  let chosen = Math.floor(random() * count);
  for (let c = 0; c < codes; c++) {
    centres.set(points.subarray(chosen * dimensions, (chosen + 1) * dimensions), c * dimensions);
    let total = 0;
    for (let i = 0; i < count; i++) {
      const d = squaredDistance(points, i * dimensions, centres, c * dimensions, dimensions);
      distances[i] = Math.min(distances[i]!, d);
      total += distances[i]!;
    }
    let left = random() * total;
    chosen = 0;
    while (chosen < count - 1 && (left -= distances[chosen]!) > 0) chosen++;
  }
  return centres;
}

/** One step: assigns points, moves centres. Returns the error before the move. */
function improve(points: Float32Array, dimensions: number, centres: Float32Array): number {
  const codes = centres.length / dimensions;
  const sums = new Float64Array(centres.length);
  const counts = new Int32Array(codes);
  let error = 0;
  let farthest = 0;
  let farthestDistance = -1;
  const count = points.length / dimensions;
  for (let i = 0; i < count; i++) {
    const code = nearestCode(points, i * dimensions, centres, dimensions);
    const distance = squaredDistance(points, i * dimensions, centres, code * dimensions, dimensions);
    error += distance;
    counts[code]!++;
    for (let d = 0; d < dimensions; d++) sums[code * dimensions + d]! += points[i * dimensions + d]!;
    if (distance > farthestDistance) [farthest, farthestDistance] = [i, distance];
  }
  for (let c = 0; c < codes; c++) {
    for (let d = 0; d < dimensions; d++) {
      centres[c * dimensions + d] =
        counts[c]! > 0 ? sums[c * dimensions + d]! / counts[c]! : points[farthest * dimensions + d]!;
    }
  }
  return error / count;
}

function squaredDistance(
  a: ArrayLike<number>,
  aOffset: number,
  b: ArrayLike<number>,
  bOffset: number,
  dimensions: number,
): number {
  let total = 0;
  for (let d = 0; d < dimensions; d++) total += (a[aOffset + d]! - b[bOffset + d]!) ** 2;
  return total;
}
