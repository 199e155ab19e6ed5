import { isSolid, TILE, type Level } from './level.js';

/**
 * Motion of the player in fixed point: positions and speeds are integers in 1/16 pixel, so that an episode is the same on
 * every machine.
 */
export const SUBPIXELS = 16;
/** The player's box in pixels. Narrower than a tile, so that it falls into gaps one tile wide. */
export const PLAYER_WIDTH = 6;
export const PLAYER_HEIGHT = 8;

/** Speeds in 1/16 pixel a frame, accelerations in 1/16 pixel a frame squared. */
export const MAX_RUN = 32;
const RUN_GROUND = 10;
const RUN_AIR = 6;
const FRICTION_GROUND = 12;
const FRICTION_AIR = 2;
export const GRAVITY = 12;
/** Rises 27 pixels: onto a platform three tiles up, and with ease onto a step of two. */
export const JUMP_SPEED = 96;
/** Below a tile a frame, so that nothing is skipped over. */
const MAX_FALL = 96;

/** Where the player is and how it moves. `x`, `y`: top left corner of its box. */
export interface Body {
  readonly x: number;
  readonly y: number;
  readonly vx: number;
  readonly vy: number;
  readonly onGround: boolean;
}

/** Keys held: `direction` -1 left, 0 none, 1 right. */
export interface Keys {
  readonly direction: -1 | 0 | 1;
  readonly jump: boolean;
}

/** One frame of motion: accelerate, move along x, then along y, each stopped by solid tiles. */
export function moveBody(level: Level, body: Body, keys: Keys): Body {
  let vx = accelerate(body.vx, keys.direction, body.onGround);
  let vy = body.onGround && keys.jump ? -JUMP_SPEED : Math.min(body.vy + GRAVITY, MAX_FALL);

  let x = body.x + vx;
  if (overlapsSolid(level, x, body.y)) {
    // Flush against the tile that was hit: moves are shorter than a tile, so it is the one that the leading edge entered.
    x = vx > 0 ? snapDown(x + width, TILE * SUBPIXELS) - width : snapUp(x, TILE * SUBPIXELS);
    vx = 0;
  }

  let y = body.y + vy;
  let onGround = false;
  if (overlapsSolid(level, x, y)) {
    onGround = vy > 0;
    y = vy > 0 ? snapDown(y + height, TILE * SUBPIXELS) - height : snapUp(y, TILE * SUBPIXELS);
    vy = 0;
  }
  return { x, y, vx, vy, onGround };
}

const width = PLAYER_WIDTH * SUBPIXELS;
const height = PLAYER_HEIGHT * SUBPIXELS;

/** Whether the player's box at (x, y), in 1/16 pixel, covers any part of a solid tile. */
export function overlapsSolid(level: Level, x: number, y: number): boolean {
  const tile = TILE * SUBPIXELS;
  const left = Math.floor(x / tile);
  const right = Math.floor((x + width - 1) / tile);
  const top = Math.floor(y / tile);
  const bottom = Math.floor((y + height - 1) / tile);
  for (let row = top; row <= bottom; row++) {
    for (let column = left; column <= right; column++) {
      if (isSolid(level, column, row)) return true;
    }
  }
  return false;
}

function accelerate(vx: number, direction: -1 | 0 | 1, onGround: boolean): number {
  if (direction !== 0) {
    const next = vx + direction * (onGround ? RUN_GROUND : RUN_AIR);
    return Math.max(-MAX_RUN, Math.min(MAX_RUN, next));
  }
  const friction = onGround ? FRICTION_GROUND : FRICTION_AIR;
  return Math.sign(vx) * Math.max(0, Math.abs(vx) - friction);
}

function snapDown(value: number, unit: number): number {
  return Math.floor(value / unit) * unit;
}

function snapUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}
