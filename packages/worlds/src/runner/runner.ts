import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { captionOf, type Caption, type Direction, type Sighting } from '../caption.js';
import { CRATE, LEVEL_WIDTH, PLATFORM, TILE, tileAt } from '../platformer/level.js';
import { themeNames } from '../platformer/themes.js';
import { createPolicy } from '../policy.js';
import { checkFrameArray, givenAction, givenLook } from '../given.js';
import { seededRandom } from '../random.js';
import type { Physics } from '../physics.js';
import type { Law, World } from '../world.js';
import { physics } from './physics.js';
import { COLUMNS, ROWS, RUNNER_COLUMN, RUNNER_ROW, VIEW_ROWS, renderState } from './render.js';
import { FLAG, HEARTS, enterLevel, groundRow, stepRunner, type RunnerKeys } from './rules.js';
import type { RunnerState } from './state.js';

const actionNames = ['left', 'left+up', 'none', 'up', 'right', 'right+up'] as const;

const keys: readonly RunnerKeys[] = actionNames.map((name) => ({
  direction: name.startsWith('left') ? -1 : name.startsWith('right') ? 1 : 0,
  jump: name.endsWith('up'),
}));

const [WIDTH, HEIGHT] = [COLUMNS * TILE, ROWS * TILE];

const laws: readonly Law[] = [
  {
    name: 'the runner goes one tile a frame each way at most',
    holds: (before, after) =>
      after['end'] === 1 ||
      (Math.abs(after['column']! - before['column']!) <= 1 && Math.abs(after['row']! - before['row']!) <= 1),
  },
  {
    name: 'who does not rise falls, unless something is below',
    holds: (before, after) =>
      after['end'] === 1 ||
      before['rise']! > 0 ||
      before['onGround'] === 1 ||
      after['row']! >= before['row']!,
  },
  {
    name: 'who is in the air and does not rise falls by one, or lands',
    holds: (before, after) =>
      after['end'] === 1 ||
      before['rise']! > 0 ||
      before['onGround'] === 1 ||
      after['row'] === before['row']! + 1 ||
      (after['row'] === before['row'] && after['onGround'] === 1),
  },
  {
    name: 'another place comes with a flag, or with the last heart',
    seenIn: 'frames',
    holds: (before, after) => after['end'] === 0 || before['flag'] === 1 || before['hearts']! <= 1,
  },
  {
    // Two walkers at once are seldom met.
    name: 'hearts change by one at a time, and coins by two, which never fall',
    seenIn: 'frames',
    holds: (before, after) =>
      after['end'] === 1 ||
      (Math.abs(after['hearts']! - before['hearts']!) <= 1 &&
        after['coins']! >= before['coins']! &&
        after['coins']! - before['coins']! <= 2),
  },
  {
    name: 'hearts are lost to walkers alone',
    seenIn: 'state',
    holds: (before, after) =>
      after['end'] === 1 || before['walkers']! - after['walkers']! >= before['hearts']! - after['hearts']!,
  },
];

/**
 * The platformer in whole tiles: the same levels and art, but everything moves by tiles of 8x8 pixels and the view scrolls with the runner, so
 * that few exact patches draw it. Coins to take, walkers to jump onto and to shun, and a flag that leads to the next level.
 */
export const runner: World<RunnerState> = {
  name: 'runner',
  width: WIDTH,
  height: HEIGHT,
  fps: 8,
  actionNames,
  looks: themeNames,
  stateNames: [
    'column',
    'row',
    'facing',
    'onGround',
    'rise',
    'level',
    'coins',
    'hearts',
    'walkers',
    'reward',
    'end',
  ],
  laws,
  physics: physics as Physics<RunnerState>,

  create({ seed, look }) {
    const asked = givenLook(runner, themeNames, { seed, look });
    const drawn = themeNames[uniformInt(seededRandom(seed, 0), 0, themeNames.length - 1)]!;
    return { seed, theme: asked ?? drawn, ...enterLevel(seed, 0), coins: 0, reward: 0, isEnd: false };
  },

  step(state, action) {
    const held = givenAction(runner, keys, action);
    return stepRunner(state, held);
  },

  render(state, out = new Uint8Array(HEIGHT * WIDTH * 3)) {
    checkFrameArray(runner, out);
    return renderState(state, out);
  },

  measure(state) {
    const { column, row, facing, rise, depth, coins, hearts, walkers, reward, isEnd } = state;
    const below = tileAt(state.level, column, row + 1);
    const seen = [column, row, facing, Number(below !== 0), rise, depth, coins, hearts];
    return [...seen, walkers.length, reward, Number(isEnd)];
  },

  describe: describeState,
  player: (name, seed) => createPolicy(name, actionNames, seed),
};

/** What is in view beside the ground, and where it is from the runner. */
function describeState(state: RunnerState): Caption {
  const { level, column, row, walkers, collected, rise, hearts, theme } = state;
  const sightings: Sighting[] = [];
  const add = (name: string, x: number, y: number): void => {
    const [dx, dy] = [x - column, y - row];
    sightings.push({ name, direction: directionOf(dx, dy), distance: Math.abs(dx) + Math.abs(dy) });
  };
  const [left, top] = [column - RUNNER_COLUMN, row - RUNNER_ROW];
  const isInView = (x: number, y: number): boolean =>
    x >= left && x < left + COLUMNS && y >= top && y < top + VIEW_ROWS;
  for (let y = top; y < top + VIEW_ROWS; y++) {
    for (let x = left; x < left + COLUMNS; x++) {
      const [tile, cell] = [tileAt(level, x, y), y * LEVEL_WIDTH + x];
      if (level.coins.includes(cell) && !collected.has(cell)) add('coin', x, y);
      if (tile === CRATE) add('crate', x, y);
      if (tile === PLATFORM && tileAt(level, x - 1, y) !== PLATFORM) add('platform', x, y);
    }
  }
  for (const walker of walkers)
    if (isInView(walker.column, walker.row)) add('walker', walker.column, walker.row);
  if (isInView(FLAG, groundRow(level, FLAG))) add('flag', FLAG, groundRow(level, FLAG));
  const way = rise > 0 ? ', jumping' : tileAt(level, column, row + 1) === 0 ? ', falling' : '';
  return captionOf(`a ${theme}${way}, ${hearts} of ${HEARTS} hearts`, sightings);
}

function directionOf(dx: number, dy: number): Direction {
  if (dx === 0 && dy === 0) return 'here';
  if (Math.abs(dx) >= Math.abs(dy)) return dx < 0 ? 'left' : 'right';
  return dy < 0 ? 'above' : 'below';
}
