import type { Tensor } from '@snowglobe/graph';
import { matrixShape } from '@snowglobe/graph/internal';
import { concat, matmul, pointwise, reshape, slice, sum } from '@snowglobe/kernels';

/** Coefficients of the quintic of Jordan et al.: they push singular values to about 0.7 … 1.2 within five steps. */
const [a, b, c] = [3.4445, -4.775, 2.0315] as const;
const iterations = 5;

/** Above this ratio of sides, iterating on the Gram matrix alone needs fewer operations than on the matrix. */
const gramRatio = 2;

/**
 * Approximately the nearest (semi-)orthogonal matrices: every singular value of a matrix goes to about 1 and its
 * singular vectors stay. Newton-Schulz iteration X <- aX + (bA + cA²)X with A = XXᵀ (Jordan et al. 2024, "Muon: An
 * optimizer for hidden layers in neural networks").
 *
 * @param x (G, R, C): G matrices of one shape, in one batched product a step
 * @returns (G, R, C)
 */
export function orthogonalize(x: Tensor): Tensor {
  const [, rows, columns] = x.shape as [number, number, number];
  const wide = rows <= columns;
  const norm = pointwise.sqrt(sum(pointwise.square(x), [1, 2], { keepDimensions: true }));
  const start = pointwise.div(x, pointwise.add(norm, 1e-7));
  const ratio = Math.max(rows, columns) / Math.min(rows, columns);
  return ratio >= gramRatio ? viaGram(start, wide) : direct(start, wide);
}

/** XXᵀ, or XᵀX where that is smaller. */
const gram = (x: Tensor, wide: boolean): Tensor =>
  matmul(x, x, wide ? { transposeB: true } : { transposeA: true });

/** A symmetric matrix applied to the short side of `x`. */
const applyTo = (x: Tensor, symmetric: Tensor, wide: boolean): Tensor =>
  wide ? matmul(symmetric, x) : matmul(x, symmetric);

/** bA + cA². */
const polynomial = (gramMatrix: Tensor): Tensor =>
  pointwise.add(pointwise.mul(gramMatrix, b), pointwise.mul(matmul(gramMatrix, gramMatrix), c));

function direct(start: Tensor, wide: boolean): Tensor {
  let x = start;
  for (let step = 0; step < iterations; step++) {
    x = pointwise.add(pointwise.mul(x, a), applyTo(x, polynomial(gram(x, wide)), wide));
  }
  return x;
}

/**
 * The same iteration for oblong matrices. Each step multiplies X by Q = aI + bA + cA² on its short side, and all Q are
 * polynomials of the first A, so they commute: the next A is QAQ, and the product of all Q meets X once, at the end.
 * Of the 20r + 10 cubes of the short side that the direct form costs at ratio r, 4r + 34 are left.
 */
function viaGram(start: Tensor, wide: boolean): Tensor {
  const { builder } = start;
  let gramMatrix = gram(start, wide);
  const side = gramMatrix.shape.at(-1)!;
  const diagonal = new Float32Array(side * side);
  for (let i = 0; i < side; i++) diagonal[i * (side + 1)] = a;
  const scaledIdentity = builder.constant(diagonal, [side, side]);
  let product: Tensor | undefined;
  for (let step = 0; step < iterations; step++) {
    const q = pointwise.add(polynomial(gramMatrix), scaledIdentity);
    product = product ? matmul(q, product) : q;
    if (step < iterations - 1) gramMatrix = matmul(matmul(q, gramMatrix), q);
  }
  return applyTo(start, product!, wide);
}

/**
 * Muon's step direction of every weight: the orthogonalized update times sqrt(max(1, out / in)), in the weight's shape.
 * Weights of one matrix shape go through the iteration together.
 */
export function muonDirections(updates: readonly Tensor[]): readonly Tensor[] {
  const groups = new Map<string, number[]>();
  updates.forEach((update, index) => {
    const key = matrixShape(update.shape).join('x');
    groups.set(key, [...(groups.get(key) ?? []), index]);
  });
  const directions: Tensor[] = [];
  for (const members of groups.values()) {
    const [rows, columns] = matrixShape(updates[members[0]!]!.shape);
    const stacked = members.map((index) => reshape(updates[index]!, [1, rows, columns]));
    const batch = stacked.length === 1 ? stacked[0]! : concat(stacked, 0);
    const scale = Math.sqrt(Math.max(1, columns / rows));
    const orthogonal = orthogonalize(batch);
    const result = scale === 1 ? orthogonal : pointwise.mul(orthogonal, scale);
    members.forEach((index, position) => {
      directions[index] = reshape(slice(result, 0, position, position + 1), updates[index]!.shape);
    });
  }
  return directions;
}
