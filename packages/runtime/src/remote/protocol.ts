/**
 * What is said between a page and the place where its world runs: a worker, or a server. Every request has a number, greater
 * than the one before it, and is answered once, in order. One connection plays one world, one session at a time.
 */
import * as v from 'valibot';
import type { ExecutorReport } from '../world/executor_choice.js';
import type { DrawOptions } from '../world/engine.js';
import type { ExecutorKind } from '../executor.js';

/** Sides of a prompt: pages scale pictures down before they send them. */
const maxSide = 2048;
const bytes = v.custom<Uint8Array | Uint8ClampedArray>(
  (value) => value instanceof Uint8Array || value instanceof Uint8ClampedArray,
  'bytes are missing',
);
const id = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const index = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const side = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(maxSide));
const action = v.union([v.pipe(v.string(), v.maxLength(64)), index]);
const seed = v.pipe(v.number(), v.integer());
const draw = { seed, temperature: v.number(), certainty: v.number() };
const kinds = ['webgpu', 'onnx', 'reference'] as const;

export const requestSchema = v.variant('type', [
  v.strictObject({
    type: v.literal('open'),
    id,
    world: v.pipe(v.string(), v.minLength(1), v.maxLength(4096)),
    executor: v.optional(v.picklist(['auto', ...kinds])),
  }),
  v.strictObject({
    type: v.literal('start'),
    id,
    prompt: v.strictObject({ width: side, height: side, data: bytes }),
    seed: v.optional(seed),
    temperature: v.optional(v.number()),
    certainty: v.optional(v.number()),
  }),
  v.strictObject({ type: v.literal('step'), id, action, codes: v.optional(v.boolean()) }),
  v.strictObject({ type: v.literal('rewind'), id, index }),
  v.strictObject({ type: v.literal('snapshot'), id }),
  v.strictObject({
    type: v.literal('resume'),
    id,
    snapshot: v.strictObject({
      index,
      ...draw,
      state: v.record(v.pipe(v.string(), v.maxLength(256)), bytes),
    }),
  }),
]);

export type Request = v.InferOutput<typeof requestSchema>;
export type OpenRequest = Extract<Request, { type: 'open' }>;

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
    rgba: bytes,
    ms: v.number(),
    codes: v.optional(v.array(v.number())),
  }),
  v.check(({ width, height, rgba }) => rgba.length === width * height * 4, 'its pixels do not fill its size'),
);
const info = v.object({
  /** Width, height and frames a second of the world. */
  width: side,
  height: side,
  fps: v.pipe(v.number(), v.minValue(1)),
  /** Actions that it knows. */
  actions: v.array(v.string()),
  /** How it is played unless someone says otherwise. */
  play: v.object({ temperature: v.number(), certainty: v.number() }),
  executor,
  executors: v.array(report),
});
const progress = v.variant('what', [
  v.object({ what: v.literal('download'), done: v.number(), total: v.number() }),
  v.object({ what: v.literal('prepare') }),
]);

export const replySchema = v.variant('type', [
  v.object({ type: v.literal('opened'), id, info }),
  v.object({ type: v.literal('playing'), id, frame, draw: v.object(draw) }),
  /** `oldest`: the first frame that can be gone back to. */
  v.object({ type: v.literal('frame'), id, frame, oldest: index }),
  v.object({
    type: v.literal('snapshot'),
    id,
    snapshot: v.object({ index, ...draw, state: v.record(v.string(), bytes) }),
  }),
  v.object({ type: v.literal('failed'), id, message: v.string() }),
  v.object({ type: v.literal('progress'), progress }),
  /** The device was lost; the session goes on here. */
  v.object({ type: v.literal('moved'), executor }),
]);

export type Reply = v.InferOutput<typeof replySchema>;
/** Reported while a world is opened; bytes for a download. */
export type WorldProgress = v.InferOutput<typeof progress>;

/** What a page knows of a world that runs elsewhere. */
export interface WorldInfo {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly actions: readonly string[];
  readonly play: Omit<DrawOptions, 'seed'>;
  readonly executor: { readonly kind: ExecutorKind; readonly device: string };
  /** All ways to run it there, best first, with why each was chosen or not. */
  readonly executors: readonly ExecutorReport[];
}
