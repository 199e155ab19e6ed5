import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GROUND, isSolid, LEVEL_HEIGHT, LEVEL_WIDTH, TILE, type Level } from './level.js';
import {
  GRAVITY,
  JUMP_SPEED,
  MAX_RUN,
  moveBody,
  PLAYER_HEIGHT,
  PLAYER_WIDTH,
  SUBPIXELS,
  type Body,
  type Keys,
} from './physics.js';
import { platformer } from './platformer.js';

/** A level that is empty above two rows of ground, with tiles added where `solid` says. */
function flat(solid: readonly [column: number, row: number][] = []): Level {
  const tiles = new Uint8Array(LEVEL_WIDTH * LEVEL_HEIGHT);
  tiles.fill(GROUND, (LEVEL_HEIGHT - 2) * LEVEL_WIDTH);
  for (const [column, row] of solid) tiles[row * LEVEL_WIDTH + column] = GROUND;
  return { tiles, coins: [] };
}

const floor = ((LEVEL_HEIGHT - 2) * TILE - PLAYER_HEIGHT) * SUBPIXELS;
const standing = (column: number): Body => ({
  x: column * TILE * SUBPIXELS,
  y: floor,
  vx: 0,
  vy: 0,
  onGround: true,
});
const hold = (direction: -1 | 0 | 1, jump = false): Keys => ({ direction, jump });

function run(level: Level, body: Body, keys: Keys, frames: number): Body[] {
  const bodies = [body];
  for (let i = 0; i < frames; i++) bodies.push(moveBody(level, bodies.at(-1)!, keys));
  return bodies;
}

test('a jump rises as high as its speed and gravity say, and lands where it began', () => {
  const bodies = [standing(10), ...run(flat(), moveBody(flat(), standing(10), hold(0, true)), hold(0), 20)];
  // Speed falls by GRAVITY a frame: the sum of an arithmetic series.
  const risingFrames = JUMP_SPEED / GRAVITY;
  const height = (JUMP_SPEED * (risingFrames + 1)) / 2;
  expect(floor - Math.min(...bodies.map(({ y }) => y))).toBe(height);
  expect(height / SUBPIXELS).toBe(27);
  expect(bodies.at(-1)).toEqual(standing(10));
});

test('only who stands can jump', () => {
  const inAir = moveBody(flat(), standing(10), hold(0, true));
  const pressed = moveBody(flat(), inAir, hold(0, true));
  const released = moveBody(flat(), inAir, hold(0));
  expect(inAir.onGround).toBe(false);
  expect(pressed).toEqual(released);
});

test('running reaches full speed, letting go comes to a stop', () => {
  const running = run(flat(), standing(10), hold(1), 10);
  expect(running.at(-1)!.vx).toBe(MAX_RUN);
  const stopping = run(flat(), running.at(-1)!, hold(0), 10);
  expect(stopping.at(-1)!.vx).toBe(0);
  expect(stopping.at(-1)!.x).toBeGreaterThan(running.at(-1)!.x);
});

describe.each([1, -1] as const)('running in direction %i', (direction) => {
  test('stops flush against a wall', () => {
    const wall = 20 + 3 * direction;
    const level = flat([LEVEL_HEIGHT - 3, LEVEL_HEIGHT - 4].map((row) => [wall, row]));
    const last = run(level, standing(20), hold(direction), 40).at(-1)!;
    const edge = direction > 0 ? wall * TILE - PLAYER_WIDTH : (wall + 1) * TILE;
    expect(last).toEqual({ ...standing(20), x: edge * SUBPIXELS });
  });

  test('falls off an edge and lands below it', () => {
    const level = flat([[20, LEVEL_HEIGHT - 3]]);
    const start = { ...standing(20), y: floor - TILE * SUBPIXELS };
    const bodies = run(level, start, hold(direction), 30);
    expect(bodies.some(({ onGround }) => !onGround)).toBe(true);
    expect(bodies.at(-1)!.y).toBe(floor);
  });
});

test('a ceiling ends a jump', () => {
  const level = flat([[10, LEVEL_HEIGHT - 5]]);
  const bodies = [standing(10), ...run(level, moveBody(level, standing(10), hold(0, true)), hold(0), 20)];
  // Two rows are free above the floor: the head stops at the tile, one row above the standing place.
  expect((floor - Math.min(...bodies.map(({ y }) => y))) / SUBPIXELS).toBe(TILE);
});

test('nobody ever stands inside of a wall, whatever keys are pressed', () => {
  // Keys that are held for a while get further than keys that change at every frame.
  const heldKeys = fc
    .array(fc.tuple(fc.nat(platformer.actionNames.length - 1), fc.integer({ min: 1, max: 25 })), {
      minLength: 5,
      maxLength: 40,
    })
    .map((holds) => holds.flatMap(([action, frames]) => Array<number>(frames).fill(action)));
  fc.assert(
    fc.property(fc.integer(), heldKeys, (seed, actions) => {
      let state = platformer.create({ seed });
      for (const action of actions) {
        state = platformer.step(state, action);
        // Checked pixel by pixel, unlike the code under test.
        const x = Math.floor(state.body.x / SUBPIXELS);
        const y = Math.floor(state.body.y / SUBPIXELS);
        const across = state.body.x % SUBPIXELS === 0 ? PLAYER_WIDTH : PLAYER_WIDTH + 1;
        const down = state.body.y % SUBPIXELS === 0 ? PLAYER_HEIGHT : PLAYER_HEIGHT + 1;
        for (let dy = 0; dy < down; dy++) {
          for (let dx = 0; dx < across; dx++) {
            const column = Math.floor((x + dx) / TILE);
            const row = Math.floor((y + dy) / TILE);
            if (isSolid(state.level, column, row)) {
              throw new Error(
                `pixel (${x + dx}, ${y + dy}) of the player is inside tile (${column}, ${row})`,
              );
            }
          }
        }
      }
    }),
    { numRuns: 60 },
  );
});
