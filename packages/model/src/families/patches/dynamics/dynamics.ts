import type { GraphBuilder, Shape, Tensor } from '@snowglobe/graph';
import { concat, gatherRows, pointwise as p, reshape } from '@snowglobe/kernels';
import { linear } from '../../../layers/linear.js';
import { norm } from '../../../layers/norm.js';
import type { LookedAt, SomePositions } from '../../../layers/transformer.js';
import { lookAt, transformerBlock } from '../../../layers/transformer.js';
import { oldestAge } from '../../../memory/map/geometry.js';
import { poseTables } from '../../../memory/pose/geometry.js';
import { cellsInView } from '../../../memory/pose/pose_step.js';
import { parameter } from '../../../parameter.js';
import type { PatchesConfig } from '../config/config.js';
import { cellCount, isByPose, motionsOf, poseGeometry } from '../config/config.js';
import { embedTold } from './told.js';

/** Shapes: B batch, P cells, S cells of the view, K patches, A actions, M motions, R recalled frames, F = R + 1 with the last one, C width.
 * Codes are i32. */

/** What is known of a frame before its patches. Codes of the hint and of other frames count from 1. */
export interface FrameContext extends MemoryHint {
  readonly last_BP: Tensor;
  /** One-hot. */
  readonly action_BA: Tensor;
  /** Index of a motion. */
  readonly motion_B: Tensor;
  /** Of worlds that can be told events, see `toldIds`. */
  readonly told_BW?: Tensor | undefined;
}

/** What the memory tells of a frame. */
export interface MemoryHint {
  readonly hint_BP: Tensor;
  readonly freshness_BP: Tensor;
  /** Of a map, see `MapHint`. */
  readonly ages_BP?: Tensor | undefined;
  /** Of a memory by pose, see `PoseStep`. */
  readonly recalled_BRP?: Tensor | undefined;
  readonly views_BV?: Tensor | undefined;
}

/** All that a frame's patches are predicted from. */
export interface EmbeddedFrame {
  /** Features of each cell. */
  readonly cells_BPC: Tensor;
  /** Frames that blocks look at, by block; none of a map. */
  readonly frames: readonly (LookedAt | undefined)[];
}

export function embedFrame(context: FrameContext, config: PatchesConfig): EmbeddedFrame {
  const { width } = config.dynamics;
  const { builder } = context.hint_BP;
  const table = tablesIn(builder, width);
  const codes = config.codebook + 1;
  const cells = [
    gatherRows(table('hint', codes), context.hint_BP),
    gatherRows(table('freshness', 3), context.freshness_BP),
    ...(context.ages_BP ? [gatherRows(table('ages', oldestAge + 1), context.ages_BP)] : []),
    // What is known by pose is looked at as a whole.
    ...(isByPose(config) ? [] : [gatherRows(table('last', codes), context.last_BP)]),
    table('positions', cellCount(config)),
  ].reduce((sum, each) => p.add(sum, each));
  const done = p.add(
    linear(context.action_BA, 'action', width),
    gatherRows(table('motion', motionsOf(config)), context.motion_B),
  );
  const { told_BW } = context;
  const whole = config.events && told_BW ? p.add(done, embedTold(told_BW, config.events, width)) : done;
  return {
    cells_BPC: p.add(cells, reshape(whole, [whole.shape[0]!, 1, width])),
    frames: lookedAt(context, config),
  };
}

