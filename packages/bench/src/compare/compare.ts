import { geometricMean, precisionOf } from '../record/record.js';
import type { BenchEntry, BenchRecord } from '../record/types.js';

/** One measurement in two records. */
export interface Difference {
  readonly suite: string;
  readonly family: string;
  readonly shape: string;
  readonly variants: readonly [before: string, after: string];
  readonly ms: readonly [before: number, after: number];
  /** Before by after: above 1 is faster now. */
  readonly speedup: number;
  /** Whether the middle halves of both samples lie apart. */
  readonly clear: boolean;
}

/** How the second of two records differs from the first. */
export interface Comparison {
  readonly differences: readonly Difference[];
  /** Geometric mean of the speedups; null without a common measurement. */
  readonly geomean: number | null;
  /** What only one of the two has. */
  readonly onlyBefore: readonly string[];
  readonly onlyAfter: readonly string[];
  /** Reasons to read it with care: another precision, other adapters, other machines. */
  readonly warnings: readonly string[];
}

const keyOf = ({ suite, family, shape, dtype, variant }: BenchEntry): string =>
  // Variants of a kernel answer the same question; executors of a whole model do not.
  [suite, family, shape, dtype, ...(suite === 'kernels' ? [] : [variant])].join(' | ');

/** Compares what two records have in common. */
export function compareRecords(before: BenchRecord, after: BenchRecord): Comparison {
  const old = new Map(before.entries.map((entry) => [keyOf(entry), entry]));
  const fresh = new Map(after.entries.map((entry) => [keyOf(entry), entry]));
  const differences = [...fresh].flatMap(([key, now]): Difference[] => {
    const then = old.get(key);
    if (!then) return [];
    const { suite, family, shape } = now;
    const gap = Math.abs(now.ms - then.ms);
    return [
      {
        ...{ suite, family, shape },
        variants: [then.variant, now.variant],
        ms: [then.ms, now.ms],
        speedup: then.ms / now.ms,
        clear: gap > now.ms * now.spread + then.ms * then.spread,
      },
    ];
  });
  const warnings: string[] = [];
  const differs = (what: string, one: string, other: string): void => {
    if (one !== other) warnings.push(`${what}: '${one}' before, '${other}' after.`);
  };
  const [precision, now] = [precisionOf(before), precisionOf(after)];
  if (precision !== now) {
    warnings.push(
      `precision: ${precision} before, ${now} after. Half precision computes less exactly: what it gains is no gain of the code.`,
    );
  }
  differs('adapter', before.adapter.name, after.adapter.name);
  differs('driver', before.adapter.driver, after.adapter.driver);
  differs('CPU', before.environment.cpu, after.environment.cpu);
  differs('runtime', before.environment.runtime, after.environment.runtime);
  if (before.environment.webgpu !== undefined && after.environment.webgpu !== undefined)
    differs('WebGPU', before.environment.webgpu, after.environment.webgpu);
  if (before.method !== after.method) differs('kernels timed by', before.method, after.method);
  return {
    differences,
    geomean: geometricMean(differences.map(({ speedup }) => speedup)),
    onlyBefore: [...old.keys()].filter((key) => !fresh.has(key)),
    onlyAfter: [...fresh.keys()].filter((key) => !old.has(key)),
    warnings,
  };
}
