import type { ExecutorKind } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import { describeIssue } from '@snowglobe/graph/internal';
import * as v from 'valibot';
import type { FrameTimes } from './frame_times.js';
import { frameTimes } from './frame_times.js';

/** Of which world and which device frames were timed. */
export interface FrameTimesKey {
  /** SHA-256 of the world's file. */
  readonly checksum: string;
  readonly kind: ExecutorKind;
  readonly device: string;
}

/** Where times of frames are kept between runs. */
export interface FrameTimesStore {
  /** Undefined where there are none, or none that can be read. */
  load(key: FrameTimesKey): Promise<FrameTimes | undefined>;
  /** Keeps them in place of those before, if that is possible: they can be measured again. */
  save(key: FrameTimesKey, times: FrameTimes): Promise<void>;
}

const schema = v.strictObject({
  format: v.literal('snowglobe-frame-times'),
  version: v.literal(1),
  ...{ checksum: v.string(), kind: v.string(), device: v.string() },
  times: v.pipe(
    v.array(
      v.strictObject({
        rows: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1024)),
        ms: v.pipe(v.number(), v.finite(), v.gtValue(0)),
      }),
    ),
    v.minLength(1),
    v.maxLength(64),
    v.check((times) => times.some(({ rows }) => rows === 1), 'has no time of a single row'),
    v.check((times) => new Set(times.map(({ rows }) => rows)).size === times.length, 'has a size twice'),
  ),
});

/** What a file of them holds. */
export const encodeFrameTimes = (key: FrameTimesKey, times: FrameTimes): object => ({
  ...{ format: 'snowglobe-frame-times', version: 1, ...key, times },
});

/**
 * Reads what comes from a file.
 * @param source names it in errors
 * @throws SnowglobeError when it holds no such times, or those of another world or device
 */
export function parseFrameTimes(value: unknown, source: string, key: FrameTimesKey): FrameTimes {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (!result.success) throw new SnowglobeError(`${source}: ${describeIssue(result.issues[0])}; delete it.`);
  const { checksum, kind, device, times } = result.output;
  if (checksum !== key.checksum || kind !== key.kind || device !== key.device) {
    throw new SnowglobeError(
      `${source}: it was measured on ${kind} (${device}) with another world or another device than ${key.kind} (${key.device}); delete it.`,
    );
  }
  return frameTimes(times);
}
