/** The fast Walsh-Hadamard transform, normalised, of `size` numbers that stand `stride` apart from `first` on, in place. */
export function transform(
  values: { [index: number]: number },
  first: number,
  stride: number,
  size: number,
): void {
  for (let half = 1; half < size; half *= 2) {
    for (let i = 0; i < size; i++) {
      if (i & half) continue;
      const one = first + i * stride;
      const other = one + half * stride;
      const [a, b] = [values[one]!, values[other]!];
      values[one] = a + b;
      values[other] = a - b;
    }
  }
  for (let i = 0; i < size; i++) values[first + i * stride]! /= Math.sqrt(size);
}
