import type { WeightFormat } from '@snowglobe/kernels';
import type { Grid } from './scheme.js';

/** Rounding to the values of a format, for the inner loops of algorithms. */
export interface Rounding {
  /** The index, 0 … 2^bits − 1, of the value nearest to a weight. */
  nearest(weight: number, grid: Grid): number;
  /** What an index stands for. */
  value(index: number, grid: Grid): number;
}

/** How weights of a format are rounded. */
export function roundingOf({ bits, codebook }: WeightFormat): Rounding {
  return codebook ? codebookRounding(codebook) : integerRounding(2 ** bits - 1);
}

function integerRounding(top: number): Rounding {
  return {
    nearest(weight, { scale, zeroPoint }) {
      if (scale === 0) return zeroPoint;
      const steps = Math.round(weight / scale) + zeroPoint;
      return steps < 0 ? 0 : steps > top ? top : steps;
    },
    value: (index, { scale, zeroPoint }) => (index - zeroPoint) * scale,
  };
}

function codebookRounding(codebook: readonly number[]): Rounding {
  // Executors hold a codebook as 32-bit floats.
  const values = Float64Array.from(codebook, Math.fround);
  const order = [...values.keys()].sort((a, b) => values[a]! - values[b]! || a - b);
  // Of equal values the first index stands for both, so that the same weight always has the same bytes.
  const sorted = order.filter((index, i) => i === 0 || values[index] !== values[order[i - 1]!]);
  const borders = sorted.slice(1).map((index, i) => (values[index]! + values[sorted[i]!]!) / 2);
  const zero = sorted.reduce((best, index) =>
    Math.abs(values[index]!) < Math.abs(values[best]!) ? index : best,
  );
  return {
    nearest(weight, { scale }) {
      if (scale === 0) return zero;
      const wanted = weight / scale;
      let [low, high] = [0, borders.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (wanted < borders[middle]!) high = middle;
        else low = middle + 1;
      }
      return sorted[low]!;
    },
    value: (index, { scale }) => values[index]! * scale,
  };
}
