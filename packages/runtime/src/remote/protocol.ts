/**
 * What is said between a page and the place where its world runs: a worker, or a server. Every request has a number, greater
 * than the one before it, and is answered once, in order; one that makes no sense is answered with what is wrong. One
 * connection plays one world, one session at a time. `open`, the first request, says which version of this protocol it
 * speaks.
 */
import type { ExecutorKind } from '@snowglobe/graph';
import { describeIssue } from '@snowglobe/graph/internal';
import type { Readout, SamplingDefaults, Tiles } from '@snowglobe/model';
import { framesPerSecond } from '@snowglobe/model/internal';
import * as v from 'valibot';
import type { ExecutorReport } from '../world/executor_choice.js';
import type { SessionSampling } from '../world/sampling.js';
import { mostCandidates } from '../world/imagine.js';
import { mostAhead } from '../world/look_ahead.js';
import type { FrameFormat } from './pixels.js';
import { frameFormats } from './pixels.js';
import { promptSide, textLengths } from './sizes.js';

/** Raised by every change that the other side would not understand. */
export const protocolVersion = 6;

const maxText = (length: number) => v.pipe(v.string(), v.maxLength(length));
const bytes = v.custom<Uint8Array | Uint8ClampedArray>(
  // By name, since a page's frames have types of their own.
  (value) => /^\[object Uint8(Clamped)?Array\]$/.test(Object.prototype.toString.call(value)),
  'must be bytes, a Uint8Array or Uint8ClampedArray',
);
const id = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const index = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const side = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(promptSide));
const action = v.union([maxText(textLengths.action), index], 'must be a name of an action or its number');
const seed = v.pipe(v.number(), v.integer());
/** `SessionSampling`, under the names that it has in messages. */
const end = v.literal('continue');
const draw = { seed, temperature: v.number(), certainty: v.number(), end: v.optional(end) };
const kinds = ['webgpu', 'onnx', 'reference'] as const;

const picture = v.strictObject({ width: side, height: side, data: bytes });
/** Whether the frame's codes are wanted as well; default: not. Of frames made of tiles also where none was stepped to. */
const codes = v.optional(v.boolean());

const text = v.optional(maxText(textLengths.text));
/** Whether the session is to be kept, for its player to go on with it over another connection; default: not. */
const keep = v.optional(v.boolean());
const name = v.pipe(maxText(textLengths.action), v.minLength(1));

const requests = {
  open: {
    protocol: v.literal(protocolVersion),
    world: v.pipe(maxText(textLengths.world), v.minLength(1)),
    executor: v.optional(v.picklist(['auto', ...kinds])),
    // How frames are to come; default: RGBA.
    frames: v.optional(v.picklist(frameFormats)),
  },
  // From a picture, or from a text where the world knows words.
  start: {
    prompt: v.optional(picture),
    text,
    seed: v.optional(seed),
    temperature: v.optional(v.number()),
    certainty: v.optional(v.number()),
    end: v.optional(v.picklist(['restart', 'continue'])),
    codes,
    keep,
  },
  // `tell`: what happens on the way to the frame, of worlds that know events. `answered`: as of `rejoin`, of sessions that are kept.
  step: { action, tell: text, codes, answered: v.optional(index) },
  rewind: { index, codes },
  // What the session remembers of the places where it was.
  map: {},
  // First frames that show what a text says.
  imagine: {
    text: maxText(textLengths.text),
    candidates: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(mostCandidates))),
    seed: v.optional(seed),
  },
  // What would come if an action were done from here; the session stays where it is.
  ahead: {
    action,
    frames: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(mostAhead))),
    temperature: v.optional(v.number()),
  },
  // A picture as the world would see it.
  preview: { prompt: picture },
  // The session as bytes, see `encodeSession`.
  snapshot: {},
  resume: { saved: bytes, codes, keep },
  // Goes on with a kept session. `answered`: steps and ways back whose answers the player has; what was done after them is undone.
  rejoin: { session: name, token: name, answered: index, codes },
  // Everything was received, and the session goes on elsewhere.
  leave: {},
};

export const requestSchema = v.variant('type', [
  v.strictObject({ type: v.literal('open'), id, ...requests.open }),
  v.strictObject({ type: v.literal('start'), id, ...requests.start }),
  v.strictObject({ type: v.literal('step'), id, ...requests.step }),
  v.strictObject({ type: v.literal('rewind'), id, ...requests.rewind }),
  v.strictObject({ type: v.literal('map'), id, ...requests.map }),
  v.strictObject({ type: v.literal('imagine'), id, ...requests.imagine }),
  v.strictObject({ type: v.literal('ahead'), id, ...requests.ahead }),
  v.strictObject({ type: v.literal('preview'), id, ...requests.preview }),
  v.strictObject({ type: v.literal('snapshot'), id, ...requests.snapshot }),
  v.strictObject({ type: v.literal('resume'), id, ...requests.resume }),
  v.strictObject({ type: v.literal('rejoin'), id, ...requests.rejoin }),
  v.strictObject({ type: v.literal('leave'), id, ...requests.leave }),
]);

