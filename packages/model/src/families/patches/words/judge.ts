import type { Tensor } from '@snowglobe/graph';
import { gatherRows, pointwise as p, reshape, sum } from '@snowglobe/kernels';
import { linear } from '../../../layers/linear.js';
import { norm } from '../../../layers/norm.js';
import { parameter } from '../../../parameter.js';
import { encodeClauses } from '../../../text/encoder.js';
import type { WithWords } from '../config/config.js';
import { wordsScope } from './first_frame.js';

/** Shapes: B frames, P cells, K clauses, W words of a clause, C width. */

/** Width of what is known of a frame, beside that of words. */
const width = 128;

/**
 * How much likelier each clause is said of a frame than of another one, as logits (B, K): two towers (Radford et al. 2021) whose product was
 * trained with a sigmoid (Zhai et al. 2023). What stands where is summed over the cells as patch times place.
 * @param codes_BP codes of a frame, from 1
 * @param clauses_BKW see `clauseIds`
 */
export function judgeClauses(codes_BP: Tensor, clauses_BKW: Tensor, config: WithWords): Tensor {
  const { builder } = codes_BP;
  const { codebook, words } = config;
  const cells = cellCountOf(codes_BP);
  return builder.scope(wordsScope, () =>
    builder.scope('judge', () => {
      const sizes = { words: words.vocabulary.length, wordWidth: words.width, width };
      const clauses_BKC = encodeClauses(clauses_BKW, sizes);
      const patch = builder.scope('patches', () =>
        parameter(builder, 'embedding', [codebook + 1, width], { kind: 'normal', standardDeviation: 0.3 }),
      );
      const place = builder.scope('places', () =>
        parameter(builder, 'embedding', [cells, width], { kind: 'normal', standardDeviation: 1 }),
      );
      const shown_BC = p.mul(sum(p.mul(gatherRows(patch, codes_BP), place), 1), 1 / Math.sqrt(cells));
      const hidden = p.gelu(linear(shown_BC, 'hidden', 2 * width));
      const more = p.gelu(linear(hidden, 'more', 2 * width));
      const frame_BC = norm(linear(more, 'out', width), 'norm');
      const alike_BKC = p.mul(reshape(frame_BC, [frame_BC.shape[0]!, 1, width]), clauses_BKC);
      const bias = parameter(builder, 'bias', [1], { kind: 'zeros' });
      return p.add(p.mul(sum(alike_BKC, 2), 1 / Math.sqrt(width)), bias);
    }),
  );
}

const cellCountOf = (codes_BP: Tensor): number => codes_BP.shape[1]!;
