import type { RecordedStates } from '../../../recordings.js';
import type { ReadoutsConfig } from '../config/readouts.js';
import { isReadoutName, mostReadouts } from '../config/readouts.js';
import { findEnd } from './find_end.js';

/** Recordings as codes, with the numbers that their key logs tell of every frame. */
export interface LoggedClips {
  /** (T, P) each */
  readonly clips: readonly Int16Array[];
  readonly states: RecordedStates;
  /** P */
  readonly cells: number;
  /** Patches of the codebook: K. */
  readonly codebook: number;
}

/** What recordings tell of numbers that can be seen. */
export interface FoundReadouts {
  /** Absent where none can be read. */
  readonly readouts?: ReadoutsConfig | undefined;
  /** Numbers of key logs that were left out, with why. */
  readonly leftOut: readonly string[];
}

/** Different values of a number at most. */
const mostValues = 64;
/** Frames of each value by which the cell is chosen. */
const mostSampled = 256;
/** Share of what the best cell tells that is about as much. */
const aboutAsOften = 0.98;
/** A patch tells a number where this share of the frames that show it agree, each value counting as much as any other. */
const agreeing = 0.95;
/** Folds of the cross-validation: a number must be told in this share of held-out frames, and right in these shares of them. */
const [folds, toldNeeded, rightNeeded, rightOfValuesNeeded] = [5, 0.5, 0.98, 0.9];

/** A number of the key logs, frame by frame as an index into its values. */
interface Logged {
  readonly name: string;
  readonly values: readonly number[];
  readonly clips: readonly Uint8Array[];
}

/**
 * Finds the numbers of key logs that a cell shows, and the cell. What it shows is a table, counted: patches are exact, and what a game
 * writes on its screen it writes in one place. Kept is what comes right in held-out clips.
 */
export function findReadouts(recorded: LoggedClips): FoundReadouts {
  const leftOut: string[] = [];
  const numbers = recorded.states.names.flatMap((name, column) => {
    const logged = loggedNumber(recorded, name, column);
    const cell = typeof logged === 'string' ? 0 : bestCell(recorded, logged);
    const why = typeof logged === 'string' ? logged : judge(recorded, logged, cell);
    if (typeof logged === 'string' || why !== undefined) {
      leftOut.push(`${name} (${why})`);
      return [];
    }
    const { table } = count(recorded, logged, cell, framesIn(logged));
    const told = [...table].flatMap((value, patch) =>
      value < 0 ? [] : [[patch, logged.values[value]!] as const],
    );
    return [{ name, cell, values: told }];
  });
  if (numbers.length === 0) return { leftOut };
  const some = numbers.slice(0, mostReadouts);
  const frames = recorded.clips.map(({ length }) => length / recorded.cells);
  const end = findEnd(recorded.states, some, frames);
  return { readouts: { numbers: some, ...(end && { end }) }, leftOut };
}

/** @returns a text that says why it is none, where it is none */
function loggedNumber({ clips, states, cells }: LoggedClips, name: string, column: number): Logged | string {
  if (!isReadoutName(name)) return 'no name for a number';
  const indices = new Map<number, number>();
  const rows: Uint8Array[] = [];
  for (const [clip, codes] of clips.entries()) {
    const own = states.of(clip);
    const row = new Uint8Array(codes.length / cells);
    for (let t = 0; t < row.length; t++) {
      const value = own[t * states.names.length + column]!;
      if (!Number.isInteger(value)) return 'not in integers';
      if (!indices.has(value)) indices.set(value, indices.size);
      if (indices.size > mostValues) return `more than ${mostValues} values`;
      row[t] = indices.get(value)!;
    }
    rows.push(row);
  }
  if (indices.size < 2) return 'always the same';
  return { name, values: [...indices.keys()], clips: rows };
}

/** A frame of a clip, with the index of the number's value. */
type Visit = (clip: number, frame: number, value: number) => void;
type Frames = (visit: Visit) => void;

/** All frames of the clips that are wanted. */
const framesIn =
  ({ clips }: Logged, isWanted: (clip: number) => boolean = () => true): Frames =>
  (visit) => {
    for (const [clip, row] of clips.entries()) {
      if (isWanted(clip)) for (let t = 0; t < row.length; t++) visit(clip, t, row[t]!);
    }
  };

