/** @import { WorldEnv } from '@snowglobe/runtime' */

/**
 * @typedef {object} PlanOptions
 * @property {readonly string[]} actions what may be done
 * @property {number} horizon steps that are dreamed
 * @property {number} rounds how often the distribution is made narrower
 * @property {number} elite share of the sequences that it follows, 0 ... 1
 * @property {number} discount of the reward of the step after, 0 ... 1
 * @property {() => number} random uniform in [0, 1)
 */

/** How likely an action is held for one more step before anything is known. */
const hold = 0.6;
/** Share of chance that stays in every round. */
const smoothing = 0.1;

/**
 * Plans by the cross-entropy method (Rubinstein 1999): action sequences are sampled, dreamed side by side, and the distribution that they
 * come from moves to the best of them.
 *
 * @param {WorldEnv} env its environments are the candidates
 * @param {(round: number) => Promise<unknown>} begin puts all of them where the plan begins
 * @param {PlanOptions} options
 * @returns {Promise<readonly string[] | undefined>} the best sequence; undefined where no dream has come to a reward
 */
export async function plan(env, begin, { actions, horizon, rounds, elite, discount, random }) {
  const { numEnvs } = env;
  /** @type {number[][] | undefined} */
  let likely;
  /** @type {{ sequence: number[], worth: number } | undefined} */
  let best;
  for (let round = 0; round < rounds; round++) {
    const distribution = likely;
    const sequences = Array.from({ length: numEnvs }, () =>
      distribution ? distribution.map((row) => drawFrom(row, random)) : held(actions.length, horizon, random),
    );
    const worth = await dream(env, begin, { sequences, actions, discount, round });
    const ranked = sequences
      .map((sequence, i) => ({ sequence, worth: worth[i] ?? 0 }))
      .sort((a, b) => b.worth - a.worth);
    const first = ranked[0];
    if (!first || first.worth <= 0) break;
    if (!best || first.worth > best.worth) best = first;
    const chosen = ranked.slice(0, Math.max(1, Math.round(elite * numEnvs)));
    likely = Array.from({ length: horizon }, (_, t) =>
      actions.map((__, action) => {
        const share = chosen.filter(({ sequence }) => sequence[t] === action).length / chosen.length;
        return (1 - smoothing) * share + smoothing / actions.length;
      }),
    );
  }
  return best?.sequence.map((action) => actions[action] ?? '');
}

/**
 * Sequences as they are sampled before anything is known: an action is held for some steps, then comes another one.
 * @param {number} count actions that there are
 * @param {number} steps
 * @param {() => number} random uniform in [0, 1)
 */
export function held(count, steps, random) {
  /** @type {number[]} */
  const sequence = [];
  for (let t = 0; t < steps; t++) {
    const last = sequence.at(-1);
    sequence.push(last !== undefined && random() < hold ? last : Math.floor(random() * count));
  }
  return sequence;
}

/**
 * @param {readonly number[]} row probabilities
 * @param {() => number} random
 */
function drawFrom(row, random) {
  let left = random();
  for (const [i, share] of row.entries()) {
    left -= share;
    if (left < 0) return i;
  }
  return row.length - 1;
}

/**
 * @param {WorldEnv} env
 * @param {(round: number) => Promise<unknown>} begin
 * @param {{ sequences: readonly number[][], actions: readonly string[], discount: number, round: number }} options
 */
async function dream(env, begin, { sequences, actions, discount, round }) {
  await begin(round);
  const worth = new Float64Array(env.numEnvs);
  for (let t = 0; t < (sequences[0]?.length ?? 0); t++) {
    const { rewards } = await env.step(sequences.map((sequence) => actions[sequence[t] ?? 0] ?? ''));
    rewards.forEach((reward, i) => (worth[i] = (worth[i] ?? 0) + discount ** t * reward));
  }
  return worth;
}
