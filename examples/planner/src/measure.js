/**
 * How often a planner collects wood, and how often random play does.
 * usage: node measure.js [--python PATH] [--first LEVEL] [--levels N] [--random N] [--steps N] [--only planner|random]
 */
import { parseArgs } from 'node:util';
import { openWorldEnv } from '@snowglobe/runtime';
import { dreamedGame, trueGame } from './games.js';
import { held, plan } from './planner.js';

/** @import { Game } from './games.js' */

const { values } = parseArgs({
  options: {
    python: { type: 'string' },
    first: { type: 'string', default: '1500000' },
    levels: { type: 'string', default: '40' },
    random: { type: 'string', default: '10' },
    steps: { type: 'string', default: '40' },
    only: { type: 'string' },
  },
});
/** @param {'first' | 'levels' | 'random' | 'steps'} name */
const count = (name) => {
  const value = Number(values[name]);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new Error(`--${name} ${values[name]} is no count; give a whole number.`);
};
const [first, levels, randoms, steps] = [count('first'), count('levels'), count('random'), count('steps')];

const actions = ['move_left', 'move_right', 'move_up', 'move_down', 'do'];
const device = /** @type {const} */ ({ executor: 'onnx', threads: 1 });
const [candidates, horizon, commit] = [16, 10, 5];

/** Numbers in [0, 1) that follow from a seed (mulberry32). @param {number} seed */
function generator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Plays until there is wood, the game is over, or the steps are used up.
 * @param {Game} game
 * @param {number} level
 * @param {(seen: import('./games.js').Seen, step: number) => Promise<readonly string[]>} choose the next actions
 * @returns {Promise<number | undefined>} the step that brought wood
 */
async function play(game, level, choose) {
  let seen = await game.begin(level);
  for (let step = 0; step < steps && !seen.done;) {
    for (const action of await choose(seen, step)) {
      if (step++ === steps) return undefined;
      seen = await game.step(action);
      if (seen.wood > 0) return step;
      if (seen.done) break;
    }
  }
  return undefined;
}

/** Actions as the planner samples them before it knows anything. @param {() => number} random */
const randomly = (random) => held(actions.length, commit, random).map((action) => actions[action] ?? '');

/** Wilson's interval of 95 %. @param {number} hits @param {number} of */
function interval(hits, of) {
  const z = 1.96;
  const share = hits / of;
  const middle = (share + (z * z) / (2 * of)) / (1 + (z * z) / of);
  const half = (z * Math.sqrt((share * (1 - share)) / of + (z * z) / (4 * of * of))) / (1 + (z * z) / of);
  return `${hits} of ${of}, ${(100 * share).toFixed(0)} % (${(100 * (middle - half)).toFixed(0)} to ${(100 * (middle + half)).toFixed(0)} %)`;
}

const dreams = await openWorldEnv('crafter', {
  ...{ device, count: candidates, observation: 'tokens', reward: 'wood' },
  // A dream in which the player dies goes on to its end, and collects nothing.
  terminated: () => false,
});
const game = values.python
  ? trueGame(values.python)
  : dreamedGame(await openWorldEnv('crafter', { device, observation: 'tokens' }));
const tally = { planned: 0, held: 0, uniform: 0 };
/** @param {number} level */
async function playByPlan(level) {
  const random = generator(level);
  return play(game, level, async (seen, step) => {
    const planned = await plan(dreams, (round) => seen.dream(dreams, level + 1000 * step + 17 * round), {
      ...{ actions, horizon, rounds: 2, elite: 0.2, discount: 0.95, random },
    });
    return planned?.slice(0, commit) ?? randomly(random);
  });
}

for (let level = first; level < first + levels; level++) {
  const found = values.only === 'random' ? undefined : await playByPlan(level);
  if (found !== undefined) tally.planned++;
  for (let run = 0; run < (values.only === 'planner' ? 0 : randoms); run++) {
    const own = generator(1000 * level + run);
    if ((await play(game, level, async () => randomly(own))) !== undefined) tally.held++;
    const any = async () =>
      Array.from({ length: commit }, () => actions[Math.floor(own() * actions.length)] ?? '');
    if ((await play(game, level, any)) !== undefined) tally.uniform++;
  }
  const planned = found === undefined ? 'no wood' : `wood in step ${found}`;
  if (values.only !== 'random') console.log(`level ${level}: ${planned}`);
}
const tried = levels * randoms;
if (values.only !== 'random') console.log(`planner: ${interval(tally.planned, levels)}`);
if (values.only !== 'planner') {
  console.log(`random, actions held: ${interval(tally.held, tried)}`);
  console.log(`random, uniform: ${interval(tally.uniform, tried)}`);
}
await game.close();
await dreams.close();
