import type { Body } from './physics.js';
import type { Level } from './level.js';
import type { HeroName } from './sprites.js';
import type { ThemeName } from './themes.js';

/** Everything about one moment of an episode. */
export interface PlatformerState {
  readonly seed: number;
  readonly level: Level;
  readonly theme: ThemeName;
  readonly hero: HeroName;
  readonly body: Body;
  /** Way the player looks: -1 left, 1 right. */
  readonly facing: -1 | 1;
  /** Top left corner of what is seen, in pixels of the level. */
  readonly cameraX: number;
  readonly cameraY: number;
  /** Frames since the start: drives animations. */
  readonly time: number;
  /** Cells (as in `Level.coins`) of the coins that have been collected. */
  readonly collected: ReadonlySet<number>;
}
