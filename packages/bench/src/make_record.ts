import { summarizeEntries } from './record/record.js';
import type { BenchEntry, BenchRecord, BenchRefusal } from './record/schema.js';
import type { SuiteContext, SuiteResult } from './suites/options.js';

/** What a record says about where it was made. */
export interface Provenance extends Pick<BenchRecord, 'commit' | 'environment' | 'notes'> {
  readonly toggles: readonly string[];
}

/** Among the notes of a record that does not hold all that was asked for. */
export const stoppedNote =
  'The bench was stopped, or its time was up, before all was measured; this is what was.';

/** Runs suites one after the other and makes a record of them. */
export async function makeRecord(
  suites: readonly ((context: SuiteContext) => Promise<SuiteResult>)[],
  context: SuiteContext,
  { commit, environment, notes: before, toggles }: Provenance,
): Promise<BenchRecord> {
  const entries: BenchEntry[] = [];
  const refused: BenchRefusal[] = [];
  const notes = [...before];
  for (const suite of suites) {
    const measured: BenchEntry[] = [];
    const onEntry = (entry: BenchEntry): void => {
      measured.push(entry);
      context.onEntry?.(entry);
    };
    try {
      const result = await suite({ ...context, onEntry });
      entries.push(...result.entries);
      refused.push(...result.refused);
      notes.push(...result.notes);
    } catch (error) {
      if (!context.signal?.aborted) throw error;
      entries.push(...measured);
      notes.push(stoppedNote);
      break;
    }
  }
  const { description, capabilities } = context.opened;
  const { name, vendor, architecture, driver, backend, kind } = description;
  return {
    format: 'snowglobe-bench',
    version: 1,
    createdAt: new Date().toISOString(),
    commit,
    environment,
    adapter: {
      ...{ name, vendor, architecture, driver, backend, kind },
      features: [...capabilities.features].sort(),
      toggles: [...toggles],
    },
    method: context.method,
    roofline: context.roofline,
    entries,
    refused,
    notes,
    summary: summarizeEntries(entries),
  };
}
