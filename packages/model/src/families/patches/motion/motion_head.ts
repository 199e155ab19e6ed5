import type { Tensor } from '@snowglobe/graph';
import { concat, gatherRows, pointwise as p, reshape, sampleTokens } from '@snowglobe/kernels';
import { linear } from '../../../layers/linear.js';
import { parameter } from '../../../parameter.js';
import type { PatchesConfig } from '../config/config.js';
import { cellCount, frameCells, isByPose, motionsOf, wholeView } from '../config/config.js';

/** Shapes: B worlds, P cells, A actions, M motions, W ways. */

/** What the motion is predicted from. Codes are i32 and count from 1. */
export interface MotionContext {
  readonly last_BP: Tensor;
  readonly action_BA: Tensor;
  /** Of a memory by pose, see `PoseSurroundings`. */
  readonly ways_BWP?: Tensor | undefined;
  readonly stood_BM?: Tensor | undefined;
}

/** Cells on each side of the middle of the view that say whether one can walk there. */
const reach = 1;
/** Numbers that tell what a cell shows. */
const cellWidth = 32;

/**
 * The cells, by index, that say whether one can walk: seen from above those in the middle of the view, in first person those in the
 * middle of each row; of a view without cells, those of the frame.
 */
export function middleCells(config: PatchesConfig): readonly number[] {
  const frame = frameCells(config);
  const within = wholeView(config);
  const around = (first: number, count: number): number[] => {
    const middle = first + Math.floor(count / 2);
    return Array.from({ length: 2 * reach + 1 }, (_, i) => middle - reach + i).filter(
      (i) => i >= first && i < first + count,
    );
  };
  const rows = isByPose(config)
    ? Array.from({ length: within.rows }, (_, i) => within.top + i)
    : around(within.top, within.rows);
  return rows.flatMap((row) =>
    around(within.left, within.columns).map((column) => row * frame.columns + column),
  );
}

/** What the motion is predicted from: what was found to tell it, or the middle. */
const sightOf = (config: PatchesConfig): readonly number[] =>
  (isByPose(config) ? undefined : config.sight) ?? middleCells(config);

/**
 * What stands in the way, as numbers: (B, frames · cells · width).
 * @param ways_BWP frames that are looked at beside the last one
 */
export function embedMiddle(last_BP: Tensor, config: PatchesConfig, ways_BWP?: Tensor): Tensor {
  const { builder } = last_BP;
  const [batch, cells] = [last_BP.shape[0]!, cellCount(config)];
  const middle = sightOf(config);
  const frames = 1 + (ways_BWP?.shape[1] ?? 0);
  const all_BX = ways_BWP ? concat([last_BP, reshape(ways_BWP, [batch, (frames - 1) * cells])], 1) : last_BP;
  const width = frames * middle.length;
  const picked = builder.constant(
    Int32Array.from({ length: batch * width }, (_, i) => {
      const [world, at] = [Math.floor(i / width), i % width];
      const [frame, cell] = [Math.floor(at / middle.length), middle[at % middle.length]!];
      return (world * frames + frame) * cells + cell;
    }),
    [batch, width],
  );
  const codes = reshape(gatherRows(reshape(all_BX, [batch * frames * cells, 1]), picked), [batch, width]);
  const table = parameter(builder, 'embedding', [config.codebook + 1, cellWidth], {
    ...{ kind: 'normal', standardDeviation: 1 },
  });
  return reshape(gatherRows(table, codes), [batch, width * cellWidth]);
}

/** How the view moves, from what stands in the way and what is done: logits (B, M). */
export function motionLogits(
  { last_BP, action_BA, ways_BWP, stood_BM }: MotionContext,
  config: PatchesConfig,
): Tensor {
  return last_BP.builder.scope('motion', () => {
    const seen = embedMiddle(last_BP, config, ways_BWP);
    const known = concat([seen, action_BA, ...(stood_BM ? [stood_BM] : [])], 1);
    const hidden = p.gelu(linear(known, 'hidden', config.motionWidth));
    return linear(hidden, 'logits', motionsOf(config), { gain: 0.1 });
  });
}

/** The index of a motion, sampled: i32 (B). */
export function sampleMotion(logits_BM: Tensor, uniforms_B: Tensor, temperature: Tensor): Tensor {
  return sampleTokens(logits_BM, uniforms_B, temperature).tokens;
}
