import { whyNot } from '@snowglobe/runtime/internal';
import { readFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { SnowglobeError } from '@snowglobe/graph';
import { describeIssue } from '@snowglobe/graph/internal';
import { parseEditedJson } from '@snowglobe/media/internal';
import { actionNamesSchema } from '@snowglobe/model/internal';
import * as v from 'valibot';

/** Which keys were held while a recording was made. */
export interface KeyLog {
  readonly actionNames: readonly string[];
  /** For each frame, what was held until the next one: an index into `actionNames`, or `UNKNOWN_ACTION`. */
  readonly actions: Int16Array;
  /** The true state at each frame, where the recorder knew it. */
  readonly states?: { readonly names: readonly string[]; readonly rows: readonly (readonly number[])[] };
}

/** Stands for an action that nobody wrote down, as that of a clip's last frame, in arrays and files; see `Label`. */
export const UNKNOWN_ACTION = -1;

/** What is read of `NAME.json`; other fields (game, policy, ...) are for other readers. */
const keyLogSchema = v.object({
  actionNames: v.optional(actionNamesSchema),
  actions: v.optional(v.array(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0))))),
  stateNames: v.optional(v.unknown()),
  states: v.optional(v.unknown()),
});

const statesSchema = v.object({
  stateNames: v.pipe(v.array(v.string()), v.minLength(1)),
  states: v.array(v.array(v.pipe(v.number(), v.finite()))),
});

/** `NAME.json` for `NAME.mp4`. */
export function keyLogPath(videoPath: string): string {
  return join(dirname(videoPath), `${basename(videoPath, extname(videoPath))}.json`);
}

/**
 * Reads a key log.
 * @returns undefined where there is none, or a JSON file without actions
 * @throws SnowglobeError for one that is damaged
 */
export async function readKeyLog(path: string): Promise<KeyLog | undefined> {
  const bytes = await readIfThere(path);
  if (!bytes) return undefined;
  const log = parse(bytes, path);
  const { actionNames, actions } = log;
  if (actions === undefined && actionNames === undefined) return undefined;
  if (actions === undefined || actionNames === undefined) {
    const missing = actions === undefined ? 'actions' : 'actionNames';
    throw new SnowglobeError(`${path} has no ${missing}; a key log has both actionNames and actions`);
  }
  const bad = actions.find((action) => action !== null && action >= actionNames.length);
  if (bad !== undefined) {
    throw new SnowglobeError(
      `${path}: action ${bad} is not among its ${actionNames.length} actionNames, which start at 0`,
    );
  }
  const states = statesOf(log);
  return {
    ...{ actionNames, actions: Int16Array.from(actions, (action) => action ?? UNKNOWN_ACTION) },
    ...(states && { states }),
  };
}

/** @throws SnowglobeError for a file that is there and cannot be read */
export async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new SnowglobeError(`${path} cannot be read, as ${whyNot(cause)}; mend or remove it`, { cause });
  }
}

/** States in numbers, a row a frame; recorders that write down something else are understood by other readers. */
function statesOf(log: unknown): KeyLog['states'] {
  const { success, output } = v.safeParse(statesSchema, log);
  if (!success) return undefined;
  const { stateNames: names, states: rows } = output;
  return rows.every((row) => row.length === names.length) ? { names, rows } : undefined;
}

function parse(bytes: Uint8Array, path: string): v.InferOutput<typeof keyLogSchema> {
  const json = parseEditedJson(bytes, path, 'mend or remove it');
  // To the schema, an array is an object without any of the fields.
  if (Array.isArray(json))
    throw new SnowglobeError(
      `${path} is a list, not an object with actionNames and actions; mend or remove it`,
    );
  const result = v.safeParse(keyLogSchema, json);
  if (result.success) return result.output;
  throw new SnowglobeError(`${path}: ${describeIssue(result.issues[0])}; mend or remove it`);
}

/**
 * Brings actions to another frame rate: between two kept frames, the action that was held longest, the first of them if
 * several were.
 *
 * @param actions of the file's frames
 * @param sources for each kept frame, its index in the file; ascending
 * @returns one action a kept frame; the last is `UNKNOWN_ACTION`
 */
export function resampleActions(actions: Int16Array, sources: readonly number[]): Int16Array {
  return Int16Array.from(sources, (from, k) => {
    const next = sources[k + 1];
    if (next === undefined) return UNKNOWN_ACTION;
    // A frame that is shown twice has one action both times.
    const held = actions.subarray(from, Math.max(next, from + 1));
    const counts = new Map<number, number>();
    for (const action of held) counts.set(action, (counts.get(action) ?? 0) + 1);
    let best: number = UNKNOWN_ACTION;
    for (const [action, count] of counts) if (count > (counts.get(best) ?? 0)) best = action;
    return best;
  });
}