/** Some frames of every value, evenly spread. */
function sampleOf(logged: Logged): Frames {
  const all = logged.values.map((): [clip: number, frame: number][] => []);
  framesIn(logged)((clip, frame, value) => void all[value]!.push([clip, frame]));
  return (visit) => {
    for (const [value, places] of all.entries()) {
      const some = Math.min(mostSampled, places.length);
      for (let i = 0; i < some; i++) visit(...places[Math.floor((i * places.length) / some)]!, value);
    }
  };
}

/**
 * The cell whose patches tell a number in most frames, each value counting as much as any other; of those that tell it about as often, the one
 * that needs fewest patches for it.
 */
function bestCell(recorded: LoggedClips, logged: Logged): number {
  const sample = sampleOf(logged);
  const counted = Array.from({ length: recorded.cells }, (_, cell) => {
    const { told, table } = count(recorded, logged, cell, sample);
    return { cell, told, patches: table.reduce((sum, value) => sum + (value < 0 ? 0 : 1), 0) };
  });
  const most = Math.max(...counted.map(({ told }) => told));
  return counted
    .filter(({ told }) => told >= aboutAsOften * most)
    .reduce((best, each) => (each.patches < best.patches ? each : best)).cell;
}

/**
 * What patches in a cell say of a number.
 * @returns `table` (K), the index of the value that a patch tells, or −1; `told`, the share of frames of which it tells the right one: the
 *   mean over all values
 */
function count(
  { clips, cells, codebook }: LoggedClips,
  { values: { length: all } }: Logged,
  cell: number,
  frames: Frames,
): { readonly table: Int16Array; readonly told: number } {
  const shown = new Float64Array(codebook * all);
  const ofValue = new Float64Array(all);
  frames((clip, frame, value) => {
    shown[clips[clip]![frame * cells + cell]! * all + value]!++;
    ofValue[value]!++;
  });
  const table = new Int16Array(codebook).fill(-1);
  let told = 0;
  for (let patch = 0; patch < codebook; patch++) {
    let [sum, most, likeliest] = [0, 0, -1];
    for (let value = 0; value < all; value++) {
      const share = shown[patch * all + value]! / Math.max(1, ofValue[value]!);
      sum += share;
      if (share > most) [most, likeliest] = [share, value];
    }
    if (likeliest < 0 || most < agreeing * sum) continue;
    table[patch] = likeliest;
    told += most;
  }
  return { table, told: told / all };
}

/** @returns why a number cannot be read, in words; undefined where it can */
function judge(recorded: LoggedClips, logged: Logged, cell: number): string | undefined {
  const { clips, cells } = recorded;
  const parts = Math.min(folds, clips.length);
  if (parts < 2) return 'one recording is too few to tell';
  const [told, right] = [logged.values.map(() => 0), logged.values.map(() => 0)];
  let all = 0;
  for (let fold = 0; fold < parts; fold++) {
    const isHeldOut = (clip: number): boolean => clip % parts === fold;
    const fitted = framesIn(logged, (clip) => !isHeldOut(clip));
    const { table } = count(recorded, logged, cell, fitted);
    framesIn(
      logged,
      isHeldOut,
    )((clip, frame, value) => {
      all++;
      const read = table[clips[clip]![frame * cells + cell]!]!;
      if (read < 0) return;
      told[value]!++;
      if (read === value) right[value]!++;
    });
  }
  const sum = (each: readonly number[]): number => each.reduce((a, b) => a + b, 0);
  const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
  if (sum(told) < toldNeeded * all) return `no cell tells it: ${percent(sum(told) / all)} of the frames`;
  const shares = right.map((count, value) => count / told[value]!).filter((share) => !Number.isNaN(share));
  const ofAll = sum(right) / sum(told);
  const ofValues = sum(shares) / shares.length;
  if (shares.filter((share) => share > 0).length < 2) return 'too rarely another value';
  if (ofAll >= rightNeeded && ofValues >= rightOfValuesNeeded) return undefined;
  return `right in ${percent(ofAll)} of the frames that tell it, ${percent(ofValues)} over its values`;
}
