/** The numbers of a frame by their names (`stateNames`). */
export type Measured = Readonly<Record<string, number>>;

/** Something that moves, as a frame shows it: where, in cells of the game, counted from anywhere that stays the same in a walk. */
export interface Thing {
  readonly kind: string;
  readonly x: number;
  readonly y: number;
}

/** What a frame tells of a game, dreamed or true. */
export interface Reading {
  /** Numbers by name: those of `stateNames` that frames tell, and others that laws speak of. */
  readonly numbers: Measured;
  readonly things: readonly Thing[];
  /** The cells in sight, in the coordinates of things. */
  readonly view: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
}

/** An action where it cannot do anything, and how a frame looks in which it did. */
export interface Impossible<Read extends Reading = Reading> {
  readonly name: string;
  /** Names of actions that are tried. */
  readonly actions: readonly string[];
  /** Whether the action cannot do anything in a frame. */
  isImpossible(before: Read, action: string): boolean;
  /** Whether it did. */
  succeeds(before: Read, after: Read, action: string): boolean;
}

/** How what frames show of a game is held against the game. */
export interface Physics<State, Read extends Reading = Reading> {
  /** Numbers whose errors count: how many there are of something, or how fast something goes. */
  readonly counts: readonly string[];
  /** Cells that something goes in a frame at most. */
  readonly reach: number;
  /**
   * Reads a frame (H, W, 3) of RGB bytes; what looks like no picture of the game is read as the nearest.
   * @param before what the frame before told; undefined where this one is the first
   */
  read(frame: Uint8Array, before?: Read): Read;
  readonly impossible: readonly Impossible<Read>[];
  /** The same state with other dice from here on; absent of games without chance. */
  withChance?(state: State, seed: number): State;
}
