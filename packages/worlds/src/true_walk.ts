import type { World } from './world.js';

/** Side of the squares that are compared, in pixels, of games that are not drawn of cells. */
const usualCell = 8;

/** What leads from one frame of a walk to the next. */
export interface TrueStep {
  /** Name of the action; parts of it may stand in any order (`up+right`). */
  readonly action: string;
  /** What happens on the way, one of the game's `events`. */
  readonly told?: string | undefined;
  /** The game was over: it begins anew from its first frame, and the step is the first of it. */
  readonly isAnew?: boolean | undefined;
}

/** A level of a simulated game, played beside the dream of it: from the same frame with the same actions. */
export class TrueWalk<State = unknown> {
  readonly game: World<State>;
  readonly seed: number;
  /** Side of the squares that are compared, in pixels. */
  readonly cell: number;
  /** By frame from 0 on; those that are forgotten are undefined. */
  readonly #states: (State | undefined)[];
  readonly #first: State;
  readonly #most: number;

  /**
   * @param most frames that can be wound back to
   * @throws RangeError for a seed that is no integer
   */
  constructor(game: World<State>, seed: number, most = Infinity) {
    this.game = game;
    this.seed = seed;
    this.cell = game.legend?.().cell ?? usualCell;
    this.#most = most;
    this.#first = game.create({ seed });
    this.#states = [this.#first];
  }

  /** Of the newest frame. */
  get index(): number {
    return this.#states.length - 1;
  }

  /**
   * RGB bytes (height, width, 3) of a frame, the newest by default.
   * @throws RangeError for a frame that is not kept
   */
  frameAt(index = this.index): Uint8Array {
    return this.game.render(this.#stateAt(index));
  }

  /** @throws RangeError for what the game cannot do, or cannot be told; then nothing has changed */
  step({ action, told, isAnew = false }: TrueStep): void {
    const { game } = this;
    const at = actionIn(game, action);
    const before = isAnew ? this.#first : this.#stateAt(this.index);
    this.#states.push(game.step(told === undefined ? before : tell(game, before, told), at));
    if (this.#states.length > this.#most) this.#states[this.#states.length - 1 - this.#most] = undefined;
  }

  /** Goes back to a frame. @throws RangeError for one that is not kept */
  windBack(index: number): void {
    this.#stateAt(index);
    this.#states.length = index + 1;
  }

  #stateAt(index: number): State {
    const state = this.#states[index];
    if (state !== undefined) return state;
    throw new RangeError(`${this.game.name}: frame ${index} is not kept; it goes up to ${this.index}`);
  }
}

/** The number of an action of a game. @throws RangeError for a name that it does not have */
export function actionIn(
  { name, actionNames }: Pick<World<never>, 'name' | 'actionNames'>,
  asked: string,
): number {
  const partsOf = (action: string): string => action.split('+').sort().join('+');
  const at = actionNames.findIndex((each) => partsOf(each) === partsOf(asked));
  if (at >= 0) return at;
  throw new RangeError(`${name} has no action '${asked}'; its actions are ${actionNames.join(', ')}`);
}

function tell<State>(game: World<State>, state: State, sentence: string): State {
  if (game.tell && game.events?.includes(sentence)) return game.tell(state, sentence);
  const known = game.events?.join(', ') ?? 'nothing';
  throw new RangeError(`${game.name} cannot be told '${sentence}'; it knows ${known}`);
}

/**
 * Which squares of a dreamed frame are not as they truly are, row by row.
 * @param truth (height, width, 3) bytes
 * @param dreamed (height, width, 4) bytes
 * @param size of both in pixels, and the side of a square, which divides it
 */
export function differingCells(
  truth: Uint8Array,
  dreamed: Uint8Array | Uint8ClampedArray,
  { width, height, cell }: { readonly width: number; readonly height: number; readonly cell: number },
): boolean[] {
  const [columns, rows] = [width / cell, height / cell];
  return Array.from({ length: rows * columns }, (_, at) => {
    const [left, top] = [(at % columns) * cell, Math.floor(at / columns) * cell];
    for (let y = top; y < top + cell; y++) {
      for (let x = left; x < left + cell; x++) {
        const pixel = y * width + x;
        for (let c = 0; c < 3; c++) if (truth[pixel * 3 + c] !== dreamed[pixel * 4 + c]) return true;
      }
    }
    return false;
  });
}
