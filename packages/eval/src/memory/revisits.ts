/**
 * Walks that a world walks back cell by cell: out over cells that it shows as free, then the same cells in reverse order. What every
 * cell showed before is kept by where the player stood, and compared whenever it is seen again: things may have moved, and what the
 * rules let change is left out, so that all other cells must be as they were. Walks in which most steps change nothing count as not come back.
 */
import type { Recordings } from '@snowglobe/model';
import { generatorFor } from '@snowglobe/model';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { Legend } from '../legend/legend.js';
import { cellReader } from '../legend/read_cells.js';
import type { GameState } from '../rules/game_state.js';
import { gameState, meaningAt } from '../rules/game_state.js';
import type { Rules } from '../rules/rules.js';
import { viewShift } from '../rules/view_shift.js';
import { spreadStarts } from '../walks/starts.js';
import type { WalkedAction, Walker } from '../walks/walker.js';

/** Cells that are seen again on walks back. */
export interface Revisits {
  /** Those in which no game came to its end. */
  readonly walks: number;
  /** Share of walks that came back to their first cell, having been at least three cells away. */
  readonly returned: number;
  /** Share of cells, out of sight in between, that show the ground that they showed last. */
  readonly same: number;
  /** Cells that came into sight again. */
  readonly cells: number;
}

type Step = readonly [number, number];

export async function measureRevisits(
  data: Recordings,
  walker: Walker,
  {
    seed,
    span,
    starts: count,
    legend,
    rules,
  }: {
    readonly seed: number;
    readonly span: number;
    readonly starts: number;
    readonly legend: Legend;
    readonly rules: Rules;
  },
): Promise<Revisits> {
  const read = cellReader(legend, data);
  const starts = spreadStarts(data, count);
  const walks: PathWalk[] = [];
  for (let first = 0; first < starts.length; first += walker.batch) {
    const group = starts.slice(first, first + walker.batch).map(({ clip, frame }, b) => {
      const codes = read(data.frames(clip, frame, 1)).codes;
      return new PathWalk(gameState(codes, legend, rules), rules, span, seed + first + b);
    });
    walks.push(...group);
    const walk = {
      starts: starts.slice(first, first + walker.batch),
      length: span,
      seeds: group.map((_, b) => seed + first + b),
      actions: (t: number) => group.map((each) => each.next(t)),
    };
    await walker.walk(walk, (_, shown, anew) =>
      shown.forEach((frame, b) => {
        const state = gameState(read(frame).codes, legend, rules);
        if (anew?.[b]) group[b]!.beginAnew(state);
        else group[b]!.see(state);
      }),
    );
  }
  const moving = walks.filter(({ standsStill }) => !standsStill);
  const cells = moving.reduce((sum, { seenAgain }) => sum + seenAgain, 0);
  const whole = walks.filter(({ isOver }) => !isOver);
  return {
    walks: whole.length,
    returned: whole.length === 0 ? 0 : whole.filter((each) => each.hasReturned).length / whole.length,
    same: cells === 0 ? 0 : moving.reduce((sum, { same }) => sum + same, 0) / cells,
    cells,
  };
}

/** Cells away from the start that a walk must have been. */
const leastAway = 3;

class PathWalk {
  /** Whether a game came to its end on the way. */
  isOver = false;
  seenAgain = 0;
  same = 0;
  private at: Step = [0, 0];
  private farthest = 0;
  /** Steps out that are left to be undone. */
  private trail: Step[] = [];
  private asked: Step | undefined;
  private heading: { step: Step; left: number } | undefined;
  private readonly memory = new Map<string, { ground: string; seen: number }>();
  private readonly random;
  private frame = 0;
  /** Frames that show what the one before them showed, though a step was asked for. */
  private still = 0;

  constructor(
    private state: GameState,
    private readonly rules: Rules,
    private readonly span: number,
    seed: number,
  ) {
    this.random = generatorFor(seed, 'walks out and back');
    this.remember();
  }

  /** A picture that does not change remembers nothing. */
  get standsStill(): boolean {
    return this.still > this.frame / 2;
  }

  get hasReturned(): boolean {
    return !this.standsStill && this.farthest >= leastAway && this.at[0] === 0 && this.at[1] === 0;
  }

  /** Out for almost half of the frames, some of which bump into things, then back, and there it stays. */
  next(t: number): WalkedAction {
    const back = this.trail.at(-1);
    const isOut = t < 0.45 * this.span;
    this.asked = isOut ? this.wander() : back && [-back[0], -back[1]];
    const name = Object.entries(this.rules.moves).find(
      ([, { by }]) => this.asked && by[0] === this.asked[0] && by[1] === this.asked[1],
    )?.[0];
    return name ?? this.rules.idle;
  }

  private wander(): Step | undefined {
    if (this.heading && this.heading.left-- > 0 && this.isFree(this.heading.step)) return this.heading.step;
    const free = Object.values(this.rules.moves)
      .map(({ by }) => by)
      .filter((step) => this.isFree(step));
    if (free.length === 0) return undefined;
    const step = free[uniformInt(this.random, 0, free.length - 1)]!;
    this.heading = { step, left: uniformInt(this.random, 3, 8) };
    return step;
  }

  private isFree([x, y]: Step): boolean {
    const { column, row } = this.state.legend.player;
    const there = meaningAt(this.state, { column: column + x, row: row + y });
    return there !== undefined && there.thing === undefined && this.rules.walkable.includes(there.ground);
  }

  /** The game before was over: nothing of it counts from here on. */
  beginAnew(state: GameState): void {
    this.frame++;
    this.isOver = true;
    this.state = state;
    [this.at, this.trail, this.heading, this.farthest] = [[0, 0], [], undefined, 0];
    this.memory.clear();
    this.remember();
  }

  see(after: GameState): void {
    this.frame++;
    if (this.asked && after.codes.every((code, place) => code === this.state.codes[place])) this.still++;
    const shift = viewShift(this.state, after, this.rules);
    // Where every shift explains the view, the key does.
    const by: Step = shift.sure ? shift.by : this.asked && this.isFree(this.asked) ? this.asked : [0, 0];
    this.state = after;
    if (by[0] !== 0 || by[1] !== 0) {
      this.at = [this.at[0] + by[0], this.at[1] + by[1]];
      const back = this.trail.at(-1);
      if (back && back[0] === -by[0] && back[1] === -by[1]) this.trail.pop();
      else this.trail.push(by);
      this.farthest = Math.max(this.farthest, Math.abs(this.at[0]) + Math.abs(this.at[1]));
    }
    this.remember();
  }

  /** Compares what comes into sight again with what was seen there last. */
  private remember(): void {
    const { legend } = this.state;
    const { player, columns, viewRows } = legend;
    for (let row = 0; row < viewRows; row++) {
      for (let column = 0; column < columns; column++) {
        const shown = meaningAt(this.state, { column, row });
        const key = `${this.at[0] + column - player.column},${this.at[1] + row - player.row}`;
        const known = this.memory.get(key);
        if (known && known.seen < this.frame - 1) {
          const ground = shown?.ground;
          const byItself = this.rules.grounds.some(([from, to]) => from === known.ground && to === ground);
          if (!byItself) {
            this.seenAgain++;
            if (ground === known.ground) this.same++;
          }
        }
        this.memory.set(key, { ground: shown?.ground ?? '', seen: this.frame });
      }
    }
  }
}
