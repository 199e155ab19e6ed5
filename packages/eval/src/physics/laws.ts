/**
 * A sequence of frames held against the rules: which effects came when they had to, what came that must not, how the player
 * moves and what happens to things. The same for dreamed frames and recorded ones, whose figures say what the measure itself leaves.
 */
import type { Legend } from '../legend/legend.js';
import { cameExactly, conditionsHold, isVisible, legalEffects, unexplainedItems } from '../rules/effects.js';
import type { GameState } from '../rules/game_state.js';
import { countOf, facedCell, gameState, meaningAt } from '../rules/game_state.js';
import type { Rules } from '../rules/rules.js';
import type { ViewShift } from '../rules/view_shift.js';
import { viewShift } from '../rules/view_shift.js';
import type { Share } from '../tally.js';
import { Tally } from '../tally.js';
import { mean } from '../statistics.js';
import { lostAndDoubled } from './things.js';

/** A frame read as cells, and what was done from it to the next: the name of an action, `undefined` where nobody knows. */
export interface ReadFrame {
  readonly codes: Uint16Array;
  readonly action: string | undefined;
  /** The game before was over: what this frame shows does not follow from the one before. */
  readonly isAnew?: boolean | undefined;
}

export class Laws {
  /** Certain effects whose conditions held, by name. */
  readonly certain = new Map<string, Share>();
  /** Actions of effects whose conditions did not hold, and which had one all the same. */
  readonly illegal = new Tally();
  /** Frames in which an item changed for no reason. */
  readonly items = new Tally();
  /** Frames whose view moved, and how often through what cannot be walked on, or without a key. */
  readonly walkedThrough = new Tally();
  /** Cells of grounds in both views, and how many changed for no reason. */
  readonly grounds = new Tally();
  /** Keys that move, the way being free: the view moved so. */
  readonly moved = new Tally();
  /** Keys that move: the player looks there. */
  readonly turned = new Tally();
  /** Frames until a key shows, by key presses that did. */
  readonly latencies: number[] = [];
  readonly unanswered = new Tally();
  /** Things that are gone though nothing took them, and that come from nowhere. */
  readonly lost = new Tally();
  readonly doubled = new Tally();
  /** Falls of an item by itself, by item. */
  readonly falls = new Map<string, number>();
  transitions = 0;
  private pressed: { readonly action: string; readonly frames: number } | undefined;
  private held: string | undefined;

  constructor(
    private readonly legend: Legend,
    private readonly rules: Rules,
  ) {}

  /** Frames that follow each other. */
  see(frames: readonly ReadFrame[]): void {
    let before: GameState | undefined;
    let action: string | undefined;
    for (const [t, frame] of frames.entries()) {
      if (t === 0 || frame.isAnew) [before, this.pressed, this.held] = [undefined, undefined, undefined];
      const state = gameState(frame.codes, this.legend, this.rules);
      if (before) this.step(before, action, state);
      before = state;
      action = frame.action;
    }
  }

  /** Counts as plain data. */
  toJSON() {
    const { illegal, items, walkedThrough, grounds, moved, turned, unanswered, lost, doubled } = this;
    const tallies = { illegal, items, walkedThrough, grounds, moved, turned, unanswered, lost, doubled };
    return {
      transitions: this.transitions,
      certain: Object.fromEntries(this.certain),
      ...(Object.fromEntries(
        Object.entries(tallies).map(([name, tally]) => [name, tally.toJSON()]),
      ) as Record<keyof typeof tallies, Share>),
      latency:
        this.latencies.length === 0 ? undefined : { frames: mean(this.latencies), of: this.latencies.length },
      falls: Object.fromEntries(this.falls),
    };
  }

  private step(before: GameState, action: string | undefined, after: GameState): void {
    this.transitions++;
    // Who wakes up in this step may have acted in it already.
    if (before.helpless && !after.helpless) {
      this.pressed = undefined;
      return;
    }
    const shift = viewShift(before, after, this.rules);
    this.effects(before, action, after);
    this.movement(before, action, after, shift);
    this.latency(before, action, after, shift);
    if (shift.sure || shift.by.every((each) => each === 0)) this.grounded(before, action, after, shift);
    if (shift.sure) {
      const { lost, doubled, was, is } = lostAndDoubled(before, after, shift.by, this.rules, action);
      this.lost.addMany(lost, was);
      this.doubled.addMany(doubled, is);
    }
    for (const [item, changes] of Object.entries(this.rules.byItself)) {
      if (!changes.some((change) => change < 0)) continue;
      const fell = countOf(after, item) < countOf(before, item) ? 1 : 0;
      this.falls.set(item, (this.falls.get(item) ?? 0) + fell);
    }
  }

