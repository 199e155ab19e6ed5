import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { checkFrameArray, givenAction, givenLook } from '../given.js';
import { seededRandom } from '../random.js';
import { createPolicy } from '../policy.js';
import type { World } from '../world.js';
import { describeState } from './describe.js';
import { createLevel, LEVEL_HEIGHT, LEVEL_WIDTH, TILE } from './level.js';
import {
  moveBody,
  overlapsSolid,
  PLAYER_HEIGHT,
  PLAYER_WIDTH,
  SUBPIXELS,
  type Body,
  type Keys,
} from './physics.js';
import { renderState, VIEW_HEIGHT, VIEW_WIDTH } from './render.js';
import { heroNames } from './sprites.js';
import type { PlatformerState } from './state.js';
import { themeNames } from './themes.js';

const actionNames = ['left', 'left+up', 'none', 'up', 'right', 'right+up'] as const;

const keys: readonly Keys[] = actionNames.map((name) => ({
  direction: name.startsWith('left') ? -1 : name.startsWith('right') ? 1 : 0,
  jump: name.endsWith('up'),
}));

/** Column where the player starts, if the level has room there. */
const START_COLUMN = 3;
/** The camera moves when the player's box leaves these pixels of the view. */
const DEAD_ZONE = { left: 24, right: 40, top: 22, bottom: 46 } as const;

/**
 * A side-scroller: a hero runs and jumps over hills, pits, crates and platforms, and collects coins. Nothing ends an
 * episode, so a clip has no cuts.
 */
export const platformer: World<PlatformerState> = {
  name: 'platformer',
  width: VIEW_WIDTH,
  height: VIEW_HEIGHT,
  fps: 15,
  actionNames,
  looks: themeNames,
  stateNames: ['x', 'y', 'vx', 'vy', 'onGround', 'cameraX', 'cameraY', 'coins'],

  create({ seed, look }) {
    const asked = givenLook(platformer, themeNames, { seed, look });
    const random = seededRandom(seed, 0);
    // Drawn in any case, so that asking for a look leaves the level as the seed has it.
    const drawn = themeNames[uniformInt(random, 0, themeNames.length - 1)]!;
    const hero = heroNames[uniformInt(random, 0, heroNames.length - 1)]!;
    const level = createLevel(random);
    const body = standing(level, START_COLUMN);
    const state: PlatformerState = {
      seed,
      level,
      theme: asked ?? drawn,
      hero,
      body,
      facing: 1,
      cameraX: 0,
      cameraY: 0,
      time: 0,
      collected: new Set(),
    };
    return { ...state, ...follow(state, body) };
  },

  step(state, action) {
    const held = givenAction(platformer, keys, action);
    const body = moveBody(state.level, state.body, held);
    return {
      ...state,
      body,
      facing: held.direction === 0 ? state.facing : held.direction,
      ...follow(state, body),
      time: state.time + 1,
      collected: collect(state, body),
    };
  },

  render(state, out = new Uint8Array(VIEW_HEIGHT * VIEW_WIDTH * 3)) {
    checkFrameArray(platformer, out);
    return renderState(state, out);
  },

  measure({ body, cameraX, cameraY, collected }) {
    const pixels = [body.x, body.y, body.vx, body.vy].map((value) => value / SUBPIXELS);
    return [...pixels, body.onGround ? 1 : 0, cameraX, cameraY, collected.size];
  },

  describe: describeState,
  player: (name, seed) => createPolicy(name, actionNames, seed),
};

/** A player at rest on the ground of a column. */
function standing(level: PlatformerState['level'], column: number): Body {
  const x = (column * TILE + Math.floor((TILE - PLAYER_WIDTH) / 2)) * SUBPIXELS;
  let y = (LEVEL_HEIGHT * TILE - PLAYER_HEIGHT) * SUBPIXELS;
  while (overlapsSolid(level, x, y)) y -= TILE * SUBPIXELS;
  return { x, y, vx: 0, vy: 0, onGround: true };
}

/** Moves the camera no further than it takes to keep the player inside the dead zone, and never beyond the level. */
function follow(
  state: Pick<PlatformerState, 'cameraX' | 'cameraY'>,
  body: Body,
): Pick<PlatformerState, 'cameraX' | 'cameraY'> {
  const x = Math.floor(body.x / SUBPIXELS);
  const y = Math.floor(body.y / SUBPIXELS);
  return {
    cameraX: clamp(
      clamp(state.cameraX, x + PLAYER_WIDTH - DEAD_ZONE.right, x - DEAD_ZONE.left),
      0,
      LEVEL_WIDTH * TILE - VIEW_WIDTH,
    ),
    cameraY: clamp(
      clamp(state.cameraY, y + PLAYER_HEIGHT - DEAD_ZONE.bottom, y - DEAD_ZONE.top),
      0,
      LEVEL_HEIGHT * TILE - VIEW_HEIGHT,
    ),
  };
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}

/** The collected coins after the player has moved to `body`. */
function collect(state: PlatformerState, body: Body): ReadonlySet<number> {
  const tile = TILE * SUBPIXELS;
  const middle = Math.floor((body.x + (PLAYER_WIDTH * SUBPIXELS) / 2) / tile);
  const row = Math.floor((body.y + (PLAYER_HEIGHT * SUBPIXELS) / 2) / tile);
  const cell = row * LEVEL_WIDTH + middle;
  if (row < 0 || !state.level.coins.includes(cell) || state.collected.has(cell)) return state.collected;
  return new Set(state.collected).add(cell);
}
