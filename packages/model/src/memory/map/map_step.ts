import type { Tensor } from '@snowglobe/graph';
import { concat, gatherRows, pointwise as p } from '@snowglobe/kernels';
import { gatherEach } from '../../layers/gather_each.js';
import type { MapGeometry } from './geometry.js';
import { mapTables, oldestAge } from './geometry.js';
import { cellsOf, freshness } from '../cells.js';

/** Shapes: B worlds, P cells of a frame, C cells of the canvas, M motions. All tensors are i32; codes are counted from 1, and 0 is a
 * place that was never seen. */

/** What a map remembers, with the last frame beside it. */
export interface MapState {
  readonly codes_BP: Tensor;
  /** Of the cells of the last frame, see `MapHint.ages`. */
  readonly ages_BP: Tensor;
  /** Absent where nothing scrolls. */
  readonly canvas_BC: Tensor | undefined;
}

/** What the map tells of the next frame; see `MapHint`. */
export interface MapStep {
  readonly codes_BP: Tensor;
  readonly freshness_BP: Tensor;
  readonly ages_BP: Tensor;
  /** The canvas as the next frame stands in its middle. */
  readonly canvas_BC: Tensor | undefined;
}

/**
 * Draws the last frame into the map and moves the view, as a graph; `MapMemory` says the same as loops.
 * @param motion_B index of a motion
 */
export function mapStep(
  { codes_BP, ages_BP, canvas_BC }: MapState,
  motion_B: Tensor,
  geometry: MapGeometry,
): MapStep {
  const { builder } = codes_BP;
  const [batch, cells] = codes_BP.shape as [number, number];
  const places = cellsOf(geometry.canvas);
  const motions = geometry.motions.length;
  const tables = mapTables(geometry);
  const nothing = builder.constant(new Int32Array(batch), [batch, 1]);
  const sources = concat(canvas_BC ? [codes_BP, canvas_BC, nothing] : [codes_BP, nothing], 1);
  const rowOf = (table: Int32Array): Tensor =>
    gatherRows(builder.constant(table, [motions, table.length / motions]), motion_B);

  const from_BP = rowOf(tables.hint);
  const codes = gatherEach(sources, from_BP);
  const isInView = rowOf(tables.isInView);
  // Never, or earlier: 0 or 1.
  const earlier = p.min(codes, freshness.earlier);
  const ages = gatherEach(concat([ages_BP, nothing], 1), p.min(from_BP, cells));
  return {
    codes_BP: codes,
    freshness_BP: p.select(isInView, freshness.last, earlier),
    ages_BP: ages,
    canvas_BC: canvas_BC && places > 0 ? gatherEach(sources, rowOf(tables.canvas)) : undefined,
  };
}

/**
 * The ages of the cells of a frame that was drawn.
 * @param codes_BP of that frame, from 1
 */
export function agesAfter(codes_BP: Tensor, hint: MapStep): Tensor {
  const age = hint.ages_BP;
  const older = p.select(p.equal(age, 0), 0, p.min(p.add(age, 1), oldestAge));
  const known = p.select(p.equal(codes_BP, hint.codes_BP), older, 1);
  return p.select(p.equal(hint.freshness_BP, freshness.last), known, 0);
}
