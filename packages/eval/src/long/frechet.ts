import { SnowglobeError } from '@snowglobe/graph';
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';

/** Mean and covariance of vectors, which may come one by one. */
export class Moments {
  #count = 0;
  readonly #sum: Float64Array;
  readonly #products: Float64Array;

  /** @param size D, numbers of a vector */
  constructor(readonly size: number) {
    this.#sum = new Float64Array(size);
    this.#products = new Float64Array(size * size);
  }

  get count(): number {
    return this.#count;
  }

  add(vector: ArrayLike<number>): void {
    this.#count++;
    for (let i = 0; i < this.size; i++) {
      this.#sum[i]! += vector[i]!;
      for (let j = 0; j <= i; j++) this.#products[i * this.size + j]! += vector[i]! * vector[j]!;
    }
  }

  mean(): Float64Array {
    return this.#sum.map((sum) => sum / this.#count);
  }

  /** (D, D), with a little on the diagonal, so that it can be inverted. */
  covariance(): Matrix {
    const mean = this.mean();
    const matrix = Matrix.zeros(this.size, this.size);
    for (let i = 0; i < this.size; i++) {
      for (let j = 0; j <= i; j++) {
        const value = this.#products[i * this.size + j]! / this.#count - mean[i]! * mean[j]!;
        matrix.set(i, j, value);
        matrix.set(j, i, value);
      }
      matrix.set(i, i, matrix.get(i, i) + ridge);
    }
    return matrix;
  }
}

const ridge = 1e-6;

/**
 * Fréchet distance of two normal distributions: |μa − μb|² + tr(A + B − 2 (AB)^½) (Dowson & Landau 1982; Heusel et al. 2017).
 * @throws SnowglobeError where one has fewer than two vectors
 */
export function frechetDistance(a: Moments, b: Moments): number {
  if (a.count < 2 || b.count < 2) {
    throw new SnowglobeError(
      `Fréchet distance: ${a.count} and ${b.count} vectors; it takes at least two of each.`,
    );
  }
  const [meanA, meanB] = [a.mean(), b.mean()];
  const [covarianceA, covarianceB] = [a.covariance(), b.covariance()];
  // tr (AB)^½ = tr (A^½ B A^½)^½, and that matrix is symmetric.
  const rootA = symmetricRoot(covarianceA);
  const inner = rootA.mmul(covarianceB).mmul(rootA);
  const roots = eigenvalues(inner).reduce((sum, value) => sum + Math.sqrt(Math.max(0, value)), 0);
  const square = meanA.reduce((sum, value, i) => sum + (value - meanB[i]!) ** 2, 0);
  return Math.max(0, square + covarianceA.trace() + covarianceB.trace() - 2 * roots);
}

function symmetricRoot(matrix: Matrix): Matrix {
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(matrix, {
    assumeSymmetric: true,
  });
  const roots = Matrix.diag(realEigenvalues.map((value) => Math.sqrt(Math.max(0, value))));
  return eigenvectorMatrix.mmul(roots).mmul(eigenvectorMatrix.transpose());
}

function eigenvalues(matrix: Matrix): number[] {
  // Rounding leaves it a little asymmetric.
  const even = Matrix.add(matrix, matrix.transpose()).mul(0.5);
  return new EigenvalueDecomposition(even, { assumeSymmetric: true }).realEigenvalues;
}
