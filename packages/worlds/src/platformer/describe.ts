import { captionOf, type Caption, type Direction, type Sighting } from '../caption.js';
import { CRATE, LEVEL_WIDTH, PLATFORM, TILE, tileAt } from './level.js';
import { PLAYER_HEIGHT, PLAYER_WIDTH, SUBPIXELS } from './physics.js';
import { VIEW_HEIGHT, VIEW_WIDTH } from './render.js';
import type { PlatformerState } from './state.js';

/** What is in view beside the ground, and where it is from the player. */
export function describeState(state: PlatformerState): Caption {
  const { level, body, cameraX, cameraY, collected } = state;
  const x = body.x / SUBPIXELS + PLAYER_WIDTH / 2;
  const y = body.y / SUBPIXELS + PLAYER_HEIGHT / 2;
  const sightings: Sighting[] = [];
  const add = (name: string, column: number, row: number): void => {
    const [dx, dy] = [(column + 0.5) * TILE - x, (row + 0.5) * TILE - y];
    sightings.push({ name, direction: directionOf(dx, dy), distance: Math.hypot(dx, dy) });
  };
  const columns = [Math.floor(cameraX / TILE), Math.floor((cameraX + VIEW_WIDTH - 1) / TILE)] as const;
  const rows = [Math.floor(cameraY / TILE), Math.floor((cameraY + VIEW_HEIGHT - 1) / TILE)] as const;
  for (let row = rows[0]; row <= rows[1]; row++) {
    for (let column = columns[0]; column <= columns[1]; column++) {
      const tile = tileAt(level, column, row);
      const cell = row * LEVEL_WIDTH + column;
      if (level.coins.includes(cell) && !collected.has(cell)) add('coin', column, row);
      if (tile === CRATE) add('crate', column, row);
      // A platform is one thing, however long.
      if (tile === PLATFORM && tileAt(level, column - 1, row) !== PLATFORM) add('platform', column, row);
    }
  }
  const flying = body.onGround ? '' : ', in the air';
  return captionOf(`a ${state.theme}${flying}`, sightings);
}

function directionOf(dx: number, dy: number): Direction {
  if (Math.max(Math.abs(dx), Math.abs(dy)) < TILE) return 'here';
  if (Math.abs(dx) >= Math.abs(dy)) return dx < 0 ? 'left' : 'right';
  return dy < 0 ? 'above' : 'below';
}
