import type { Tensor } from '@snowglobe/graph';
import { pointwise as p, reshape } from '@snowglobe/kernels';
import { rotaryPeriod, rotationAt, rotationOfWindow } from '../layers/rotary.js';
import type { DynamicsConfig } from './config.js';
import type { KvCacheBits } from './kv_cache.js';
import { fakeQuantized, keptHead } from './kv_cache.js';
import { gateOf, attendPooled, pooledMask, summarize, trainSparseMemory } from './sparse_memory.js';
import { trainSpacetime } from './spacetime.js';

/** A window of frames as training and measuring see it: all (B, T, N, C). */
export interface WindowViews {
  /** What surrounds the codes, see `embedContext`. */
  readonly context_BTNC: Tensor;
  /** Context and codes as later frames remember them. */
  readonly remembered_BTNC: Tensor;
  /** Context and those of the codes that are known. */
  readonly masked_BTNC: Tensor;
}

export interface WindowOptions {
  /** i32 (T): where the frames are in time, modulo the rotary period; default one after the other. */
  readonly turns_T?: Tensor | undefined;
  /** See `FrameOptions`; rounding has no derivative. Default: all are floats. */
  readonly kvCache?: KvCacheBits | undefined;
}

/** Frames of a training window. */
export function windowLength({ memory, lookback }: DynamicsConfig): number {
  return lookback?.window ?? memory;
}

/**
 * Features of the masked view (B, T, N, C), each frame of which has looked at the frames before it: what play computes frame by
 * frame, for a whole window at once.
 *
 * @throws SnowglobeError for heads that a `kvCache` cannot keep
 */
export function guessWindow(
  { context_BTNC, remembered_BTNC, masked_BTNC }: WindowViews,
  dynamics: DynamicsConfig,
  { turns_T, kvCache }: WindowOptions = {},
): Tensor {
  const { builder, shape } = context_BTNC;
  const { memory, lookback, width, heads } = dynamics;
  const [, frames, positions] = shape as [number, number, number];
  const period = rotaryPeriod(memory);
  if (kvCache) keptHead(dynamics);
  const keep = kvCache && ((x: Tensor): Tensor => fakeQuantized(x, dynamics));
  if (!lookback) {
    const rotation = turns_T
      ? rotationAt(turns_T, width / heads, period)
      : rotationOfWindow(builder, frames, width / heads, period);
    return trainSpacetime(remembered_BTNC, masked_BTNC, rotation, dynamics, keep);
  }
  const gate = gateOf(context_BTNC, dynamics);
  const summaries = { keys_BRC: gate.keys_BTC, values_BRC: summarize(remembered_BTNC, dynamics) };
  const recalled = attendPooled(
    gate,
    summaries,
    pooledMask(context_BTNC, frames, positions, memory),
    dynamics,
  );
  const inOrder = Int32Array.from({ length: frames }, (_, frame) => frame);
  const turns = reshape(turns_T ?? builder.constant(inOrder, [frames]), [frames, 1]);
  const everyPosition = p.add(turns, builder.constant(new Int32Array(positions), [1, positions]));
  const rotation = rotationAt(reshape(everyPosition, [frames * positions]), width / heads, period);
  const [seen, guessed] = [p.add(remembered_BTNC, recalled), p.add(masked_BTNC, recalled)];
  return trainSparseMemory(seen, guessed, gate, rotation, { ...dynamics, lookback }, keep);
}
