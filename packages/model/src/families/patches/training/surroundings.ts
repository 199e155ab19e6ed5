import type { GraphBuilder } from '@snowglobe/graph';
import { motionCount, waysOf } from '../../../memory/pose/geometry.js';
import type { PatchesConfig } from '../config/config.js';
import { cellCount, isByPose } from '../config/config.js';
import type { MotionContext } from '../motion/motion_head.js';
import type { RecalledFrames } from './transitions.js';

/** What a memory by pose tells before a motion, as inputs: i32 `ways` (B, W, P) and `stood` (B, M). None of a map. */
export function surroundingInputs(
  builder: GraphBuilder,
  config: PatchesConfig,
  rows: number,
): Pick<MotionContext, 'stood_BM' | 'ways_BWP'> {
  if (!isByPose(config)) return {};
  const ways = waysOf(config.poses.motions).length;
  return {
    stood_BM: builder.input('stood', [rows, motionCount(config.poses)]),
    ...(ways > 0 && { ways_BWP: builder.input('ways', [rows, ways, cellCount(config)], 'i32') }),
  };
}

export interface SurroundingRows {
  readonly stood?: Float32Array;
  readonly ways?: Int32Array;
}

export function emptySurroundings(config: PatchesConfig, rows: number): SurroundingRows {
  if (!isByPose(config)) return {};
  const ways = waysOf(config.poses.motions).length;
  return {
    stood: new Float32Array(rows * motionCount(config.poses)),
    ...(ways > 0 && { ways: new Int32Array(rows * ways * cellCount(config)) }),
  };
}

/**
 * Puts what is around in a transition into a row of the inputs.
 * @param codesOf codes (P) from 0 of the last frame of a transition
 */
export function fillSurroundings(
  inputs: SurroundingRows,
  row: number,
  { ways, stood }: Pick<RecalledFrames, 'stood' | 'ways'>,
  n: number,
  codesOf: (transition: number) => ArrayLike<number>,
  config: PatchesConfig,
): void {
  if (!isByPose(config)) return;
  const M = motionCount(config.poses);
  inputs.stood?.set(stood.subarray(n * M, (n + 1) * M), row * M);
  const [W, cells] = [waysOf(config.poses.motions).length, cellCount(config)];
  for (let way = 0; way < W; way++) {
    const from = ways[n * W + way]!;
    const codes = from < 0 ? undefined : codesOf(from);
    for (let cell = 0; cell < cells; cell++) {
      inputs.ways![(row * W + way) * cells + cell] = codes ? codes[cell]! + 1 : 0;
    }
  }
}
