import type { Tensor } from '@snowglobe/graph';
import { concat, gatherRows, pointwise as p, reshape } from '@snowglobe/kernels';
import { linear } from '../../../layers/linear.js';
import { parameter } from '../../../parameter.js';
import type { PatchesConfig } from '../config/config.js';
import { embedMiddle } from '../motion/motion_head.js';

/** Numbers that tell what a cell shows, beside those of the cells around the middle. */
const cellWidth = 8;

/**
 * How likely each latent action is: logits (B, A). What stands around the middle says where one can walk, the whole frame what is owned and
 * what is near. What was done before is left out, as in `codePrior`.
 * @param last_BP codes of the last frame, from 1
 */
export function actionPrior(last_BP: Tensor, config: PatchesConfig): Tensor {
  const { builder } = last_BP;
  const [batch, cells] = last_BP.shape as [number, number];
  return builder.scope('prior', () => {
    const table = builder.scope('frame', () =>
      parameter(builder, 'embedding', [config.codebook + 1, cellWidth], {
        ...{ kind: 'normal', standardDeviation: 0.3 },
      }),
    );
    const frame = reshape(gatherRows(table, last_BP), [batch, cells * cellWidth]);
    const seen = concat([embedMiddle(last_BP, config), frame], 1);
    const hidden = p.gelu(linear(seen, 'hidden', config.motionWidth));
    return linear(hidden, 'logits', config.actions, { gain: 0.1 });
  });
}
