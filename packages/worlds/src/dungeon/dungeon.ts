import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { checkFrameArray, givenAction, givenLook } from '../given.js';
import { seededRandom } from '../random.js';
import type { Physics } from '../physics.js';
import type { World } from '../world.js';
import { HEADINGS } from '../headings.js';
import { CHEST, DOOR, EMPTY, GATE, KEY, OPEN_CHEST, STAIR, isFree } from './cells.js';
import { describeState } from './describe.js';
import { cellAt, createLevel, indexOf } from './level.js';
import { laws, physics } from './physics.js';
import { createPlayer } from './players.js';
import { FRAME_HEIGHT, FRAME_WIDTH, renderState } from './render.js';
import type { DungeonState } from './state.js';
import { themeNames } from './themes.js';

const actionNames = ['none', 'up', 'down', 'left', 'right', 'use'] as const;

const MAX_KEYS = 3;
/** Two digits show it. */
const MAX_GOLD = 99;
/** Tells the generator of a dungeon from that of the next one down; below are those of looks and players. */
const LEVELS = 100;

/**
 * A crawler in first person: grid steps and quarter turns through mazes with rooms, doors, locked gates and their keys, torches, chests, and
 * stairs to the next maze. Drawn so that few different squares of 8x8 pixels are needed (`view.ts`).
 */
export const dungeon: World<DungeonState> = {
  name: 'dungeon',
  width: FRAME_WIDTH,
  height: FRAME_HEIGHT,
  fps: 8,
  actionNames,
  looks: themeNames,
  stateNames: ['x', 'y', 'heading', 'depth', 'keys', 'gold', 'ahead'],
  laws,
  physics: physics as Physics<DungeonState>,

  create({ seed, look }) {
    const asked = givenLook(dungeon, themeNames, { seed, look });
    const chosen = themeNames[uniformInt(seededRandom(seed, 0), 0, themeNames.length - 1)]!;
    const start = { seed, depth: 0, theme: asked ?? chosen, keys: 0, gold: 0 };
    return { ...start, ...createLevel(seededRandom(seed, LEVELS)) };
  },

  step(state, action) {
    switch (givenAction(dungeon, actionNames, action)) {
      case 'none':
        return state;
      case 'up':
        return walk(state, 1);
      case 'down':
        return walk(state, -1);
      case 'left':
        return { ...state, heading: (state.heading + 3) % 4 };
      case 'right':
        return { ...state, heading: (state.heading + 1) % 4 };
      case 'use':
        return use(state);
    }
  },

  render(state, out = new Uint8Array(FRAME_HEIGHT * FRAME_WIDTH * 3)) {
    checkFrameArray(dungeon, out);
    return renderState(state, out);
  },

  measure(state) {
    const { x, y, heading, depth, keys, gold } = state;
    return [x, y, heading, depth, keys, gold, cellAhead(state)];
  },

  describe: describeState,
  player: createPlayer,
};

function walk(state: DungeonState, steps: 1 | -1): DungeonState {
  const [dx, dy] = HEADINGS[state.heading]!;
  const [x, y] = [state.x + steps * dx, state.y + steps * dy];
  const cell = cellAt(state.cells, x, y);
  if (!isFree(cell)) return state;
  if (cell !== KEY || state.keys === MAX_KEYS) return { ...state, x, y };
  return { ...withCell(state, x, y, EMPTY), x, y, keys: state.keys + 1 };
}

/** The cell that `use` acts on. */
function cellAhead({ cells, x, y, heading }: DungeonState): number {
  const [dx, dy] = HEADINGS[heading]!;
  return cellAt(cells, x + dx, y + dy);
}

function use(state: DungeonState): DungeonState {
  const [dx, dy] = HEADINGS[state.heading]!;
  const change = (cell: number): DungeonState => withCell(state, state.x + dx, state.y + dy, cell);
  switch (cellAhead(state)) {
    case DOOR:
      return change(EMPTY);
    case GATE:
      return state.keys === 0 ? state : { ...change(EMPTY), keys: state.keys - 1 };
    case CHEST:
      return { ...change(OPEN_CHEST), gold: Math.min(MAX_GOLD, state.gold + 1) };
    case STAIR: {
      const depth = state.depth + 1;
      return { ...state, depth, ...createLevel(seededRandom(state.seed, LEVELS + depth)) };
    }
    default:
      return state;
  }
}

function withCell(state: DungeonState, x: number, y: number, cell: number): DungeonState {
  const cells = state.cells.slice();
  cells[indexOf(x, y)] = cell;
  return { ...state, cells };
}
