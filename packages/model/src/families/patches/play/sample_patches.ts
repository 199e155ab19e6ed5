import type { Shape, Tensor } from '@snowglobe/graph';
import { sizeOf } from '@snowglobe/graph';
import { pointwise as p, reshape } from '@snowglobe/kernels';
import { gatherEachRow } from '../../../layers/gather_each.js';
import { ofEach } from '../../../layers/of_each.js';
import type { OpenSampling } from '../../../masked/decode.js';
import { codesPerStepOfKnown, sampleMasked } from '../../../masked/decode.js';
import { withoutTails } from '../../../masked/min_p.js';
import { freshness } from '../../../memory/cells.js';
import type { PatchesConfig } from '../config/config.js';
import { cellCount, hasAdjacency, hasMovers, isByPose } from '../config/config.js';
import type { FrameContext, PatchPass } from '../dynamics/dynamics.js';
import { embedFrame, patchPass } from '../dynamics/dynamics.js';
import { sampleBeside } from './adjacency.js';
import { edges, lastsInView, placeMovers, withinKinds } from './movers.js';

/** Shapes: B worlds, P cells, S refinement steps. */

/** Share of the cells that are left open after the first refinement step. */
const openCells = 0.25;

/**
 * Blocks that see all cells anew in steps after the first, where open cells alone are asked for. With a map it is the first block, which
 * tells them what the other cells have become: four in five cells that a second step over all cells would draw differently from one
 * step come out as they would. What a memory by pose gives leaves more open, so there nothing but the last block is spared, which changes nothing.
 */
const renewedBlocks = (config: PatchesConfig): number => (isByPose(config) ? config.dynamics.layers : 1);

/** How the patches of a frame are sampled. */
export interface PatchSampling {
  /** (1), or (B) of worlds apart. */
  readonly temperature: Tensor;
  /** See `withoutTails`; (1), or (B) of worlds apart. */
  readonly confidenceThreshold: Tensor;
  /** (S, B·P), see `sampleMasked`. */
  readonly codeUniforms: Tensor;
  /** (B, P), of worlds in which things move, see `placeMovers`. */
  readonly moverUniforms?: Tensor;
}

/** The patches of a frame, i32 (B, P), given what is known of it before (MaskGIT, Chang et al. 2022). */
export function samplePatches(
  given: FrameContext,
  { temperature, confidenceThreshold, codeUniforms, moverUniforms }: PatchSampling,
  config: PatchesConfig,
): Tensor {
  const { refinementSteps } = config;
  const { hint_BP, freshness_BP } = given;
  const { builder } = hint_BP;
  const [batch, cells] = [hint_BP.shape[0]!, cellCount(config)];
  // Of what was never seen, all may come: a rare find is no error there. Nor is what comes through an edge, which is one of many and never likely.
  const isKnown_BP = p.toF32(p.greater(freshness_BP, freshness.never));
  const isClosed = lastsInView(config) ? p.sub(1, builder.constant(edges(config), [1, cells])) : 1;
  const leastShare_BP = p.mul(p.mul(isKnown_BP, isClosed), ofEach(confidenceThreshold, 2));
  const leastShare = reshape(leastShare_BP, [batch, cells, 1]);
  const zeros = (shape: Shape): Tensor => builder.constant(new Float32Array(sizeOf(shape)), shape);
  const { codes_BM } = builder.scope('dynamics', () => {
    const context = embedFrame(given, config);
    const renewed = renewedBlocks(config);
    let before: PatchPass | undefined;
    let kinds_BPH: Tensor | undefined;
    return sampleMasked(
      (codes, isDecided, cells_BQ) => {
        const known = p.select(p.toI32(isDecided), p.add(codes, 1), 0);
        const open = cells_BQ && before ? { cells_BQ, before, renewed } : undefined;
        before = patchPass(context, known, config, open);
        const least = cells_BQ ? gatherEachRow(leastShare, cells_BQ) : leastShare;
        const { logits } = before;
        if (!hasMovers(config) || !moverUniforms) return withoutTails(logits, least);
        // Where things go is decided at once, by the first step: it knows of no cell yet, and its shares are right on the whole.
        kinds_BPH ??= placeMovers(
          logits,
          { hint_BP, likely_BPK: withoutTails(logits, least), uniforms_BP: moverUniforms, temperature },
          config,
        );
        const kinds_BQH = cells_BQ ? gatherEachRow(kinds_BPH, cells_BQ) : kinds_BPH;
        return withoutTails(withinKinds(logits, kinds_BQH, temperature, config), least);
      },
      // Cells are ranked by confidence alone: noise would have new ones decided with those that are known.
      {
        temperature,
        confidenceThreshold: zeros([1]),
        codeUniforms,
        rankNoise: zeros([refinementSteps, batch * cells]),
      },
      { batch, positions: cells, books: 1 },
      {
        fixedCounts: codesPerStepOfKnown(cells, refinementSteps, openCells),
        openAlone: true,
        // In the first step what is fixed is certain by itself.
        ...(hasAdjacency(config) && {
          sampleOpen: (logits: Tensor, of: OpenSampling) => sampleBeside(logits, of, config),
        }),
      },
    );
  });
  return codes_BM;
}
