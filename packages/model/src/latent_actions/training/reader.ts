import type { Tensor } from '@snowglobe/graph';
import { concat, pointwise as p, reshape } from '@snowglobe/kernels';
import { linear } from '../../layers/linear.js';
import type { Recordings } from '../../recordings.js';
import type { LatentActionConfig } from '../config.js';
import type { ActionEvidence } from '../latent_actions.js';
import type { LabelOptions } from './evidence.js';
import { readEvidence } from './evidence.js';
import type { MotionTable } from './motion_table.js';

/** Scope of the parameters of a reader of true actions. */
const readerScope = 'reader';

/** Logits of the true actions (B, A) from what the encoder of latent actions sees. */
export function readerLogits(
  { motion_BPYX, nextFocus_BFF3 }: ActionEvidence,
  config: LatentActionConfig,
  actions: number,
): Tensor {
  const { builder, shape } = motion_BPYX;
  const seen = concat(
    [motion_BPYX, nextFocus_BFF3].map((x) => reshape(x, [shape[0]!, -1])),
    1,
  );
  return builder.scope(readerScope, () => {
    const first = p.gelu(linear(seen, 'in', config.hidden));
    return linear(p.gelu(linear(first, 'hidden', config.hidden)), 'out', actions);
  });
}

/** Logits of every frame's action: (frames − 1, A) a clip. */
export function readActions(
  data: Recordings,
  motion: MotionTable,
  config: LatentActionConfig,
  { actions, ...options }: LabelOptions & { readonly actions: number },
): Promise<Float32Array[]> {
  return readEvidence(data, motion, config, {
    ...options,
    width: actions,
    read: (evidence) => readerLogits(evidence, config, actions),
  });
}
