/**
 * Multiplies every block of `size` successive numbers by the normalised Hadamard matrix of that size, in place (fast
 * Walsh-Hadamard transform). The matrix is symmetric and its own inverse: twice gives the numbers back.
 * @param size a power of two that divides the length
 */
export function rotateInPlace(values: Float64Array, size: number): void {
  for (let half = 1; half < size; half *= 2) {
    for (let start = 0; start < values.length; start += 2 * half) {
      for (let i = start; i < start + half; i++) {
        const [a, b] = [values[i]!, values[i + half]!];
        values[i] = a + b;
        values[i + half] = a - b;
      }
    }
  }
  const norm = 1 / Math.sqrt(size);
  for (let i = 0; i < values.length; i++) values[i]! *= norm;
}

/** The largest power of two up to `most` that divides `inputs`; 1 where that is odd. */
export function rotationFor(inputs: number, most = 512): number {
  let size = 1;
  while (inputs % (2 * size) === 0 && 2 * size <= most) size *= 2;
  return size;
}
