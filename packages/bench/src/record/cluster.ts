import type { BenchEntry, BenchRecord } from './types.js';

/** How entries of a cluster whose parts fail are called, and what a record's summary makes of them. */

/** `fault`: a sample each, the longest that a player waited for a frame. `recovery`: a sample each player who lost the place where it was played. */
export const clusterFamilies = { fault: 'fault', recovery: 'recovery' } as const;

/** Of all faults together; nearest ranks. */
export function summarizeCluster(
  entries: readonly BenchEntry[],
): Pick<BenchRecord['summary'], 'faults' | 'survived' | 'recoveryP50' | 'recoveryP99'> {
  const of = (wanted: string): readonly BenchEntry[] =>
    entries.filter(({ suite, family }) => suite === 'cluster' && family === wanted);
  const faults = of(clusterFamilies.fault);
  const ms = of(clusterFamilies.recovery)
    .flatMap(({ samples }) => samples)
    .sort((a, b) => a - b);
  const at = (share: number): number | null => ms[Math.ceil(share * ms.length) - 1] ?? null;
  const sum = (values: readonly number[]): number | null =>
    values.length > 0 ? values.reduce((a, b) => a + b, 0) : null;
  return {
    faults: sum(faults.map(({ samples }) => samples.length)),
    survived: sum(faults.map(({ survived }) => survived ?? 0)),
    recoveryP50: at(0.5),
    recoveryP99: at(0.99),
  };
}
