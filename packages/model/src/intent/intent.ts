import type { Tensor } from '@snowglobe/graph';
import type { ShiftRange } from '@snowglobe/kernels';
import { argmax, matmul, maxOver, pointwise as p, reshape, slice } from '@snowglobe/kernels';
import { lookAt } from '../layers/eye.js';
import { linear } from '../layers/linear.js';
import type { MotionConfig } from '../motion/motion.js';
import { motionOfRow, motionWidth, oneHot, shiftsOf } from '../motion/motion.js';

/**
 * Shapes: B batch, A actions of the dynamics, D directions of the last motion, S width of the motion net's state,
 * M numbers of a motion row.
 *
 * From what a player wants to what happens. Latent actions are effects: one starts a run, another lets all go on as it
 * does, a third falls. A key has no code of its own, because what it does depends on where one stands: no run starts
 * in front of a wall, no jump in the air. So a frame's code is chosen by two judgements: which codes can happen in this
 * state, learned from all recordings without labels (`codePrior`), and how well each goes with the keys, counted in a
 * handful of labelled ones (`wish`). Taken at its word, Bayes' rule would multiply the two; but the prior has also
 * learned that recorded players mostly go on with what they do, and with its whole weight nobody ever turns round.
 */

/** Directions of motion: up, none, down times left, none, right. */
export const directions = 9;
const standing = 4;

/** The convolutions that look at what surrounds the middle, at 1/2 and 1/4 of its side. */
const eye = [
  { shrink: 2, channels: 32 },
  { shrink: 2, channels: 64 },
] as const;

/**
 * How likely each code is in a state: logits (B, A). A state is the middle half of the picture, where the controlled thing
 * stands, and the last motion. What was done before is left out on purpose: recorded players go on with what they did,
 * and this player may do something else.
 */
export function codePrior(frames_BHW3: Tensor, last_BM: Tensor, { width, actions }: MotionConfig): Tensor {
  const { builder, shape } = frames_BHW3;
  const [, height, across] = shape as [number, number, number, number];
  return builder.scope('prior', () => {
    const rows = slice(frames_BHW3, 1, height / 4, (3 * height) / 4);
    const middle = slice(rows, 2, across / 4, (3 * across) / 4);
    const seen = lookAt(middle, eye, width);
    const moved = linear(last_BM, 'last', width, { bias: false });
    const hidden = p.gelu(linear(p.gelu(p.add(seen, moved)), 'hidden', width));
    return linear(hidden, 'logits', actions, { gain: 0.1 });
  });
}

/** The direction of the last motion as one-hot rows (B, D); standing still where nothing is known of it. */
export function lastDirection(last_BM: Tensor, config: Pick<MotionConfig, 'range'>): Tensor {
  const { builder, shape } = last_BM;
  const batch = shape[0]!;
  const width = motionWidth(config);
  const { vertical_BY, horizontal_BX } = motionOfRow(last_BM, config);
  const signs = (size: number): Tensor => {
    const rows = Float32Array.from({ length: size * 3 }, (_, i) => {
      const [shift, sign] = [Math.floor(i / 3) - (size - 1) / 2, (i % 3) - 1];
      return Math.sign(shift) === sign ? 1 : 0;
    });
    return builder.constant(rows, [size, 3]);
  };
  const { y, x } = shiftsOf(config);
  const both = p.mul(
    reshape(matmul(vertical_BY, signs(y)), [batch, 3, 1]),
    reshape(matmul(horizontal_BX, signs(x)), [batch, 1, 3]),
  );
  const known_B1 = slice(last_BM, 1, width - 1, width);
  const still = builder.constant(
    Float32Array.from({ length: directions }, (_, i) => (i === standing ? 1 : 0)),
    [1, directions],
  );
  return p.add(reshape(both, [batch, directions]), p.mul(p.sub(1, known_B1), still));
}

/**
 * The action of this frame, as one-hot rows (B, A).
 * @param wish_BDA what the player wants: log P(keys | code, direction), see `certainWish`
 * @param prior_BA see `codePrior`; absent where actions are the keys themselves
 */
export function chooseAction(wish_BDA: Tensor, direction_BD: Tensor, prior_BA: Tensor | undefined): Tensor {
  const [batch, , actions] = wish_BDA.shape as [number, number, number];
  const wanted = matmul(reshape(direction_BD, [batch, 1, directions]), wish_BDA);
  const wanted_BA = reshape(wanted, [batch, actions]);
  if (!prior_BA) return oneHot(argmax(wanted_BA), actions);
  const least_B1 = p.add(maxOver(prior_BA, 1, { keepDimensions: true }), Math.log(leastPlausible));
  const veto_BA = p.mul(p.toF32(p.greater(least_B1, prior_BA)), implausible);
  return oneHot(argmax(p.add(p.add(wanted_BA, p.mul(prior_BA, priorWeight)), veto_BA)), actions);
}

/** Codes that are less likely in a state than this share of the likeliest one do not happen there. */
const leastPlausible = 0.02;
/** How much the prior counts among the others: it knows what recorded players were up to, and this player may turn round. */
const priorWeight = 0.15;
/** Added to what does not happen: far below any logit, and far above what is not wanted at all. */
const implausible = -1e3;

/** Far below any logit, and far from overflowing. */
const never = -1e6;

/** The wish for one action and no other, whatever the state: (D, A). */
export function certainWish(action: number, actions: number): Float32Array {
  return Float32Array.from({ length: directions * actions }, (_, i) => (i % actions === action ? 0 : never));
}

/** The direction of a shift, given as an index into the evidence's row (see `shiftErrors`): 0 … 8. */
export function directionOfShift(index: number, range: ShiftRange): number {
  const columns = 2 * range.x + 1;
  const [y, x] = [Math.floor(index / columns) - range.y, (index % columns) - range.x];
  return 3 * (Math.sign(y) + 1) + Math.sign(x) + 1;
}
