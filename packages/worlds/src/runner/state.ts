import type { Level } from '../platformer/level.js';
import type { ThemeName } from '../platformer/themes.js';

/** Something that walks to and fro. It steps every second frame, when its feet are apart. */
export interface Walker {
  readonly column: number;
  readonly row: number;
  readonly facing: -1 | 1;
  readonly isStriding: boolean;
}

/** Everything about one moment of an episode. Places are tiles of the level. */
export interface RunnerState {
  readonly seed: number;
  readonly theme: ThemeName;
  /** How many flags have been reached. */
  readonly depth: number;
  readonly level: Level;
  readonly column: number;
  readonly row: number;
  readonly facing: -1 | 1;
  /** Whether the last step was to the side. */
  readonly isRunning: boolean;
  /** Tiles that a jump still rises. */
  readonly rise: number;
  readonly walkers: readonly Walker[];
  /** Cells (as in `Level.coins`) of this level's coins that have been taken. */
  readonly collected: ReadonlySet<number>;
  /** Coins and walkers, over all levels. */
  readonly coins: number;
  /** Where none is left the level begins anew. */
  readonly hearts: number;
  /** What the last step was worth: 1 for a coin or a walker, 10 for a flag, less 5 for a heart. */
  readonly reward: number;
  /** Whether the last step ended a life or a level. */
  readonly isEnd: boolean;
}
