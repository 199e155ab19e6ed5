import type { CellRect } from '../../../memory/cells.js';
import { isWithin } from '../../../memory/cells.js';
import type { Motion } from '../../../memory/map/geometry.js';
import type { LatentActions } from '../config/latent_actions.js';

/** Cells of a frame, as this is about them. */
interface Frame {
  readonly columns: number;
  readonly view: CellRect;
  readonly cells: number;
}

/** What can be read off two frames of codes (P) and the motion between them. */
export interface HappenedBetween {
  readonly motion: number;
  /** Looks before and after. */
  readonly turned: readonly [number, number];
  /** What the faced cell showed before and after; absent where nothing faces any cell. */
  readonly faced?: readonly [number, number] | undefined;
  /** Whether what is faced is walked onto. */
  readonly isFree: boolean;
  /** The rarest group of `effects` that is among the changes. */
  readonly effect?: number | undefined;
}

type Codes = ArrayLike<number>;

/** Reads events off recordings. */
export class EventReader {
  readonly #actions: LatentActions;
  readonly #columns: number;
  readonly #looks = new Map<number, number>();
  readonly #free: ReadonlySet<number>;
  readonly #effects: ReadonlyMap<number, number>;
  readonly #standing: readonly number[];
  readonly #codes: ReadonlyMap<string, number>;
  readonly #rest: number;

  constructor(actions: LatentActions, frame: Frame) {
    this.#actions = actions;
    this.#columns = frame.columns;
    actions.looks.forEach(({ patches }, i) => patches.forEach((patch) => this.#looks.set(patch, i + 1)));
    this.#free = new Set(actions.free);
    this.#effects = new Map(
      actions.effects.flatMap((group, i) => group.map(([before, after]) => [changeKey(before, after), i])),
    );
    this.#standing = standingCells(frame);
    this.#codes = new Map(actions.codes.map((name, code) => [name, code]));
    const rests = (name: string): boolean => name === 'rest' || name.startsWith('rest ');
    this.#rest = this.#codes.get('rest') ?? Math.max(0, actions.codes.findIndex(rests));
  }

  /** What the controlled cell shows: 0, or a look from 1 on. */
  look(codes: Codes): number {
    const { cell } = this.#actions;
    return cell === undefined ? 0 : (this.#looks.get(codes[cell]!) ?? 0);
  }

  /** The cell that a look faces. */
  facedCell(look: number): number | undefined {
    const { cell, looks } = this.#actions;
    if (cell === undefined || look === 0) return undefined;
    const [down, right] = looks[look - 1]!.facing;
    return cell + down * this.#columns + right;
  }

  /** Where what is controlled would step from a frame, by how it looks in the next one; absent where it cannot. */
  stepAhead(before: Codes, after: Codes): Motion | undefined {
    const look = this.look(after);
    const cell = this.facedCell(look);
    if (cell === undefined || !this.#free.has(before[cell]!)) return undefined;
    return this.#actions.looks[look - 1]!.facing;
  }

  read(before: Codes, after: Codes, motion: number): HappenedBetween {
    const turned = [this.look(before), this.look(after)] as const;
    const cell = this.facedCell(turned[1]);
    const faced = cell === undefined ? undefined : ([before[cell]!, after[cell]!] as const);
    return {
      ...{ motion, turned, faced },
      isFree: faced !== undefined && this.#free.has(faced[0]),
      effect: this.#effect(before, after),
    };
  }

  #effect(before: Codes, after: Codes): number | undefined {
    let rarest: number | undefined;
    for (const cell of this.#standing) {
      if (before[cell] === after[cell]) continue;
      const group = this.#effects.get(changeKey(before[cell]!, after[cell]!));
      if (group !== undefined && (rarest === undefined || group < rarest)) rarest = group;
    }
    return rarest;
  }

  /** The action from one frame to the next. */
  code(before: Codes, after: Codes, motion: number): number {
    for (const name of eventNames(this.read(before, after, motion))) {
      const code = this.#codes.get(name);
      if (code !== undefined) return code;
    }
    return this.#rest;
  }
}

/**
 * What an event is called, from its own name to that of a wider kind: `motion 2` (the view moves), `turn 3` (what is controlled now has another
 * look), `faced 5>0` or `faced blocked` (the faced cell changed, and could not be walked onto before), `effect 4` (something was got or spent
 * outside the view, see `effects`), `rest 1 free` (nothing is seen).
 */
export function eventNames({ motion, turned, faced, isFree, effect }: HappenedBetween): string[] {
  const ground = isFree ? 'free' : 'blocked';
  const [before, look] = turned;
  if (motion !== 0) return [`motion ${motion}`];
  if (before !== look) return [`turn ${look}`, 'turn', 'rest'];
  if (faced && faced[0] !== faced[1]) return [`faced ${faced[0]}>${faced[1]}`, `faced ${ground}`, 'rest'];
  if (effect !== undefined) return [`effect ${effect}`, 'effect', 'rest'];
  return [...(faced ? [`rest ${look} ${ground}`] : []), `rest ${look}`, 'rest'];
}

/** A change of a cell as one number. */
export const changeKey = (before: number, after: number): number => before * 65_536 + after;

/** Cells of a frame that do not scroll. */
export function standingCells({ columns, view, cells }: Frame): number[] {
  return Array.from({ length: cells }, (_, cell) => cell).filter(
    (cell) => !isWithin(view, Math.floor(cell / columns), cell % columns),
  );
}
