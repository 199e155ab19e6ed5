/** What a cell of the dungeon holds. Walls have three looks, `WALL_A` to `WALL_C`, which a theme turns into materials. */
export const EMPTY = 0;
export const WALL_A = 1;
export const WALL_C = 3;
/** A wall with a torch on it; its look is that of `WALL_A`. */
export const TORCH = 4;
/** Opens when it is used. */
export const DOOR = 5;
/** Opens when it is used by someone who has a key, and keeps the key. */
export const GATE = 6;
export const CHEST = 7;
export const OPEN_CHEST = 8;
/** Leads to the next dungeon when it is used. */
export const STAIR = 9;
/** Lies on the floor and is taken by who steps there. */
export const KEY = 10;

/** Whether someone can stand on a cell. */
export const isFree = (cell: number): boolean => cell === EMPTY || cell === KEY;

/** Whether a cell fills its whole square up to the ceiling and hides what is behind it. */
export const isWall = (cell: number): boolean => cell >= WALL_A && cell <= GATE;

/** Names for states, captions and error messages, by cell. */
export const cellNames: readonly string[] = [
  'floor',
  'wall',
  'wall',
  'wall',
  'torch',
  'door',
  'locked gate',
  'chest',
  'open chest',
  'stair',
  'key',
];
