import type { Tensor } from '@snowglobe/graph';
import { gatherRows, pointwise as p, reshape, sum } from '@snowglobe/kernels';
import { linear } from '../../../layers/linear.js';
import { norm } from '../../../layers/norm.js';
import { lookAt, transformerBlock } from '../../../layers/transformer.js';
import { parameter } from '../../../parameter.js';
import { encodeClauses } from '../../../text/encoder.js';
import type { WithWords } from '../config/config.js';
import { cellCount } from '../config/config.js';

/** Shapes: B batch, P cells, K clauses, W words of a clause, N patches, C width. */

/** Scope of the weights. */
export const wordsScope = 'words';

/**
 * Logits (B, P, N) of the patches of a first frame, some of which are given (MaskGIT, Chang et al. 2022), from what is said of it.
 * @param known_BP the code of each cell plus 1, or 0 where it is masked
 * @param clauses_BKW see `clauseIds`; rows without any are of frames of which nothing is said
 */
export function firstFrameLogits(known_BP: Tensor, clauses_BKW: Tensor, config: WithWords): Tensor {
  const { builder } = known_BP;
  const { codebook, dynamics, words } = config;
  const { width, layers } = dynamics;
  const rule = { kind: 'normal', standardDeviation: 0.05 } as const;
  return builder.scope(wordsScope, () => {
    const sizes = { words: words.vocabulary.length, wordWidth: words.width, width };
    const clauses_BKC = encodeClauses(clauses_BKW, sizes);
    const table = builder.scope('known', () => parameter(builder, 'embedding', [codebook + 1, width], rule));
    const cells = p.add(
      gatherRows(table, known_BP),
      parameter(builder, 'positions', [cellCount(config), width], rule),
    );
    const whole_BC = linear(sum(clauses_BKC, 1), 'whole', width, { gain: 0.1 });
    let x = p.add(cells, reshape(whole_BC, [whole_BC.shape[0]!, 1, width]));
    for (let layer = 0; layer < layers; layer++) {
      const name = `block${layer}`;
      x = transformerBlock(x, name, dynamics, { beside: lookAt(clauses_BKC, name, dynamics) }).x_BND;
    }
    return linear(norm(x, 'norm'), 'logits', codebook, { gain: 0.1 });
  });
}

/** Where weights of this network begin, by name: those of the network of play that does the same, where shapes allow. */
export const learnedInPlay = (weight: string): string | undefined =>
  /^words\/(known|positions|block\d+\/(attention|mlp)|norm|logits)(\/|$)/.test(weight)
    ? weight.replace(wordsScope, 'dynamics')
    : undefined;
