/** Square matrices are Float64Arrays, row-major, of side `n`. */

/**
 * The lower triangle L of a symmetric positive definite matrix, A = L · Lᵀ, zeros above the diagonal.
 * @returns undefined when the matrix is not positive definite in double precision
 */
export function cholesky(matrix: Float64Array, n: number): Float64Array | undefined {
  const lower = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const row = i * n;
    for (let j = 0; j <= i; j++) {
      const other = j * n;
      let sum = matrix[row + j]!;
      for (let k = 0; k < j; k++) sum -= lower[row + k]! * lower[other + k]!;
      if (i !== j) lower[row + j] = sum / lower[other + j]!;
      else if (!(sum > 0)) return undefined;
      else lower[row + j] = Math.sqrt(sum);
    }
  }
  return lower;
}

/** The inverse of A = L · Lᵀ from its lower triangle. */
export function inverseOf(lower: Float64Array, n: number): Float64Array {
  // Rows of the inverse of L: forward substitution, the row of a column after the other.
  const inverse = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const row = i * n;
    const diagonal = 1 / lower[row + i]!;
    for (let k = 0; k < i; k++) {
      const factor = lower[row + k]! * diagonal;
      if (factor === 0) continue;
      const other = k * n;
      for (let j = 0; j <= k; j++) inverse[row + j]! -= factor * inverse[other + j]!;
    }
    inverse[row + i] = diagonal;
  }
  // A⁻¹ = L⁻ᵀ · L⁻¹, a sum of outer products of those rows.
  const result = new Float64Array(n * n);
  for (let k = 0; k < n; k++) {
    const row = k * n;
    for (let i = 0; i <= k; i++) {
      const factor = inverse[row + i]!;
      if (factor === 0) continue;
      const target = i * n;
      for (let j = 0; j <= i; j++) result[target + j]! += factor * inverse[row + j]!;
    }
  }
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) result[j * n + i] = result[i * n + j]!;
  return result;
}

/** Solves L · Lᵀ · x = b in place. */
export function solveInPlace(lower: Float64Array, n: number, b: Float64Array): void {
  for (let i = 0; i < n; i++) {
    let sum = b[i]!;
    for (let k = 0; k < i; k++) sum -= lower[i * n + k]! * b[k]!;
    b[i] = sum / lower[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    const value = b[i]! / lower[i * n + i]!;
    b[i] = value;
    for (let k = 0; k < i; k++) b[k]! -= lower[i * n + k]! * value;
  }
}
