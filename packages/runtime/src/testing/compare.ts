import type { TensorData } from '@snowglobe/graph';

export interface Tolerance {
  /** Largest accepted difference as a share of the expected tensor's root mean square. Default 2e-5. */
  readonly relative?: number;
  /** Added to it. Default 1e-6. */
  readonly absolute?: number;
}

/** Throws a message with the worst element when two tensors differ by more than rounding explains. */
export function expectClose(
  what: string,
  actual: TensorData | Float64Array,
  expected: TensorData | Float64Array,
  { relative = 2e-5, absolute = 1e-6 }: Tolerance = {},
): void {
  if (actual.length !== expected.length) {
    throw new Error(`${what}: has ${actual.length} elements, expected ${expected.length}`);
  }
  let square = 0;
  for (const value of expected) square += value * value;
  const limit = absolute + relative * Math.sqrt(square / Math.max(1, expected.length));
  let worst = -1;
  let worstDifference = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    // Large elements carry their own rounding on top of the tensor's.
    const allowed = limit + relative * Math.abs(expected[i]!);
    if (!(difference <= allowed) && !(difference <= worstDifference)) {
      worst = i;
      worstDifference = difference;
    }
  }
  if (worst >= 0) {
    throw new Error(
      `${what}: element ${worst} is ${actual[worst]}, expected ${expected[worst]} (difference ${worstDifference}, limit ${limit})`,
    );
  }
}
