/** What was measured of a world when it was played: tables that its file carries, see `snowglobe eval --long --physics --memory --keep`. */
import * as v from 'valibot';
import { finite, name, text } from './fields.js';

const units = ['share', 'frames', 'cells', 'steps', ''] as const;

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const figure = v.strictObject({
  name,
  title: v.pipe(text, v.maxLength(200)),
  value: finite,
  game: v.optional(finite),
  unit: v.picklist(units),
  of: v.optional(count),
});

const measurement = v.strictObject({
  recordings: text,
  starts: count,
  frames: v.optional(count),
  seed: v.pipe(v.number(), v.safeInteger()),
  temperature: finite,
  figures: v.pipe(v.array(figure), v.maxLength(200)),
});

export const measurements = v.strictObject({
  long: v.optional(measurement),
  physics: v.optional(measurement),
  memory: v.optional(measurement),
  words: v.optional(measurement),
  events: v.optional(measurement),
});

/** One number of a measurement, as terminals, files and pages show it. */
export interface Figure {
  /** In JSON and world files. */
  readonly name: string;
  /** For people. */
  readonly title: string;
  readonly value: number;
  /** The same measured on the recordings themselves: what the game has, or what chance leaves possible. */
  readonly game?: number | undefined;
  /** `share` is 0 … 1 and shown in percent; others stand behind the number. */
  readonly unit: (typeof units)[number];
  /** How many trials, walks or frames it is of, where that says how sure it is. */
  readonly of?: number | undefined;
}

/** A table of figures, and how it came about. */
export interface Measurement {
  /** What it was measured on, in words. */
  readonly recordings: string;
  /** Walks. */
  readonly starts: number;
  /** Frames of each, where all have the same. */
  readonly frames?: number | undefined;
  readonly seed: number;
  readonly temperature: number;
  readonly figures: readonly Figure[];
}

/** Whether it holds when it is played for long, keeps the rules of its game, and remembers, whether it draws what sentences ask for, and whether what it is told comes about. */
export interface Measurements {
  readonly long?: Measurement | undefined;
  readonly physics?: Measurement | undefined;
  readonly memory?: Measurement | undefined;
  /** First frames drawn from sentences; `starts` are sentences. */
  readonly words?: Measurement | undefined;
  /** What it was told while it was played; `starts` are recorded events. */
  readonly events?: Measurement | undefined;
}
