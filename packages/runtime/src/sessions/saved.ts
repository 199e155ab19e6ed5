/**
 * A session as a file: a state, and what was done since. The same bytes travel between places that play it and lie in stores of sessions: a
 * `.safetensors` file of the state, with the rest as JSON in its metadata.
 */
import { SnowglobeError, sizeOf } from '@snowglobe/graph';
import { allocate, describeIssue } from '@snowglobe/graph/internal';
import type { FileTensor } from '@snowglobe/model';
import { decodeSafetensors, encodeSafetensors, longestText } from '@snowglobe/model/internal';
import * as v from 'valibot';
import { fileChecksum } from '../checksum.js';
import { jsonIn } from '../json_in.js';
import type { Frame } from '../world/frame.js';
import { narrowed, widened } from '../world/narrow.js';
import type { SessionSampling } from '../world/sampling.js';
import type { StateValues } from '../world/state.js';
import type { SavedSession, Step } from '../world/timeline.js';
import { Timeline } from '../world/timeline.js';
import type { ResumeOptions, World } from '../world/world.js';

/** A session that was read from its bytes, and the world that it belongs to. */
export interface SessionFile extends SavedSession {
  /** SHA-256 of the world's file; empty where it was not known. */
  readonly world: string;
}

const key = 'snowglobe-session';
/** 2 has small integers in bytes; 1 is read as well. */
const version = 2;
const versions = [1, version] as const;
/** As many as a replay has frames. */
const mostSteps = 54_000;

const integer = v.pipe(v.number(), v.safeInteger());
const action = v.union(
  [v.pipe(v.string(), v.minLength(1), v.maxLength(64)), v.pipe(integer, v.minValue(0))],
  'must be a name of an action or its number',
);
const told = v.pipe(v.string(), v.minLength(1), v.maxLength(longestText));
const schema = v.strictObject({
  version: v.picklist(versions),
  world: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$|^$/)),
  index: v.pipe(integer, v.minValue(0)),
  seed: integer,
  temperature: v.pipe(v.number(), v.finite()),
  /** The confidence threshold. */
  certainty: v.pipe(v.number(), v.finite()),
  end: v.optional(v.literal('continue')),
  /** What was done since the state, and told where something was. */
  steps: v.pipe(
    v.array(v.union([action, v.strictTuple([action, told])], 'must be actions')),
    v.maxLength(mostSteps),
  ),
});

/**
 * The bytes of a session. What it remembers of nothing but zeros, as much of a session that has just begun, is left out.
 * @param world SHA-256 of the world's file; empty where it is not known
 */
export async function encodeSession(
  { snapshot, steps }: SavedSession,
  world: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const { index, state, seed, temperature, confidenceThreshold, end } = snapshot;
  const tensors = new Map<string, FileTensor>();
  for (const [name, data] of Object.entries(state)) {
    if (data.every((value) => value === 0)) continue;
    tensors.set(name, narrowed(data));
  }
  const json = {
    ...{ version, world, index, seed, temperature, certainty: confidenceThreshold },
    ...(end && { end }),
    steps: steps.map((step) => (step.told === undefined ? step.action : [step.action, step.told])),
  };
  const metadata = new Map([[key, JSON.stringify(json)]]);
  const sum = await fileChecksum(encodeSafetensors(tensors, metadata));
  return encodeSafetensors(tensors, metadata.set('sha256', sum)) as Uint8Array<ArrayBuffer>;
}

/**
 * Reads a session, which anybody may have written: whether it fits a world is found out by `restoreSession`.
 * @param source the file in words, for messages
 * @throws SnowglobeError in one sentence for what is no session, is damaged, or was written by a later version
 */
export async function decodeSession(bytes: Uint8Array, source = 'snapshot'): Promise<SessionFile> {
  const { metadata, tensors } = decodeSafetensors(bytes, source);
  const text = metadata.get(key);
  const json = text === undefined ? undefined : jsonIn(text);
  if (json === undefined) {
    throw new SnowglobeError(`${source}: is no saved session; use a file that a session was saved to.`);
  }
  const theirs = (json as { readonly version?: unknown } | null)?.version;
  if (typeof theirs === 'number' && !versions.some((each) => each === theirs)) {
    throw new SnowglobeError(
      `${source}: is a session of version ${theirs}, and this program reads versions ${versions.join(' and ')}; update Snowglobe.`,
    );
  }
  const parsed = v.safeParse(schema, json);
  if (!parsed.success) {
    throw new SnowglobeError(
      `${source}: is no saved session: ${describeIssue(parsed.issues[0])}; use a file that a session was saved to.`,
    );
  }
  const { world, index, steps, certainty, seed, temperature, end } = parsed.output;
  const whole = encodeSafetensors(tensors, new Map([[key, text!]]));
  if (metadata.get('sha256') !== (await fileChecksum(whole))) {
    throw new SnowglobeError(`${source}: was damaged or changed after it was saved; use another copy of it.`);
  }
  const sampling: SessionSampling = {
    ...{ seed, temperature, confidenceThreshold: certainty },
    ...(end && { end }),
  };
  const state = Object.fromEntries([...tensors].map(([name, tensor]) => [name, widened(tensor)]));
  return {
    world,
    snapshot: { ...sampling, index, state },
    steps: steps.map((each): Step =>
      Array.isArray(each) ? { action: each[0], told: each[1] } : { action: each, told: undefined },
    ),
  };
}

/** How a saved session goes on. */
export interface RestoreOptions extends ResumeOptions {
  /** Once aborted, no more of it is sampled. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Goes on with a saved session: the same frames follow as if it had never been left.
 * @param options as those of `World.resume`; `signal` ends it between two frames
 * @returns it, and the frame that it is at
 * @throws SnowglobeError when it is a session of another world, or of another version of this one
 */
export async function restoreSession(
  world: World,
  saved: SessionFile,
  { signal, ...options }: RestoreOptions = {},
): Promise<{ readonly timeline: Timeline; readonly frame: Frame }> {
  if (saved.world !== '' && world.checksum !== '' && saved.world !== world.checksum) {
    throw new SnowglobeError(
      `snapshot: it belongs to the world whose file has the SHA-256 ${saved.world.slice(0, 16)}…, and this one has ` +
        `${world.checksum.slice(0, 16)}…; open the world that it was saved in, in the same version.`,
    );
  }
  const zeros = [...world.stateSpecs].map(([name, { shape, dtype }]): [string, StateValues] => [
    name,
    allocate(dtype, sizeOf(shape)),
  ]);
  const state = { ...Object.fromEntries(zeros), ...saved.snapshot.state };
  const timeline = new Timeline(await world.resume({ ...saved.snapshot, state }, options));
  let frame = timeline.first;
  try {
    for (const { action: done, told: tell } of saved.steps) {
      signal?.throwIfAborted();
      frame = await timeline.step(done, { tell });
    }
  } catch (error) {
    await timeline.close();
    throw error;
  }
  return { timeline, frame };
}
