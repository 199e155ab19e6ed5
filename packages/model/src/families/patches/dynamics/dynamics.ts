import type { GraphBuilder, Shape, Tensor } from '@snowglobe/graph';
import { gatherRows, pointwise as p, reshape } from '@snowglobe/kernels';
import { linear } from '../../../layers/linear.js';
import { norm } from '../../../layers/norm.js';
import { transformerBlock } from '../../../layers/transformer.js';
import { oldestAge } from '../../../memory/map/geometry.js';
import { parameter } from '../../../parameter.js';
import type { PatchesConfig } from '../config/config.js';
import { cellCount } from '../config/config.js';

/** Shapes: B batch, P cells, K patches, A actions, M motions, C width. Codes are i32. */

/** What is known of a frame before its patches; see `MapHint`. Codes of the hint and the last frame count from 1. */
export interface FrameContext {
  readonly hint_BP: Tensor;
  readonly freshness_BP: Tensor;
  readonly ages_BP: Tensor;
  readonly last_BP: Tensor;
  /** One-hot. */
  readonly action_BA: Tensor;
  /** Index of a motion. */
  readonly motion_B: Tensor;
}

/** All that a frame's patches are predicted from, as features of each cell: (B, P, C). */
export function embedFrame(context: FrameContext, config: PatchesConfig): Tensor {
  const { width } = config.dynamics;
  const { builder } = context.hint_BP;
  const table = (name: string, rows: number): Tensor => embedding(builder, name, [rows, width]);
  const codes = config.codebook + 1;
  const cells = [
    gatherRows(table('hint', codes), context.hint_BP),
    gatherRows(table('freshness', 3), context.freshness_BP),
    gatherRows(table('ages', oldestAge + 1), context.ages_BP),
    gatherRows(table('last', codes), context.last_BP),
    table('positions', cellCount(config)),
  ].reduce((sum, each) => p.add(sum, each));
  const whole = p.add(
    linear(context.action_BA, 'action', width),
    gatherRows(table('motion', config.motions.length), context.motion_B),
  );
  return p.add(cells, reshape(whole, [whole.shape[0]!, 1, width]));
}

/**
 * Logits (B, P, K) of the patches of a frame, some of which are given (MaskGIT, Chang et al. 2022).
 * @param context_BPC see `embedFrame`
 * @param known_BP the code of each cell plus 1, or 0 where it is masked
 */
export function patchLogits(
  context_BPC: Tensor,
  known_BP: Tensor,
  { codebook, dynamics }: PatchesConfig,
): Tensor {
  const { builder } = context_BPC;
  const given = gatherRows(embedding(builder, 'known', [codebook + 1, dynamics.width]), known_BP);
  let x = p.add(context_BPC, given);
  for (let layer = 0; layer < dynamics.layers; layer++) x = transformerBlock(x, `block${layer}`, dynamics);
  return linear(norm(x, 'norm'), 'logits', codebook, { gain: 0.1 });
}

/** A table of rows for codes. Its name ends in `embedding`, or says what it is: AdamW trains it, not Muon. */
function embedding(builder: GraphBuilder, name: string, shape: Shape): Tensor {
  const rule = { kind: 'normal', standardDeviation: 0.05 } as const;
  if (name === 'positions') return parameter(builder, name, shape, rule);
  return builder.scope(name, () => parameter(builder, 'embedding', shape, rule));
}
