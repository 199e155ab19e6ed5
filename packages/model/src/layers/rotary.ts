import type { GraphBuilder, Tensor } from '@snowglobe/graph';
import { gatherRows, reshape, rotary } from '@snowglobe/kernels';

/**
 * Rotary positions (Su et al. 2021) with a twist for endless play: every frequency is an integer of turns in a period
 * of frames, so positions can be taken modulo the period without changing any difference of two positions. Keys that were
 * cached long ago stay valid, and angles stay small. The period is at least twice what is remembered.
 *
 * @param memory frames that are remembered
 */
export function rotaryPeriod(memory: number): number {
  return Math.max(256, 2 ** Math.ceil(Math.log2(2 * memory)));
}

/** cos and sin of each position's angles: (T, d/2) each, or (G · T, d/2) where groups are apart. */
export interface Rotation {
  readonly cos_TF: Tensor;
  readonly sin_TF: Tensor;
}

/** Turns a period of frequency `i` of `count`: from one, geometrically, to half the period. */
function turns(i: number, count: number, period: number): number {
  const highest = period / 2;
  return Math.round(highest ** (count === 1 ? 0 : i / (count - 1)));
}

/** Tables of cos and sin for all positions of a period: (period, headWidth / 2) each, row-major. */
export function rotaryTables(
  headWidth: number,
  period: number,
): { readonly cos: Float32Array; readonly sin: Float32Array } {
  const frequencies = headWidth / 2;
  const angle = (entry: number): number => {
    const [position, i] = [Math.floor(entry / frequencies), entry % frequencies];
    return (2 * Math.PI * ((position * turns(i, frequencies, period)) % period)) / period;
  };
  const table = (of: (x: number) => number): Float32Array =>
    Float32Array.from({ length: period * frequencies }, (_, entry) => of(angle(entry)));
  return { cos: table(Math.cos), sin: table(Math.sin) };
}

/** The rotation of positions 0 … count−1: for training, where windows start anywhere and only differences count. */
export function rotationOfWindow(
  builder: GraphBuilder,
  count: number,
  headWidth: number,
  period: number,
): Rotation {
  const frequencies = headWidth / 2;
  const { cos, sin } = rotaryTables(headWidth, period);
  const part = (table: Float32Array): Tensor =>
    builder.constant(table.slice(0, count * frequencies), [count, frequencies]);
  return { cos_TF: part(cos), sin_TF: part(sin) };
}

/**
 * The rotation of positions that are only known when the graph runs, looked up in tables that the graph holds.
 * @param positions_T i32 (T), each in 0 … period−1
 */
export function rotationAt(positions_T: Tensor, headWidth: number, period: number): Rotation {
  const { cos, sin } = rotaryTables(headWidth, period);
  const rows = (table: Float32Array): Tensor =>
    gatherRows(positions_T.builder.constant(table, [period, headWidth / 2]), positions_T);
  return { cos_TF: rows(cos), sin_TF: rows(sin) };
}

/** Turns queries or keys x (G, T, heads · d) by their positions. */
export function rotate(x_GTD: Tensor, { cos_TF, sin_TF }: Rotation, heads: number): Tensor {
  const [groups, positions, width] = x_GTD.shape as [number, number, number];
  if (cos_TF.shape[0] === positions) return rotary(x_GTD, cos_TF, sin_TF, heads);
  const rows = reshape(x_GTD, [1, groups * positions, width]);
  return reshape(rotary(rows, cos_TF, sin_TF, heads), x_GTD.shape);
}
