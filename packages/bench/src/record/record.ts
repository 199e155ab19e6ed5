import { SnowglobeError } from '@snowglobe/graph';
import { describeIssue } from '@snowglobe/graph/internal';
import * as v from 'valibot';
import type { BenchEntry, BenchRecord } from './types.js';
import { recordSchema } from './schema.js';
import { summarizeCluster } from './cluster.js';
import { summarizeSessions } from './sessions.js';

/** Share by which a summary may differ from what the entries say, for rounding. */
const tolerance = 1e-6;

/**
 * Checks a record that comes from outside: its form, and that summary, medians and shares are what its samples say.
 * @param source names it in errors
 * @throws SnowglobeError naming the field
 */
export function parseRecord(value: unknown, source: string): BenchRecord {
  const result = v.safeParse(recordSchema, value, { abortEarly: true });
  const refuse = (what: string): never => {
    throw new SnowglobeError(`${source}: ${what}; use a record that snowglobe bench wrote.`);
  };
  if (!result.success) return refuse(describeIssue(result.issues[0]));
  const record = result.output;
  record.entries.forEach(({ samples, ms }, index) => {
    if (ms < Math.min(...samples) * (1 - tolerance) || ms > Math.max(...samples) * (1 + tolerance)) {
      refuse(`the field 'entries.${index}.ms' is ${ms}, which is no median of its samples`);
    }
  });
  const expected = summarizeEntries(record.entries);
  for (const [name, wanted] of Object.entries(expected)) {
    const found = record.summary[name as keyof typeof expected] ?? null;
    const same =
      typeof wanted === 'number' && typeof found === 'number'
        ? Math.abs(wanted - found) <= tolerance * wanted
        : wanted === found;
    if (!same) refuse(`the field 'summary.${name}' is ${found}, and its entries say ${wanted}`);
  }
  return record;
}

export function geometricMean(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/** Older records say it in their notes. */
export function precisionOf({ precision, notes }: BenchRecord): 'f32' | 'f16' {
  return (
    precision ?? (notes.some((note) => /round their operands to half precision/.test(note)) ? 'f16' : 'f32')
  );
}

type Peer = keyof NonNullable<BenchEntry['peers']>;

function ratios(entries: readonly BenchEntry[], peer: Peer): number[] {
  return entries.flatMap(({ suite, peers, ms }) => {
    const other = peers?.[peer];
    return suite === 'kernels' && other !== undefined ? [other / ms] : [];
  });
}

/** The summary of a record's entries. */
export function summarizeEntries(entries: readonly BenchEntry[]): BenchRecord['summary'] {
  const families = [...new Set(entries.map(({ family }) => family))]
    .map((family) => {
      const own = entries.filter((entry) => entry.family === family);
      return { family, ratio: geometricMean(ratios(own, 'ortWebgpu')) };
    })
    .filter((each): each is { family: string; ratio: number } => each.ratio !== null)
    .sort((a, b) => a.ratio - b.ratio);
  // A whole frame where it was timed; records from before it was have a layer's look alone.
  const timed = entries.some(({ family }) => family === 'frame-history') ? 'frame-history' : 'history';
  const history = (frames: number): number | undefined =>
    entries.find(({ family, shape }) => family === timed && shape === `${frames} frames`)?.ms;
  const [long, short] = [history(1024), history(16)];
  return {
    geomeanVsOrtWebgpu: geometricMean(ratios(entries, 'ortWebgpu')),
    worstFamilyVsOrtWebgpu: families[0]?.ratio ?? null,
    worstFamily: families[0]?.family ?? null,
    geomeanVsOrtCpu: geometricMean(ratios(entries, 'ortCpu')),
    historyCost1024Over16: long !== undefined && short !== undefined ? long / short : null,
    ...summarizeSessions(entries),
    ...summarizeCluster(entries),
  };
}
