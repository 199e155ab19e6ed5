import type { Frame } from '@snowglobe/runtime/browser';
import type { Goal } from '@snowglobe/runtime/core';
import { isReached } from '@snowglobe/runtime/internal/core';

/** Which goals of a world a session has reached, and at which frame. Knows no page. */
export class GoalLog {
  readonly goals: readonly Goal[];
  readonly #columns: number;
  readonly #reached = new Map<Goal, number>();
  #begins = true;

  /** @param columns cells of a row of a frame */
  constructor(goals: readonly Goal[], columns: number) {
    this.goals = goals;
    this.#columns = columns;
  }

  /** The frame at which a goal was reached, 0 where it was from the start; undefined where it was not. */
  frameOf(goal: Goal): number | undefined {
    return this.#reached.get(goal);
  }

  /** Another session begins with its next frame. */
  begin(): void {
    this.#begins = true;
  }

  /** @returns whether a goal was reached with this frame, or taken back, as the session was wound back */
  add({ index, codes }: Frame): boolean {
    let isNew = false;
    if (this.#begins) {
      isNew = this.#reached.size > 0;
      this.#reached.clear();
      this.#begins = false;
    }
    for (const [goal, at] of this.#reached) if (at > index) isNew = this.#reached.delete(goal);
    if (!codes) return isNew;
    for (const goal of this.goals) {
      if (this.#reached.has(goal) || !isReached(goal, codes, this.#columns)) continue;
      this.#reached.set(goal, index);
      isNew = true;
    }
    return isNew;
  }
}