  private effects(before: GameState, action: string | undefined, after: GameState): void {
    if (action === undefined) return;
    this.items.add(unexplainedItems(this.rules, action, before, after).length > 0);
    const own = this.rules.effects.filter((effect) => effect.action === action);
    if (own.length === 0) return;
    const holds = own.map((effect) => conditionsHold(effect, before));
    if (holds.every((each) => each === false)) {
      this.illegal.add(hadEffect(this.rules, action, before, after));
    }
    own.forEach((effect, i) => {
      if (effect.chance || holds[i] !== true || !isVisible(effect, before, this.rules)) return;
      const share = this.certain.get(effect.name) ?? { came: 0, of: 0 };
      const came = cameExactly(effect, before, after, this.rules) ? 1 : 0;
      this.certain.set(effect.name, { came: share.came + came, of: share.of + 1 });
    });
  }

  private movement(before: GameState, action: string | undefined, after: GameState, shift: ViewShift): void {
    const move = action === undefined ? undefined : this.rules.moves[action];
    const isFree = move && this.isFree(before, move.by);
    if (shift.sure && shift.by.some((each) => each !== 0)) {
      const asked = move?.by[0] === shift.by[0] && move.by[1] === shift.by[1];
      this.walkedThrough.add(!asked || isFree === false || before.helpless);
    }
    if (!move || before.helpless) return;
    // Asleep from now on, nobody looks anywhere.
    if (after.facing) this.turned.add(after.facing[0] === move.by[0] && after.facing[1] === move.by[1]);
    if (isFree && shift.sure) {
      this.moved.add(shift.by[0] === move.by[0] && shift.by[1] === move.by[1]);
    }
  }

  private isFree(state: GameState, [x, y]: readonly [number, number]): boolean | undefined {
    const { column, row } = state.legend.player;
    const there = meaningAt(state, { column: column + x, row: row + y });
    return there && there.thing === undefined && this.rules.walkable.includes(there.ground);
  }

  /** A key that turns the player is answered when the player looks there. */
  private latency(before: GameState, action: string | undefined, after: GameState, shift: ViewShift): void {
    const move = action === undefined ? undefined : this.rules.moves[action];
    const looks = (state: GameState): boolean =>
      state.facing?.[0] === move?.by[0] && state.facing?.[1] === move?.by[1];
    if (this.pressed && this.pressed.action !== action) {
      this.unanswered.add(true);
      this.pressed = undefined;
    }
    if (
      !this.pressed &&
      move &&
      action !== this.held &&
      before.facing &&
      !before.helpless &&
      !looks(before)
    ) {
      this.pressed = { action: action!, frames: 0 };
    }
    this.held = action;
    if (!this.pressed || !move) return;
    const frames = this.pressed.frames + 1;
    const went = shift.sure && shift.by[0] === move.by[0] && shift.by[1] === move.by[1];
    if (looks(after) || went) {
      this.latencies.push(frames);
      this.unanswered.add(false);
      this.pressed = undefined;
    } else {
      this.pressed = { ...this.pressed, frames };
    }
  }

  private grounded(before: GameState, action: string | undefined, after: GameState, { by }: ViewShift): void {
    const { columns, viewRows } = this.legend;
    const faced = facedCell(before);
    const legal = legalEffects(this.rules, action, before);
    for (let row = 0; row < viewRows; row++) {
      for (let column = 0; column < columns; column++) {
        const at = { column: column + by[0], row: row + by[1] };
        const was = meaningAt(before, at);
        const is = meaningAt(after, { column, row });
        if (!was) continue;
        const same = is !== undefined && was.ground === is.ground;
        const byRule =
          at.column === faced?.column &&
          at.row === faced.row &&
          legal.some(({ becomes }) => becomes !== undefined && becomes === is?.ground);
        const byItself = this.rules.grounds.some(([from, to]) => from === was.ground && to === is?.ground);
        this.grounds.add(!same && !byRule && !byItself);
      }
    }
  }
}

/** Whether an action that could do nothing changed an item of its own, or the faced cell's ground to what it makes. */
export function hadEffect(rules: Rules, action: string, before: GameState, after: GameState): boolean {
  const own = rules.effects.filter((effect) => effect.action === action);
  const items = new Set(own.flatMap(({ takes, gives }) => [...Object.keys(takes), ...Object.keys(gives)]));
  if (unexplainedItems(rules, undefined, before, after).some((item) => items.has(item))) return true;
  const cell = facedCell(before);
  const [was, is] = [cell && meaningAt(before, cell), cell && meaningAt(after, cell)];
  return own.some(
    ({ becomes, puts }) =>
      (becomes !== undefined && was?.ground !== becomes && is?.ground === becomes) ||
      (puts !== undefined && was?.thing !== puts && is?.thing === puts),
  );
}
