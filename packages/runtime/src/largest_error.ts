import type { TensorData } from '@snowglobe/graph';

type Values = TensorData | Float64Array;

/** An output whose values are this much smaller than the largest of all is measured by the largest of all. */
const negligible = 1e-3;

/**
 * Largest difference of an output as a share of its largest magnitude, over all outputs; NaN anywhere is infinitely wrong.
 * @throws Error when an output is missing or has another length
 */
export function largestError(
  actual: Readonly<Record<string, Values>>,
  expected: Readonly<Record<string, Values>>,
): number {
  const outputs = Object.entries(expected).map(([name, values]) => {
    const results = actual[name];
    if (results?.length !== values.length) {
      throw new Error(`output '${name}' has ${results?.length ?? 'no'} values, expected ${values.length}`);
    }
    let difference = 0;
    let magnitude = 0;
    for (let i = 0; i < values.length; i++) {
      const distance = results[i] === values[i] ? 0 : Math.abs(results[i]! - values[i]!);
      if (!(distance <= difference)) difference = Number.isNaN(distance) ? Infinity : distance;
      magnitude = Math.max(magnitude, Math.abs(values[i]!));
    }
    return { difference, magnitude };
  });
  const largest = Math.max(...outputs.map(({ magnitude }) => magnitude));
  const least = Math.max(1e-9, negligible * largest);
  return Math.max(0, ...outputs.map(({ difference, magnitude }) => difference / Math.max(least, magnitude)));
}
