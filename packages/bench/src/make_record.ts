import { describeIssue } from '@snowglobe/graph/internal';
import type { Precision } from '@snowglobe/kernels';
import * as v from 'valibot';
import { summarizeEntries } from './record/record.js';
import type { BenchEntry, BenchRecord, BenchRefusal } from './record/types.js';
import { entrySchema } from './record/schema.js';
import type { SuiteContext, SuiteResult } from './suites/options.js';

/** What a record says about where it was made. */
export interface Provenance extends Pick<BenchRecord, 'commit' | 'environment' | 'notes'> {
  readonly toggles: readonly string[];
}

/** Among the notes of a record that does not hold all that was asked for. */
export const stoppedNote =
  'The bench was stopped, or its time was up, before all was measured; this is what was.';

/** Limits that decide what fits and how kernels are tiled. */
const keptLimits: readonly string[] = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupsPerDimension',
];

/** Runs suites one after the other and makes a record of them. */
export async function makeRecord(
  suites: readonly ((context: SuiteContext) => Promise<SuiteResult>)[],
  context: SuiteContext,
  provenance: Provenance,
): Promise<BenchRecord> {
  const results: SuiteResult[] = [];
  for (const suite of suites) {
    const measured: BenchEntry[] = [];
    const refused: BenchRefusal[] = [];
    let current: string | undefined;
    const listening: SuiteContext = {
      ...context,
      onStart: (name, done, total) => {
        current = name;
        context.onStart?.(name, done, total);
      },
      onEntry: (entry) => {
        measured.push(entry);
        context.onEntry?.(entry);
      },
      onRefused: (refusal) => void refused.push(refusal),
    };
    try {
      results.push(await suite(listening));
    } catch (error) {
      if (!context.signal?.aborted) throw error;
      const last = current === undefined ? [] : [`The last to be started was ${current}.`];
      results.push({ entries: measured, refused, notes: [stoppedNote, ...last] });
      break;
    }
  }
  return recordOf(results, context, provenance);
}

/** A record that `parseRecord` takes, whatever was measured: what does not fit in is cut off or listed as not timed. */
export function recordOf(
  results: readonly SuiteResult[],
  { opened, method, tickNs, roofline }: Pick<SuiteContext, 'opened' | 'method' | 'tickNs' | 'roofline'>,
  { commit, environment, notes, toggles }: Provenance,
): BenchRecord {
  const entries: BenchEntry[] = [];
  const refused: BenchRefusal[] = results.flatMap((result) => result.refused);
  for (const entry of results.flatMap((result) => result.entries)) {
    const parsed = v.safeParse(entrySchema, entry, { abortEarly: true });
    if (parsed.success && isMedian(entry)) entries.push(entry);
    else {
      const { suite, family, shape, variant } = entry;
      const why = parsed.success
        ? "the field 'ms' is no median of its samples"
        : describeIssue(parsed.issues[0]);
      refused.push({ suite, family, shape, variant, reason: `It is no measurement: ${why}.` });
    }
  }
  const { name, vendor, architecture, driver, backend, kind, limits, info } = opened.description;
  const precision: Precision = opened.capabilities.precision;
  return {
    format: 'snowglobe-bench',
    version: 1,
    createdAt: new Date().toISOString(),
    commit,
    environment: {
      ...environment,
      runtime: word(environment.runtime),
      os: word(environment.os),
      cpu: text(environment.cpu),
      ...(environment.webgpu !== undefined && { webgpu: text(environment.webgpu) }),
    },
    adapter: {
      ...{ name: word(name), vendor: text(vendor), architecture: text(architecture), driver: text(driver) },
      ...{ backend, kind },
      features: [...opened.capabilities.features].map(word).sort(),
      toggles: toggles.map(word),
      ...(info && {
        info: Object.fromEntries(Object.entries(info).map(([key, value]) => [key, plain(value)])),
      }),
      limits: Object.fromEntries(
        keptLimits.flatMap((key) => (limits[key] === undefined ? [] : [[key, limits[key]]])),
      ),
    },
    precision,
    method,
    ...(tickNs !== undefined && { tickNs }),
    ...(roofline && { roofline }),
    entries,
    refused: refused.map((each) => ({
      ...{
        suite: word(each.suite),
        family: word(each.family),
        shape: word(each.shape),
        reason: text(each.reason),
      },
      ...(each.variant !== undefined && { variant: word(each.variant) }),
    })),
    notes: [...notes, ...results.flatMap((result) => result.notes)].map(text),
    summary: summarizeEntries(entries),
  };
}

const isMedian = ({ ms, samples }: BenchEntry): boolean =>
  ms >= Math.min(...samples) && ms <= Math.max(...samples);

/** The longest texts and words of the schema; a driver may say more of itself. */
const text = (value: string): string => value.slice(0, 1000);
const word = (value: string): string => value.slice(0, 200) || 'not told';
const plain = <T>(value: T): T | string => (typeof value === 'string' ? text(value) : value);
