import type { FileHandle } from 'node:fs/promises';
import { open, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { SnowglobeError } from '@snowglobe/graph';
import { writeFileAtomically, whyNot, makeFolder } from '@snowglobe/runtime/internal';

/** One line of a metrics log: the steps since the line before. */
export interface MetricsRecord {
  /** Steps taken. */
  readonly step: number;
  /** Seconds of the budget used. */
  readonly seconds: number;
  /** Mean over the steps since the line before, like the metrics. */
  readonly loss: number;
  /** What the schedule makes of the learning rates, 0 … 1. */
  readonly rate: number;
  /** Frames that steps took in, a second. */
  readonly framesPerSecond: number;
  /** Model floating-point operations (forward and backward) a second, in 1e9. */
  readonly gflops: number;
  /** By name: what the stage measures beside its loss. */
  readonly metrics: Readonly<Record<string, number>>;
}

const recordSchema = v.object({
  step: v.pipe(v.number(), v.integer(), v.minValue(0)),
  seconds: v.number(),
  loss: v.number(),
  rate: v.number(),
  framesPerSecond: v.number(),
  gflops: v.number(),
  metrics: v.record(v.string(), v.number()),
}) satisfies v.GenericSchema<unknown, MetricsRecord>;

export const logName = (stage: string): string => `${stage}.log.jsonl`;
export const logPath = (folder: string, stage: string): string => join(folder, logName(stage));

/**
 * Lines of a log. Reading stops at the first that is no record: a crash leaves a half-written last line, and what
 * follows a damaged one cannot be trusted.
 */
export function parseLog(text: string): MetricsRecord[] {
  const records: MetricsRecord[] = [];
  for (const line of text.split('\n')) {
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), recordSchema), line);
    if (!parsed.success) break;
    records.push(parsed.output);
  }
  return records;
}

/** The records of a log file; none when it does not exist. */
export async function readLog(path: string): Promise<MetricsRecord[]> {
  try {
    return parseLog(await readFile(path, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new SnowglobeError(`metrics log ${path} cannot be read, as ${whyNot(error)}.`);
  }
}

/** An append-only log of one JSON object a line. */
export class MetricsLog {
  readonly #path: string;
  readonly #file: FileHandle;
  /** The line of an unfinished window that was taken off, see `open`. */
  readonly unfinished: MetricsRecord | undefined;

  private constructor(path: string, file: FileHandle, unfinished: MetricsRecord | undefined) {
    this.#path = path;
    this.#file = file;
    this.unfinished = unfinished;
  }

  /**
   * Opens a log to continue after `step`: later records and a half-written last line, which a crash after the
   * checkpoint left, are dropped, because their steps will be taken again. So is the line that a stop wrote for the steps since
   * the last whole window: they are counted in the line of that window.
   * @param steps since the last whole window; default none
   */
  static async open(path: string, step: number, steps = 0): Promise<MetricsLog> {
    await makeFolder(dirname(path));
    const taken = (await readLog(path)).filter((record) => record.step <= step);
    const kept = taken.filter((record) => record.step <= step - steps);
    await writeFileAtomically(path, new TextEncoder().encode(kept.map(toLine).join('')));
    return new MetricsLog(path, await open(path, 'a'), taken.at(kept.length));
  }

  async append(record: MetricsRecord): Promise<void> {
    try {
      await this.#file.appendFile(toLine(record));
    } catch (cause) {
      throw new SnowglobeError(
        `metrics log ${this.#path} cannot be written, as ${whyNot(cause)}; mend that and resume.`,
        { cause },
      );
    }
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

const toLine = (record: MetricsRecord): string => `${JSON.stringify(record)}\n`;