/** How a session samples, as a message says it. */
export const samplingMessage = ({
  seed: number,
  temperature,
  confidenceThreshold,
  end: after,
}: SessionSampling): SamplingMessage => ({
  ...{ seed: number, temperature, certainty: confidenceThreshold },
  ...(after && { end: after }),
});

/** What a message says of how a session samples. */
export const samplingOfMessage = ({
  seed: number,
  temperature,
  certainty,
  end: after,
}: SamplingMessage): SessionSampling => ({
  ...{ seed: number, temperature, confidenceThreshold: certainty },
  ...(after && { end: after }),
});

interface SamplingMessage {
  readonly seed: number;
  readonly temperature: number;
  readonly certainty: number;
  readonly end?: 'continue' | undefined;
}

export type Request = v.InferOutput<typeof requestSchema>;
/** What the other end of a channel asks for first. */
export interface OpenRequest {
  readonly type: 'open';
  readonly id: number;
  /** Version of the protocol that it speaks. */
  readonly protocol: typeof protocolVersion;
  /** Name of the world. */
  readonly world: string;
  /** What the world is to run on; default: what is fastest there. */
  readonly executor?: ExecutorKind | 'auto' | undefined;
  /** How frames are to come; default: RGBA. */
  readonly frames?: FrameFormat | undefined;
}

/** What makes no request, with its number where it has one. */
export interface Refusal {
  readonly id?: number;
  /** A sentence that names the field. */
  readonly refused: string;
}

/** Reads what claims to be a request. */
export function readRequest(message: unknown): Request | Refusal {
  const {
    type,
    id: number,
    protocol,
  } = (typeof message === 'object' && message !== null ? message : {}) as Partial<Record<string, unknown>>;
  const numbered = v.is(id, number) ? { id: number } : {};
  if (type === 'open' && protocol !== protocolVersion) {
    return { ...numbered, refused: otherVersion('the page', protocol) };
  }
  const parsed = v.safeParse(requestSchema, message);
  if (parsed.success) return parsed.output;
  const name = typeof type === 'string' && Object.hasOwn(requests, type) ? type : 'session';
  return { ...numbered, refused: `${name}: ${describeIssue(parsed.issues[0])}; correct it.` };
}

/** Bytes of the picture or the state in a request: those that wait together are no more than the largest message. */
export function bytesOf(request: Request): number {
  if (request.type === 'start' || request.type === 'preview') return request.prompt?.data.length ?? 0;
  return request.type === 'resume' ? request.saved.length : 0;
}

/** The sentence for a side that speaks another version. */
export function otherVersion(who: string, version: unknown): string {
  const theirs = typeof version === 'number' ? `version ${version}` : 'an earlier version';
  return (
    `session: ${who} speaks ${theirs} of the protocol, and the other side version ${protocolVersion}; ` +
    `reload the page, and update Snowglobe on both sides.`
  );
}

const report = v.object({
  kind: v.picklist(kinds),
  available: v.boolean(),
  chosen: v.boolean(),
  device: v.string(),
  reason: v.string(),
});
const executor = v.object({ kind: v.picklist(kinds), device: v.string() });
const frame = v.pipe(
  v.object({
    index,
    width: side,
    height: side,
    // One of the three, see `Pixels`.
    rgba: v.optional(bytes),
    rgb: v.optional(bytes),
    png: v.optional(bytes),
    ms: v.number(),
    codes: v.optional(v.array(v.number())),
    readouts: v.optional(v.record(maxText(textLengths.action), v.pipe(v.number(), v.safeInteger()))),
    told: v.optional(maxText(textLengths.text)),
    ended: v.optional(v.literal(true)),
  }),
  v.check(({ width, height, rgba, rgb, png }) => {
    if (rgba) return !rgb && !png && rgba.length === width * height * 4;
    return rgb ? !png && rgb.length === width * height * 3 : png !== undefined;
  }, 'its pixels do not fill its size'),
);
/** Cells of a map's side at most, and of all of it. */
const mapSide = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(4096));
const rect = v.object({ top: mapSide, left: mapSide, rows: mapSide, columns: mapSide });
const map = v.pipe(
  v.object({ width: mapSide, height: mapSide, rgba: bytes, view: rect }),
  v.check(({ width, height, rgba }) => rgba.length === width * height * 4, 'its pixels do not fill its size'),
);
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const tiles = v.object({ rows: side, columns: side, count, view: rect });
const info = v.object({
  /** Width, height and frames a second of the world. */
  width: side,
  height: side,
  fps: framesPerSecond,
  /** Actions that it knows. */
  actions: v.array(v.string()),
  /** Those among them that are other words for one of the others. */
  synonyms: v.optional(v.array(v.string()), []),
  /** How many codes its actions were found as, of worlds that were learned without labels: each number is an action. */
  codes: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  /** How it is played unless someone says otherwise. */
  play: v.object({ temperature: v.number(), certainty: v.number() }),
  executor,
  executors: v.array(report),
  /** Of what tiles its frames are made, where they are. */
  tiles: v.optional(tiles),
  /** Which numbers its frames tell, where they tell any. */
  readouts: v.optional(
    v.array(v.object({ name: maxText(textLengths.action), least: v.number(), most: v.number() })),
  ),
  /** Whether its sessions remember a map. */
  hasMap: v.optional(v.boolean(), false),
  /** Words that it knows; none where it knows none. */
  vocabulary: v.optional(v.array(v.string()), []),
  /** What its sessions can be told. */
  events: v.optional(v.array(maxText(textLengths.text)), []),
  /** SHA-256 of its file. */
  checksum: v.optional(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$|^$/)), ''),
});
const progress = v.variant('what', [
  v.object({ what: v.literal('download'), done: v.number(), total: v.number() }),
  v.object({ what: v.literal('prepare') }),
]);

