import type { GraphBuilder, Tensor } from '@snowglobe/graph';
import { cellsOf } from '../../../memory/cells.js';
import { agesAfter, mapStep } from '../../../memory/map/map_step.js';
import { poseTables } from '../../../memory/pose/geometry.js';
import { poseStep, rememberLast, surroundings } from '../../../memory/pose/pose_step.js';
import type { MapConfig, PatchesConfig, PoseConfig } from '../config/config.js';
import { cellCount, isByPose, mapGeometry, poseGeometry } from '../config/config.js';
import type { MemoryHint } from '../dynamics/dynamics.js';
import type { MotionContext } from '../motion/motion_head.js';

/** Shapes: B worlds, P cells, C places of a map, N remembered frames. Codes count from 1; all variables begin with zeros. */

/** What is remembered of the past, and the last frame: what can be asked of it, before and after the view moves. */
export interface Recollection {
  /** What the motion is predicted from beside the last frame and the action. */
  readonly around: Pick<MotionContext, 'stood_BM' | 'ways_BWP'>;
  move(motion_B: Tensor): Moved;
}

export interface Moved {
  readonly hint: MemoryHint;
  /** Ends the frame. @param codes_BP of its patches, from 1 */
  remember(codes_BP: Tensor): void;
}

/** Declares the memory that is carried from frame to frame, in the builder's scope. */
export function declareMemory(
  builder: GraphBuilder,
  config: PatchesConfig,
  batch: number,
): (last_BP: Tensor) => Recollection {
  return isByPose(config) ? posesIn(builder, config, batch) : mapIn(builder, config, batch);
}

function mapIn(builder: GraphBuilder, config: MapConfig, batch: number) {
  const places = cellsOf(config.map);
  const ages = builder.variable('ages', [batch, cellCount(config)], 'i32');
  const map = places > 0 ? builder.variable('map', [batch, places], 'i32') : undefined;
  return (last_BP: Tensor): Recollection => ({
    around: {},
    move(motion_B) {
      const step = mapStep(
        { codes_BP: last_BP, ages_BP: ages, canvas_BC: map },
        motion_B,
        mapGeometry(config),
      );
      return {
        hint: { hint_BP: step.codes_BP, freshness_BP: step.freshness_BP, ages_BP: step.ages_BP },
        remember(codes_BP) {
          builder.assign(ages, agesAfter(codes_BP, step));
          if (map && step.canvas_BC) builder.assign(map, step.canvas_BC);
        },
      };
    },
  });
}

function posesIn(builder: GraphBuilder, config: PoseConfig, batch: number) {
  const { frames: count } = config.poses;
  const places = builder.variable('places', [batch, count], 'i32');
  const frames = builder.variable('frames', [batch, count, cellCount(config)], 'i32');
  const geometry = poseGeometry(config);
  const tables = poseTables(geometry);
  return (last_BP: Tensor): Recollection => {
    const state = rememberLast({ places_BN: places, frames_BNP: frames }, last_BP, tables);
    return {
      around: surroundings(state, tables),
      move(motion_B) {
        const { codes_BP, freshness_BP, recalled_BRP, views_BV, places_BN } = poseStep(
          ...([state, motion_B, geometry, tables] as const),
        );
        return {
          hint: { hint_BP: codes_BP, freshness_BP, recalled_BRP, views_BV },
          remember() {
            builder.assign(places, places_BN);
            builder.assign(frames, state.frames_BNP);
          },
        };
      },
    };
  };
}
