import type { Tensor } from '@snowglobe/graph';
import type { SampledTokens } from '@snowglobe/kernels';
import { concat, gatherRows, pointwise as p, reshape, sampleTokens, sum } from '@snowglobe/kernels';
import { gatherEach, gatherEachRow, scatterEach } from '../../../layers/gather_each.js';
import type { OpenSampling } from '../../../masked/decode.js';
import type { WithAdjacency } from '../config/config.js';
import { cellCount, frameCells } from '../config/config.js';
import { neighbourOf, penaltiesOf, sides } from './neighbours.js';

/**
 * Shapes: B worlds, P cells, Q of them that are open, K patches, D = 4 sides: left, right, above, below.
 *
 * Cells that are sampled apart from one another do not fit one another: half a car here, a roof on a pond there. Here what is open is sampled
 * as a Markov random field (Geman & Geman 1984): the network's logits for each cell, and a penalty for each pair of neighbours that
 * recordings never show (the adjacency rules of model synthesis, Merrell 2007). Cells of a chessboard's two colours are sampled in turns,
 * given what stands beside them, each with the same chance in every turn, so that it comes to rest.
 */

/** Turns of both colours: four leave as many misfits as two. */
const turns = 2;

/** Samples open cells by what is likely there, and by what goes together. The confidence is that of a code given its neighbours. */
export function sampleBeside(
  logits_BQK: Tensor,
  { uniforms_BQ, temperature, codes_BM: codes_BP, open_BQ }: OpenSampling,
  config: WithAdjacency,
): SampledTokens {
  const { builder } = logits_BQK;
  const [batch, open, codes] = logits_BQK.shape as [number, number, number];
  const cells = cellCount(config);
  const { columns } = frameCells(config);
  const ofOpen = (x_BPW: Tensor): Tensor => gatherEachRow(x_BPW, open_BQ);
  const colours = Int32Array.from(
    { length: batch * cells },
    (_, i) => (Math.floor((i % cells) / columns) + ((i % cells) % columns)) % 2,
  );
  const colour_BQ = reshape(ofOpen(builder.constant(colours, [batch, cells, 1])), [batch, open]);
  const beside = Int32Array.from(
    { length: batch * cells * sides.length },
    (_, i) => neighbourOf(Math.floor(i / sides.length) % cells, sides[i % sides.length]!, config) ?? cells,
  );
  const beside_BQD = ofOpen(builder.constant(beside, [batch, cells, sides.length]));
  const isNone_BQD = p.greater(beside_BQD, cells - 1);
  const none = sides.length * codes;
  const table = builder.constant(penaltiesOf(config), [none + 1, codes]);
  const firstRows_D = builder.constant(
    Int32Array.from(sides, (_, side) => side * codes),
    [sides.length],
  );
  const nothing = builder.constant(new Int32Array(batch), [batch, 1]);

  let { tokens, confidence } = sampleTokens(logits_BQK, uniforms_BQ, temperature);
  for (let turn = 0; turn < 2 * turns; turn++) {
    const shown_BP = scatterEach(codes_BP, tokens, open_BQ);
    const shown_BQD = reshape(
      gatherEach(concat([shown_BP, nothing], 1), reshape(beside_BQD, [batch, open * sides.length])),
      [batch, open, sides.length],
    );
    const rows_BQD = p.select(isNone_BQD, none, p.add(shown_BQD, firstRows_D));
    const against_BQK = sum(gatherRows(table, rows_BQD), 2);
    const next = sampleTokens(p.sub(logits_BQK, against_BQK), uniforms_BQ, temperature);
    const isTurn_BQ = turn % 2 === 0 ? colour_BQ : p.sub(1, colour_BQ);
    tokens = p.select(isTurn_BQ, next.tokens, tokens);
    confidence = p.select(isTurn_BQ, next.confidence, confidence);
  }
  return { tokens, confidence };
}
