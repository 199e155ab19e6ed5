import type { Tensor } from '@snowglobe/graph';
import { argmax, concat, gatherRows, maxOver, pointwise as p, reshape, sum } from '@snowglobe/kernels';
import { freshness, isWithin } from '../cells.js';
import { gatherEach, gatherEachRow } from '../../layers/gather_each.js';
import type { PoseGeometry, PoseTables } from './geometry.js';
import { motionCount, poseCount, poseTables } from './geometry.js';

/** Shapes: B worlds, P cells of a frame, N remembered frames, M motions, W ways, R recalled frames. Codes are i32 and count from 1; 0 is
 * what was never seen. */

/** What is remembered, from the frame that was seen last on. */
export interface PoseState {
  /** i32: the pose of each frame, 0 where there is none. */
  readonly places_BN: Tensor;
  /** i32: their codes. */
  readonly frames_BNP: Tensor;
}

/** See `Surroundings`. */
export interface PoseSurroundings {
  /** i32; 0 where no such frame was seen. Absent where motions lead straight ahead alone. */
  readonly ways_BWP: Tensor | undefined;
  /** f32 */
  readonly stood_BM: Tensor;
}

/** What the memory tells of the next frame; see `PoseHint`. */
export interface PoseStep {
  /** i32: what was seen from exactly this pose, and of cells that stand still what the last frame shows. */
  readonly codes_BP: Tensor;
  readonly freshness_BP: Tensor;
  /** i32: codes of the recalled frames, 0 where there is none. Absent where none are recalled. */
  readonly recalled_BRP: Tensor | undefined;
  /** i32 (B, R + 1), see `PoseHint.views`. */
  readonly views_BV: Tensor;
  /** i32: poses of what is remembered, in the eyes of the next frame. */
  readonly places_BN: Tensor;
}

/** Remembers the last frame, at the front; the frame that was seen from here before, or else the oldest one, is forgotten. */
export function rememberLast(state: PoseState, last_BP: Tensor, tables: PoseTables): PoseState {
  const { places_BN, frames_BNP } = state;
  const { builder } = last_BP;
  const [batch, frames, cells] = frames_BNP.shape as [number, number, number];
  const isHere = p.equal(places_BN, tables.here);
  const isOldest = Float32Array.from({ length: frames }, (_, i) => (i === frames - 1 ? 0.5 : 0));
  const forgotten = argmax(p.add(isHere, builder.constant(isOldest, [frames])));
  const slots = builder.constant(
    Int32Array.from({ length: batch * frames }, (_, i) => i % frames),
    [batch, frames],
  );
  // Counted through the last frame and then all that was remembered.
  const from_BN = p.add(slots, p.toI32(p.greater(slots, reshape(forgotten, [batch, 1]))));
  const here = builder.constant(new Int32Array(batch).fill(tables.here), [batch, 1]);
  return {
    places_BN: gatherEach(concat([here, places_BN], 1), from_BN),
    frames_BNP: gatherEachRow(concat([reshape(last_BP, [batch, 1, cells]), frames_BNP], 1), from_BN),
  };
}

/** What is known of where motions lead, before one. */
export function surroundings({ places_BN, frames_BNP }: PoseState, tables: PoseTables): PoseSurroundings {
  const { builder } = places_BN;
  const { view, stood, views, ways } = tables;
  const [batch, , cells] = frames_BNP.shape as [number, number, number];
  const views_BN = gatherViews(places_BN, view);
  const stood_BNM = gatherRows(builder.constant(stood, [views, stood.length / views]), views_BN);
  const facing = ways.map((way) => reshape(framesAt(places_BN, frames_BNP, way), [batch, 1, cells]));
  return {
    ways_BWP: facing.length > 0 ? concat(facing, 1) : undefined,
    stood_BM: maxOver(stood_BNM, 1),
  };
}

/**
 * Moves the view.
 * @param state as `rememberLast` left it
 * @param motion_B i32, index of a motion
 */