/** The recalled frames and the last one, as every second block looks at them, the last block among these. */
function lookedAt(context: FrameContext, config: PatchesConfig): (LookedAt | undefined)[] {
  if (!isByPose(config)) return [];
  const { width, layers } = config.dynamics;
  const { recalled_BRP, views_BV, last_BP } = context;
  const { builder } = last_BP;
  const table = tablesIn(builder, width);
  const [batch, cells] = last_BP.shape as [number, number];
  const geometry = poseGeometry(config);
  const { views } = poseTables(geometry);
  const last = reshape(last_BP, [batch, 1, cells]);
  const frames_BFP = recalled_BRP ? concat([recalled_BRP, last], 1) : last;
  const count = frames_BFP.shape[1]!;
  const isInView = cellsInView(geometry);
  const seen = [...isInView.keys()].filter((cell) => isInView[cell]);
  const picked = builder.constant(
    Int32Array.from({ length: batch * count * seen.length }, (_, i) => {
      return Math.floor(i / seen.length) * cells + seen[i % seen.length]!;
    }),
    [batch, count, seen.length],
  );
  const codes_BFS = reshape(
    gatherRows(reshape(frames_BFP, [batch * count * cells, 1]), picked),
    picked.shape,
  );
  const view = (name: string): Tensor =>
    reshape(gatherRows(table(name, views), views_BV!), [batch, count, 1, width]);
  // A product says together where a frame was seen from and where on it something is.
  const place = p.mul(table('places', seen.length), p.add(view('viewScale'), 1));
  const shown = gatherRows(table('frames', config.codebook + 1), codes_BFS);
  const features = p.add(p.add(shown, place), view('view'));
  const beside = reshape(features, [batch, count * seen.length, width]);
  return Array.from({ length: layers }, (_, layer) =>
    (layers - layer) % 2 === 1 ? lookAt(beside, `block${layer}`, config.dynamics) : undefined,
  );
}

/** What a pass over a frame finds. */
export interface PatchPass {
  /** Of all cells, or of those that it was asked for. */
  readonly logits: Tensor;
  /** Keys and values of all cells, by block. */
  readonly lookedAt: readonly LookedAt[];
}

/** Cells that a pass after the first is asked for. */
export interface OpenCells {
  readonly cells_BQ: Tensor;
  readonly before: PatchPass;
  /** Blocks that see all cells anew. In the others cells that are not open keep the keys and values of the pass before. */
  readonly renewed: number;
}

/**
 * Logits (B, P, K) of the patches of a frame, some of which are given (MaskGIT, Chang et al. 2022), or (B, Q, K) of open cells alone.
 * @param known_BP the code of each cell plus 1, or 0 where it is masked
 */
export function patchPass(
  { cells_BPC, frames }: EmbeddedFrame,
  known_BP: Tensor,
  { codebook, dynamics }: PatchesConfig,
  open?: OpenCells,
): PatchPass {
  const { builder } = cells_BPC;
  const given = gatherRows(tablesIn(builder, dynamics.width)('known', codebook + 1), known_BP);
  let x = p.add(cells_BPC, given);
  const lookedAt: LookedAt[] = [];
  for (let layer = 0; layer < dynamics.layers; layer++) {
    const block = transformerBlock(x, `block${layer}`, dynamics, {
      beside: frames[layer],
      some: open && someCells(open, layer),
    });
    x = block.x_BND;
    lookedAt.push(block.lookedAt);
  }
  return { logits: linear(norm(x, 'norm'), 'logits', codebook, { gain: 0.1 }), lookedAt };
}

/** The cells that a block carries on; undefined: all. */
function someCells({ cells_BQ, before, renewed }: OpenCells, layer: number): SomePositions | undefined {
  if (layer + 1 < renewed) return undefined;
  return { positions_BQ: cells_BQ, others: layer + 1 === renewed ? undefined : before.lookedAt[layer] };
}

/** The logits of a pass over all cells. */
export const patchLogits = (frame: EmbeddedFrame, known_BP: Tensor, config: PatchesConfig): Tensor =>
  patchPass(frame, known_BP, config).logits;

/** Tables of rows by code. Their names end in `embedding`, or say what they are: AdamW trains them, not Muon. */
const tablesIn =
  (builder: GraphBuilder, width: number) =>
  (name: string, rows: number): Tensor => {
    const shape: Shape = [rows, width];
    const rule = { kind: 'normal', standardDeviation: 0.05 } as const;
    if (name === 'positions') return parameter(builder, name, shape, rule);
    return builder.scope(name, () => parameter(builder, 'embedding', shape, rule));
  };
