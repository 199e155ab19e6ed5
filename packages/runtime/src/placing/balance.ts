import type { DeviceLoad, Priority } from './place.js';
import { frameMs, frameMsOfOneMore } from './place.js';

/** A session of some kind that is better off elsewhere. */
export interface Move {
  readonly from: string;
  readonly to: string;
  readonly priority: Priority;
}

/** A move is worth its price when the session then waits for at most this share of the time. */
const worthwhile = 0.7;
/** For how long a move must have been worthwhile, in ms. */
const sustained = 1000;

/**
 * Which session is to move, if any: one of a device that does not keep up, to one where it is served sooner by three tenths, with all that are there. The
 * other device would have to become twice as slow before the way back is worthwhile, so sessions do not flap; and each move lowers the potential of
 * what is a congestion game (Rosenthal 1973), so they come to rest.
 * @param periodMs between frames that a player is to see; who waits for no more than that is not moved. Batch work always wants more
 */
export function chooseMove(devices: readonly DeviceLoad[], periodMs: number): Move | undefined {
  let best: (Move & { readonly share: number }) | undefined;
  for (const priority of ['batch', 'interactive'] as const) {
    for (const from of devices) {
      const before = frameMs(from, from, priority);
      if (from[priority] === 0 || before <= (priority === 'batch' ? 0 : periodMs)) continue;
      for (const to of devices) {
        if (to === from || to.room < 1) continue;
        const share = frameMsOfOneMore(to, priority) / before;
        if (share <= worthwhile && share < (best?.share ?? Infinity)) {
          best = { from: from.name, to: to.name, priority, share };
        }
      }
    }
  }
  if (!best) return undefined;
  const { from, to, priority } = best;
  return { from, to, priority };
}

/** Moves sessions one at a time, and only for reasons that last. */
export class Balancer {
  readonly #periodMs: number;
  #wanted: { readonly move: Move; readonly since: number } | undefined;

  constructor(periodMs: number) {
    this.#periodMs = periodMs;
  }

  /** @returns a move that is to be made now */
  decide(devices: readonly DeviceLoad[], now: number): Move | undefined {
    const move = chooseMove(devices, this.#periodMs);
    if (!move) return void (this.#wanted = undefined);
    const before = this.#wanted;
    if (before?.move.from !== move.from || before.move.priority !== move.priority) {
      return void (this.#wanted = { move, since: now });
    }
    if (now - before.since < sustained) return undefined;
    this.#wanted = undefined;
    return move;
  }
}
