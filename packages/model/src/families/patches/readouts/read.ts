import type { Readouts } from '../../../family/readouts.js';
import type { ReadoutsConfig } from '../config/readouts.js';

/** The numbers of a config as they are read off frames. */
export function readoutsOf({ numbers, end }: ReadoutsConfig): Readouts {
  const tables = numbers.map(({ name, cell, values }) => ({ name, cell, values: new Map(values) }));
  return {
    numbers: numbers.map(({ name, values }) => {
      const each = values.map(([, value]) => value);
      return { name, least: Math.min(...each), most: Math.max(...each) };
    }),
    end,
    read: (codes) =>
      Object.fromEntries(
        tables.flatMap(({ name, cell, values }) => {
          const value = values.get(codes[cell]!);
          return value === undefined ? [] : [[name, value]];
        }),
      ),
  };
}
