import type { Tensor } from '@snowglobe/graph';
import { argmax, matmul, maxOver, pointwise as p, reshape, sampleTokens } from '@snowglobe/kernels';
import { oneHot } from '../layers/one_hot.js';

/**
 * Shapes: B batch, A actions of the dynamics, D states that a table of keys tells apart.
 *
 * From what a player wants to what happens. Latent actions are effects: one starts a run, another lets all go on as it
 * does, a third falls. A key has no code of its own, because what it does depends on where one stands: no run starts
 * in front of a wall, no jump in the air. So a frame's code is chosen by two judgements: which codes can happen in this
 * state, learned from all recordings without labels (`codePrior`), and how well each goes with the keys, counted in a
 * handful of labelled ones (the action logits). Taken at its word, Bayes' rule would multiply the two; but the prior has also
 * learned that recorded players mostly go on with what they do, and with its whole weight nobody ever turns round.
 */

/** What can be done in a world, as its dynamics knows it. */
export interface WorldActions {
  readonly count: number;
  /** Whether they were found in video without labels; otherwise they are those of key logs. */
  readonly areLatent: boolean;
  /** States that a table of keys tells apart, such as directions of the last motion; 1 where it tells none apart. */
  readonly states: number;
}

/**
 * The action of this frame, as one-hot rows (B, A).
 * @param actionLogits_BDA what the player wants: log P(keys | code, state), see `oneActionLogits`
 * @param state_BD one-hot rows
 * @param prior_BA see `codePrior`; absent where actions are the keys themselves
 */
export function chooseAction(
  actionLogits_BDA: Tensor,
  state_BD: Tensor,
  prior_BA: Tensor | undefined,
): Tensor {
  const [batch, states, actions] = actionLogits_BDA.shape as [number, number, number];
  const wanted = matmul(reshape(state_BD, [batch, 1, states]), actionLogits_BDA);
  const wanted_BA = reshape(wanted, [batch, actions]);
  if (!prior_BA) return oneHot(argmax(wanted_BA), actions);
  const veto_BA = vetoOf(prior_BA, leastPlausible);
  return oneHot(argmax(p.add(p.add(wanted_BA, p.mul(prior_BA, priorWeight)), veto_BA)), actions);
}

/**
 * The action of this frame by Bayes' rule, sampled, as one-hot rows (B, A): for codes that keys tell exactly, of which chance decides one,
 * as whether something is found where one looks for it. What is wanted has the whole say where it can happen, and the prior the rest.
 * @param actionLogits_BA what the player wants: log P(keys | code)
 * @param prior_BA logits
 */
export function sampleAction(
  actionLogits_BA: Tensor,
  prior_BA: Tensor,
  { uniforms_B, temperature }: { readonly uniforms_B: Tensor; readonly temperature: Tensor },
): Tensor {
  const logits_BA = p.add(p.add(actionLogits_BA, prior_BA), vetoOf(prior_BA, leastSampled));
  return oneHot(sampleTokens(logits_BA, uniforms_B, temperature).tokens, prior_BA.shape.at(-1)!);
}

/** Far below 0 for codes that are less likely than a share of the likeliest one, else 0: (B, A). */
function vetoOf(prior_BA: Tensor, share: number): Tensor {
  const least_B1 = p.add(maxOver(prior_BA, 1, { keepDimensions: true }), Math.log(share));
  return p.mul(p.toF32(p.greater(least_B1, prior_BA)), implausible);
}

/** Codes that are less likely in a state than this share of the likeliest one do not happen there. */
const leastPlausible = 0.02;
/** The same where codes are sampled by Bayes' rule, which leaves out more by itself. */
const leastSampled = 0.005;
/** How much the prior counts among the others: it knows what recorded players were up to, and this player may turn round. */
const priorWeight = 0.15;
/** Added to what does not happen: far below any logit, and far above what is not wanted at all. */
const implausible = -1e3;

/** Far below any logit, and far from overflowing. */
const never = -1e6;

/** Action logits for one action and no other, whatever the state: (D, A). */
export function oneActionLogits(
  action: number,
  { count, states }: Omit<WorldActions, 'areLatent'>,
): Float32Array {
  return Float32Array.from({ length: states * count }, (_, i) => (i % count === action ? 0 : never));
}

/** Action logits without a preference: what the world finds likeliest happens. (D, A). */
export function noPreference({ count, states }: Omit<WorldActions, 'areLatent'>): Float32Array {
  return new Float32Array(states * count);
}

/** Action logits of worlds side by side as one input: (B, D, A). */
export function joinActionLogits(actionLogits: readonly Float32Array[]): Float32Array {
  const joined = new Float32Array(actionLogits.reduce((sum, { length }) => sum + length, 0));
  actionLogits.reduce((at, row) => (joined.set(row, at), at + row.length), 0);
  return joined;
}
