import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { legendNames } from '../patches/patch_art.js';
import { checkFrameArray, givenAction, givenLook } from '../given.js';
import { seededRandom } from '../random.js';
import type { World } from '../world.js';
import { CELL, art } from './art.js';
import { describeState } from './describe.js';
import { events, tell } from './events.js';
import { laws, measureState, stateNames } from './laws.js';
import { lookNames } from './looks.js';
import { parcelBy, runBelt, settle, switchBelt, useGripper } from './machines.js';
import { physics } from './physics.js';
import { createPlayer } from './players.js';
import { COLUMNS, ROWS, VIEW_ROWS, renderState } from './render.js';
import { BELT, FIRST_COLUMN, LAST_COLUMN, PHASES, kinds, type FactoryState, type Parcel } from './state.js';

const actionNames = ['none', 'left', 'right', 'up', 'down', 'grab', 'release', 'belt'] as const;

const [WIDTH, HEIGHT] = [COLUMNS * CELL, ROWS * CELL];

/**
 * A factory hall from the side, drawn of exact patches of 8x8 pixels: a chute drops parcels of three colours and two sizes on a belt, a gripper
 * on a rail takes them to their bins. `belt` starts and stops the belt, which jams when it is full or a parcel gets stuck. Nothing ends an
 * episode.
 */
export const factory: World<FactoryState> = {
  name: 'factory',
  width: WIDTH,
  height: HEIGHT,
  fps: 8,
  actionNames,
  looks: lookNames,
  stateNames,
  events,
  laws,
  physics,
  legend: () => ({
    ...{ cell: CELL, rows: ROWS, columns: COLUMNS, viewRows: VIEW_ROWS },
    player: { row: 0, column: LAST_COLUMN >> 1 },
    names: legendNames(art),
  }),

  create({ seed, look }) {
    const asked = givenLook(factory, lookNames, { seed, look });
    const random = seededRandom(seed, 0);
    const drawn = lookNames[uniformInt(random, 0, lookNames.length - 1)]!;
    const belt = Array.from({ length: BELT }, (_, column): Parcel | undefined =>
      uniformInt(random, 0, 2) === 0 ? parcelBy(seed, -1 - column) : undefined,
    );
    return {
      seed,
      look: asked ?? drawn,
      time: 0,
      gripper: { column: uniformInt(random, FIRST_COLUMN, LAST_COLUMN), isDown: false, held: undefined },
      belt,
      next: parcelBy(seed, -1 - BELT),
      falling: kinds.map(() => undefined),
      bins: kinds.map(() => 0),
      shipped: kinds.map(() => 0),
      isRunning: true,
      isJammed: false,
      phase: uniformInt(random, 0, PHASES - 1),
      arrived: belt.filter((parcel) => parcel !== undefined).length,
      score: 0,
      errors: 0,
      reward: 0,
    };
  },

  step(state, action) {
    const key = givenAction(factory, actionNames, action);
    const settled = settle({ ...state, time: state.time + 1, reward: 0 });
    return runBelt(key === 'belt' ? switchBelt(settled) : useGripper(settled, key));
  },

  render(state, out = new Uint8Array(HEIGHT * WIDTH * 3)) {
    checkFrameArray(factory, out);
    return renderState(state, out);
  },

  measure: measureState,
  describe: describeState,
  player: createPlayer,
  tell,
};
