import { cpus, release, totalmem } from 'node:os';
import { table } from '../text.js';
import type { Known } from './parts.js';
import type { PartOutcome } from './run_part.js';

/** One part, as `summary.json` keeps it. */
export interface PartReport extends Omit<PartOutcome, 'answer'> {
  readonly name: string;
  readonly title: string;
  /** The command line that it was; absent where it was left out. */
  readonly command?: string;
  /** Headline figures of its answer. */
  readonly figures: Readonly<Record<string, number | string>>;
}

export interface Summary {
  readonly format: 'snowglobe-check-gpu';
  readonly version: 1;
  readonly createdAt: string;
  /** Version and commit of the program, where it knows them. */
  readonly program: string;
  readonly minutes: number;
  readonly adapter: string | null;
  readonly machine: Readonly<Record<string, string | number>>;
  readonly parts: readonly PartReport[];
}

export function summarize(
  parts: readonly PartReport[],
  { program, minutes, known }: { program: string; minutes: number; known: Known },
): Summary {
  return {
    format: 'snowglobe-check-gpu',
    version: 1,
    createdAt: new Date().toISOString(),
    program,
    minutes,
    adapter: known.adapter ?? null,
    machine: {
      os: `${process.platform} ${release()}`,
      node: process.versions.node,
      cpu: cpus()[0]?.model.trim() ?? 'unknown',
      threads: cpus().length,
      memoryBytes: totalmem(),
    },
    parts,
  };
}

export function describe({ adapter, parts }: Summary, folder: string): string {
  const rows = parts.map(({ name, state, seconds, reason, figures }) => [
    name,
    state,
    `${seconds.toFixed(0)} s`,
    reason ??
      Object.entries(figures)
        .map(([key, value]) => `${key} ${typeof value === 'number' ? Number(value.toPrecision(3)) : value}`)
        .join(', '),
  ]);
  return `${adapter ?? 'No adapter'}\n${table(rows)}\nAll records are in ${folder}.`;
}
