import type { ThemeName } from './themes.js';

/** Everything about one moment of an episode. */
export interface DungeonState {
  readonly seed: number;
  /** How many stairs have been taken. */
  readonly depth: number;
  readonly theme: ThemeName;
  /** (SIDE, SIDE), row by row: what each cell holds. */
  readonly cells: Uint8Array;
  readonly x: number;
  readonly y: number;
  /** An index into `HEADINGS`. */
  readonly heading: number;
  /** Keys in hand, at most `MAX_KEYS`. */
  readonly keys: number;
  /** Chests that were opened, over all depths. */
  readonly gold: number;
}
