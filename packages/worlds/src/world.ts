import type { Caption } from './caption.js';
import type { PatchLegend } from './patches/patch_art.js';
import type { Measured, Physics } from './physics.js';
import type { Player, PolicyName } from './policy.js';

/** Something that always holds from one frame of a game to the next, whatever is played. */
export interface Law {
  readonly name: string;
  /** What it can be seen in alone: the true state, whose numbers frames do not all tell, or what frames tell; default both. */
  readonly seenIn?: 'state' | 'frames';
  holds(before: Measured, after: Measured): boolean;
}

/**
 * A simulated game: pure functions over an immutable state.
 *
 * Everything random comes from the seed that `create` gets, and arithmetic that decides what happens is integer, so the
 * same seed and actions give the same frames on every machine.
 */
export interface World<State> {
  /** What the command line calls it. */
  readonly name: string;
  /** Size of a frame in pixels. */
  readonly width: number;
  readonly height: number;
  /** Frames, and steps, a second. */
  readonly fps: number;
  /** What each action holds down, joined by `+` ('left+up'); 'none' for nothing. An action is an index into this. */
  readonly actionNames: readonly string[];
  /** Names of the looks that `create` accepts. */
  readonly looks: readonly string[];
  /** What `measure` returns, in order. */
  readonly stateNames: readonly string[];
  /**
   * The first state of an episode.
   * @param options.seed integer that decides level and look
   * @param options.look one of `looks`; by default the seed chooses
   */
  create(options: { seed: number; look?: string }): State;
  /** The state one frame later, while `action` is held. Leaves `state` as it is. */
  step(state: State, action: number): State;
  /**
   * Draws a state.
   * @param out (height, width, 3) RGB bytes to draw into; a new array by default
   * @returns `out`
   */
  render(state: State, out?: Uint8Array): Uint8Array;
  /** Numbers that describe the true state (`stateNames`), for measuring what a model has learned of it. */
  measure(state: State): number[];
  /** What a state shows, in words. */
  describe(state: State): Caption;
  /**
   * A scripted player, who chooses what is held from each state on and is asked once a frame.
   * @param seed integer; the same seed plays the same way
   */
  player(name: PolicyName, seed: number): Player<State>;
  /** Sentences that `tell` understands; absent where nothing can be told. */
  readonly events?: readonly string[];
  /** A state in which something happens, said in one of `events`: the next step goes on from it. */
  tell?(state: State, sentence: string): State;
  /** What always holds of `measure`, and of what frames tell. */
  readonly laws?: readonly Law[];
  /** How what frames show is held against the game; absent where nobody reads frames. */
  readonly physics?: Physics<State>;
  /** Names of all pictures that a cell can show, of games that are drawn of exact patches. */
  legend?(): PatchLegend;
}

/** Names of the laws that do not hold from one frame to the next; what `measure` tells of each goes in. */
export function brokenLaws<State>(
  { laws = [], stateNames }: Pick<World<State>, 'laws' | 'stateNames'>,
  before: readonly number[],
  after: readonly number[],
): string[] {
  const named = (row: readonly number[]): Measured =>
    Object.fromEntries(stateNames.map((name, at) => [name, row[at]!]));
  const [earlier, later] = [named(before), named(after)];
  return laws.filter((law) => law.seenIn !== 'frames' && !law.holds(earlier, later)).map(({ name }) => name);
}