/** `durable`: whether it outlives the place where it is played. */
const kept = v.object({ session: name, token: name, durable: v.boolean() });

export const replySchema = v.variant('type', [
  /** `messageBytes`: the largest message that is taken here, where there is a limit. */
  v.object({
    type: v.literal('opened'),
    id,
    protocol: v.literal(protocolVersion),
    info,
    messageBytes: v.optional(index),
  }),
  /** `kept`: how to go on with it over another connection. */
  v.object({ type: v.literal('playing'), id, frame, draw: v.object(draw), kept: v.optional(kept) }),
  /** `oldest`: the first frame that can be gone back to. */
  v.object({ type: v.literal('frame'), id, frame, oldest: index }),
  v.object({ type: v.literal('map'), id, map: v.optional(map) }),
  v.object({ type: v.literal('ahead'), id, frames: v.pipe(v.array(frame), v.maxLength(mostAhead)) }),
  v.object({ type: v.literal('preview'), id, frame }),
  v.object({
    type: v.literal('imagined'),
    id,
    frames: v.pipe(v.array(frame), v.maxLength(mostCandidates)),
    holds: v.array(v.array(v.number())),
    clauses: v.array(v.string()),
    remark: v.optional(v.string()),
  }),
  v.object({ type: v.literal('snapshot'), id, saved: bytes }),
  v.object({ type: v.literal('left'), id }),
  /** The answer to what was no request has a number only where that had one. */
  v.object({ type: v.literal('failed'), id: v.optional(id), message: v.string() }),
  v.object({ type: v.literal('progress'), progress }),
  /** The device was lost; the session goes on here. */
  v.object({ type: v.literal('moved'), executor }),
  /** Whether the session outlives this place has changed. */
  v.object({ type: v.literal('durable'), durable: v.boolean() }),
  /** This place is ending: whoever plays here goes on elsewhere. */
  v.object({ type: v.literal('leaving') }),
]);

export type Reply = v.InferOutput<typeof replySchema>;
/** Reported while a world is opened; `done` and `total` are bytes of a download. */
export type WorldProgress =
  { readonly what: 'download'; readonly done: number; readonly total: number } | { readonly what: 'prepare' };

/** What a page knows of a world that runs elsewhere. */
export interface WorldInfo {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly actions: readonly string[];
  /** Those among the actions that are other words for one of the others: `jump` for `up`, where a world says `up`. */
  readonly synonyms: readonly string[];
  /** How many codes its actions were found as, of worlds that were learned without labels: each number below is an action, too. */
  readonly codes?: number | undefined;
  readonly play: SamplingDefaults;
  readonly executor: { readonly kind: ExecutorKind; readonly device: string };
  /** All ways to run it there, best first, with why each was chosen or not. */
  readonly executors: readonly ExecutorReport[];
  /** Of what tiles its frames are made; absent where they are made of none. */
  readonly tiles?: TileGrid | undefined;
  /** Which numbers its frames tell; absent where they tell none. */
  readonly readouts?: readonly Readout[] | undefined;
  /** Whether its sessions remember a map. */
  readonly hasMap: boolean;
  /** Words that it knows, the most frequent first: first frames can be drawn from them. */
  readonly vocabulary: readonly string[];
  /** What its sessions can be told while they are played; nothing where it knows no events. */
  readonly events: readonly string[];
  /** SHA-256 of its file in hexadecimal digits; empty where it is not known. */
  readonly checksum: string;
}

/** The cells of a world's frames, each of which shows one tile. */
export type TileGrid = Pick<Tiles, 'rows' | 'columns' | 'count' | 'view'>;
