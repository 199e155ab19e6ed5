import type { Tensor } from '@snowglobe/graph';
import { concat, gatherRows, pointwise as p, reshape, sampleTokens } from '@snowglobe/kernels';
import { linear } from '../../../layers/linear.js';
import { parameter } from '../../../parameter.js';
import type { PatchesConfig } from '../config/config.js';
import { frameCells } from '../config/config.js';

/** Shapes: B batch, P cells, A actions, M motions. */

/** Cells on each side of the middle of the view that say whether one can walk there. */
const reach = 1;
/** Numbers that tell what a cell shows. */
const cellWidth = 32;

/** The cells in the middle of the view, by index; of a view without cells, those in the middle of the frame. */
export function middleCells(config: PatchesConfig): readonly number[] {
  const frame = frameCells(config);
  const { view } = config;
  const within = view.rows > 0 && view.columns > 0 ? view : { top: 0, left: 0, ...frame };
  const around = (first: number, count: number): number[] => {
    const middle = first + Math.floor(count / 2);
    return Array.from({ length: 2 * reach + 1 }, (_, i) => middle - reach + i).filter(
      (i) => i >= first && i < first + count,
    );
  };
  return around(within.top, within.rows).flatMap((row) =>
    around(within.left, within.columns).map((column) => row * frame.columns + column),
  );
}

/**
 * What stands around the middle of the view, as numbers: (B, cells · width).
 * @param last_BP codes of the last frame, from 1
 */
export function embedMiddle(last_BP: Tensor, config: PatchesConfig): Tensor {
  const { builder } = last_BP;
  const [batch, cells] = last_BP.shape as [number, number];
  const middle = middleCells(config);
  const picked = builder.constant(
    Int32Array.from({ length: batch * middle.length }, (_, i) => {
      const world = Math.floor(i / middle.length);
      return world * cells + middle[i % middle.length]!;
    }),
    [batch, middle.length],
  );
  const codes = reshape(gatherRows(reshape(last_BP, [batch * cells, 1]), picked), [batch, middle.length]);
  const table = parameter(builder, 'embedding', [config.codebook + 1, cellWidth], {
    ...{ kind: 'normal', standardDeviation: 1 },
  });
  return reshape(gatherRows(table, codes), [batch, middle.length * cellWidth]);
}

/**
 * How the view moves, from what stands around its middle and what is done: logits (B, M).
 * @param last_BP codes of the last frame, from 1
 */
export function motionLogits(last_BP: Tensor, action_BA: Tensor, config: PatchesConfig): Tensor {
  return last_BP.builder.scope('motion', () => {
    const seen = embedMiddle(last_BP, config);
    const hidden = p.gelu(linear(concat([seen, action_BA], 1), 'hidden', config.motionWidth));
    return linear(hidden, 'logits', config.motions.length, { gain: 0.1 });
  });
}

/** The index of a motion, sampled: i32 (B). */
export function sampleMotion(logits_BM: Tensor, uniforms_B: Tensor, temperature: Tensor): Tensor {
  return sampleTokens(logits_BM, uniforms_B, temperature).tokens;
}
