import type { Tensor } from '@snowglobe/graph';
import {
  concat,
  flip,
  logSoftmax,
  mean,
  pointwise as p,
  reshape,
  slice,
  split,
  sum,
} from '@snowglobe/kernels';
import { linear } from '../layers/linear.js';
import type { LatentActionConfig } from './config.js';
import { evidencePairs } from './config.js';

/**
 * Shapes: B batch, P pairs of consecutive frames from (t−1, t) on, Y and X shifts, F side of the focus, Z = 2 code
 * dimensions.
 *
 * Left and right are mirror images of each other, and that needs no labels: the encoder is a function g(x) − g(mirrored
 * x) for the dimension that a mirror turns round, and h(x) + h(mirrored x) for the one that it leaves alone. The decoder
 * must predict the coming motion and the coming focus from the past motion and the code alone, so the code carries what
 * the past does not explain. It never sees which way the focus faced, or the code would not have to say it.
 */
export interface ActionEvidence {
  /** (B, P, Y, X): `motionEvidence` of each pair. */
  readonly motion_BPYX: Tensor;
  /** (B, F, F, 3) of frame t + 1, in −1 … 1. */
  readonly nextFocus_BFF3: Tensor;
}

/** Evidence -> continuous codes (B, Z) before normalisation: odd, then even under mirroring. */
export function encodeActions(evidence: ActionEvidence, config: LatentActionConfig): Tensor {
  const seen = flatten(evidence);
  const mirrored = flatten({
    motion_BPYX: flip(evidence.motion_BPYX, 3),
    nextFocus_BFF3: flip(evidence.nextFocus_BFF3, 2),
  });
  const { builder } = seen;
  return builder.scope('encoder', () => {
    const [odd, oddMirrored] = [seen, mirrored].map((x) => perceptron(x, 'odd', config.hidden, 1));
    const [even, evenMirrored] = [seen, mirrored].map((x) => perceptron(x, 'even', config.hidden, 1));
    return concat([p.sub(odd!, oddMirrored!), p.add(even!, evenMirrored!)], 1);
  });
}

/** (B, Z) -> (B, Z) with mean 0 and variance 1 over the batch: no dimension can shrink away under the noise. */
function normalizeCodes(z_BZ: Tensor): Tensor {
  const centred = p.sub(z_BZ, mean(z_BZ, 0, { keepDimensions: true }));
  return p.mul(centred, p.rsqrt(p.add(mean(p.square(centred), 0, { keepDimensions: true }), 1e-5)));
}

export interface DecodedActions {
  /** (B, P−1, Y): log-probabilities of the vertical shift of each pair from (t, t+1) on. */
  readonly vertical_BPY: Tensor;
  /** (B, P−1, X) */
  readonly horizontal_BPX: Tensor;
  /** (B, F, F, 3): the focus of frame t + 1. */
  readonly nextFocus_BFF3: Tensor;
}

/**
 * Past motion (B, Y, X) of (t−1, t), focus of t (B, F, F, 3) and codes (B, Z) -> what comes. Used in training only.
 */
function decodeActions(
  pastMotion_BYX: Tensor,
  focus_BFF3: Tensor,
  z_BZ: Tensor,
  config: LatentActionConfig,
): DecodedActions {
  const [batch, shiftsY, shiftsX] = pastMotion_BYX.shape as [number, number, number];
  const pairs = evidencePairs(config) - 1;
  const mirrored = flip(focus_BFF3, 2);
  const symmetric = p.mul(p.add(focus_BFF3, mirrored), 0.5);
  const asymmetry = p.abs(p.sub(focus_BFF3, mirrored));
  const past = concat(
    [pastMotion_BYX, symmetric, asymmetry].map((x) => reshape(x, [batch, -1])),
    1,
  );
  const sizes = [pairs * shiftsY, pairs * shiftsX, focus_BFF3.shape[1]! * focus_BFF3.shape[2]! * 3];
  return past.builder.scope('decoder', () => {
    const outputs = sizes.reduce((total, size) => total + size, 0);
    const decoded = perceptron(concat([past, z_BZ], 1), 'future', config.hidden, outputs);
    const [vertical, horizontal, next] = split(decoded, 1, sizes);
    return {
      vertical_BPY: logSoftmax(reshape(vertical!, [batch, pairs, shiftsY])),
      horizontal_BPX: logSoftmax(reshape(horizontal!, [batch, pairs, shiftsX])),
      nextFocus_BFF3: reshape(next!, focus_BFF3.shape),
    };
  });
}

/** Weights of the loss's parts: horizontal motion is rarer and smaller than vertical, and steers most. */
const lossWeights = { vertical: 1, horizontal: 5, focus: 30 };

/**
 * The training loss: cross-entropy of the coming motion's marginals and squared error of the coming focus.
 * @param noise_BZ standard normal, already scaled; keeps codes apart so that clusters form
 */
export function latentActionLoss(
  evidence: ActionEvidence & { readonly focus_BFF3: Tensor },
  noise_BZ: Tensor,
  config: LatentActionConfig,
): Tensor {
  const { motion_BPYX, nextFocus_BFF3, focus_BFF3 } = evidence;
  const [batch, pairs, shiftsY, shiftsX] = motion_BPYX.shape as [number, number, number, number];
  const z_BZ = p.add(normalizeCodes(encodeActions(evidence, config)), noise_BZ);
  const past_BYX = reshape(slice(motion_BPYX, 1, 0, 1), [batch, shiftsY, shiftsX]);
  const future_BPYX = slice(motion_BPYX, 1, 1, pairs);
  const decoded = decodeActions(past_BYX, focus_BFF3, z_BZ, config);
  const crossEntropy = (logProbabilities: Tensor, target: Tensor): Tensor =>
    p.mul(sum(p.mul(logProbabilities, target)), -1 / batch);
  const vertical = crossEntropy(decoded.vertical_BPY, sum(future_BPYX, 3));
  const horizontal = crossEntropy(decoded.horizontal_BPX, sum(future_BPYX, 2));
  const focus = mean(p.square(p.sub(decoded.nextFocus_BFF3, nextFocus_BFF3)));
  return p.add(
    p.add(p.mul(vertical, lossWeights.vertical), p.mul(horizontal, lossWeights.horizontal)),
    p.mul(focus, lossWeights.focus),
  );
}

function flatten({ motion_BPYX, nextFocus_BFF3 }: ActionEvidence): Tensor {
  const batch = motion_BPYX.shape[0]!;
  return concat([reshape(motion_BPYX, [batch, -1]), reshape(nextFocus_BFF3, [batch, -1])], 1);
}

/** Three matrices with GELUs between them. The same name shares its parameters. */
function perceptron(x: Tensor, name: string, hidden: number, outputs: number): Tensor {
  return x.builder.scope(name, () => {
    const first = p.gelu(linear(x, 'in', hidden));
    return linear(p.gelu(linear(first, 'hidden', hidden)), 'out', outputs);
  });
}