export function poseStep(
  { places_BN, frames_BNP }: PoseState,
  motion_B: Tensor,
  geometry: PoseGeometry,
  tables: PoseTables = poseTables(geometry),
): PoseStep {
  const { builder } = places_BN;
  const [batch, frames, cells] = frames_BNP.shape as [number, number, number];
  const { here, view, overlap, views, squares } = tables;
  const moved = builder.constant(tables.moved, [motionCount(geometry), poseCount(geometry)]);
  const placesNow_BN = gatherEach(gatherRows(moved, motion_B), places_BN);
  const views_BN = gatherViews(placesNow_BN, view);

  const last_BP = reshape(gatherEachRow(frames_BNP, builder.constant(new Int32Array(batch), [batch, 1])), [
    batch,
    cells,
  ]);
  const same_BP = framesAt(placesNow_BN, frames_BNP, here);
  const isLast_B1 = p.equal(firstOf(placesNow_BN), here);
  const inView_P = builder.constant(cellsInView(geometry), [cells]);
  const seen_BP = p.select(isLast_B1, freshness.last, p.min(same_BP, freshness.earlier));

  const overlap_VS = builder.constant(overlap, [views, squares]);
  // The last frame is given anyway.
  const isOther = builder.constant(
    Float32Array.from({ length: frames }, (_, i) => (i === 0 ? 0 : 1)),
    [frames, 1],
  );
  const overlap_BNS = p.mul(gatherRows(overlap_VS, views_BN), isOther);
  let wanted_BS = builder.constant(new Float32Array(batch * squares).fill(1), [batch, squares]);
  const recalled: Tensor[] = [];
  const recalledViews: Tensor[] = [];
  for (let i = 0; i < geometry.recalled; i++) {
    const covered_BN = sum(p.mul(overlap_BNS, reshape(wanted_BS, [batch, 1, squares])), 2);
    const best_B1 = reshape(argmax(covered_BN), [batch, 1]);
    const isAny_B1 = p.toI32(p.greater(gatherEach(covered_BN, best_B1), 0));
    const view_B1 = p.mul(gatherEach(views_BN, best_B1), isAny_B1);
    wanted_BS = p.mul(wanted_BS, p.sub(1, reshape(gatherRows(overlap_VS, view_B1), [batch, squares])));
    const isAny_B11 = reshape(isAny_B1, [batch, 1, 1]);
    recalled.push(p.mul(gatherEachRow(frames_BNP, best_B1), isAny_B11));
    recalledViews.push(view_B1);
  }
  return {
    codes_BP: p.select(inView_P, same_BP, last_BP),
    freshness_BP: p.select(inView_P, seen_BP, freshness.last),
    recalled_BRP: recalled.length > 0 ? concat(recalled, 1) : undefined,
    views_BV: concat([...recalledViews, firstOf(views_BN)], 1),
    places_BN: placesNow_BN,
  };
}

const gatherViews = (places_BN: Tensor, view: Int32Array): Tensor =>
  reshape(gatherRows(places_BN.builder.constant(view, [view.length, 1]), places_BN), places_BN.shape);

/** The first of each row: (B, 1). */
const firstOf = (rows_BN: Tensor): Tensor =>
  gatherEach(rows_BN, rows_BN.builder.constant(new Int32Array(rows_BN.shape[0]!), [rows_BN.shape[0]!, 1]));

/** Codes of the frame that was seen from a pose, 0 where there is none: (B, P). */
function framesAt(places_BN: Tensor, frames_BNP: Tensor, place: number): Tensor {
  const [batch, , cells] = frames_BNP.shape as [number, number, number];
  const isThere_BN = p.equal(places_BN, place);
  const found_B1 = reshape(argmax(isThere_BN), [batch, 1]);
  const isAny_B1 = p.toI32(gatherEach(isThere_BN, found_B1));
  return p.mul(reshape(gatherEachRow(frames_BNP, found_B1), [batch, cells]), isAny_B1);
}

/** (P): 1 for cells that change with the pose. */
export function cellsInView({ frame, view }: Pick<PoseGeometry, 'frame' | 'view'>): Int32Array {
  return Int32Array.from({ length: frame.rows * frame.columns }, (_, cell) =>
    isWithin(view, Math.floor(cell / frame.columns), cell % frame.columns) ? 1 : 0,
  );
}
