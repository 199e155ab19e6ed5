/**
 * Shares of the largest value by which a kernel may differ from the double-precision reference, by what matmuls may round their
 * operands to. `bytes`: where activations are rounded to bytes, one that lies between two of them may go to either.
 */
export const tolerances = { f32: 1e-4, f16: 5e-3, bytes: 5e-3 } as const;
