import { SnowglobeError } from '@snowglobe/graph';
import * as v from 'valibot';
import type { RefusalReason } from './events.js';

/** How much strangers may ask of a server. */
export interface SessionLimits {
  /** Sessions at once; default 16. */
  readonly sessions?: number;
  /** Sessions at once of one address; default 8. */
  readonly perAddress?: number;
  /** Until a session that nobody plays ends, in ms; default: never. */
  readonly idleMs?: number;
}

/** Counts who is there. */
export class Places {
  readonly most: number;
  readonly #perAddress: number;
  readonly #byAddress = new Map<string, number>();
  #taken = 0;

  constructor({ sessions, perAddress }: Required<SessionLimits>) {
    this.most = sessions;
    this.#perAddress = perAddress;
  }

  get taken(): number {
    return this.#taken;
  }

  /** Why there is no place for a client, in one sentence. */
  refusal(address: string): readonly [RefusalReason, string] | undefined {
    if (this.#taken >= this.most) {
      const all =
        this.most === 1 ? 'The only place on this server is' : `All ${this.most} places on this server are`;
      return ['places', `${all} taken; try again later, or play on your own machine.`];
    }
    if ((this.#byAddress.get(address) ?? 0) >= this.#perAddress) {
      const most = this.#perAddress === 1 ? '1 session' : `${this.#perAddress} sessions`;
      return ['address', `No more than ${most} of one address are played here at once; close one.`];
    }
    return undefined;
  }

  /** @returns gives the place back; a second call does nothing */
  take(address: string): () => void {
    let isOver = false;
    this.#taken++;
    this.#byAddress.set(address, (this.#byAddress.get(address) ?? 0) + 1);
    return () => {
      if (isOver) return;
      isOver = true;
      this.#taken--;
      const left = (this.#byAddress.get(address) ?? 1) - 1;
      if (left > 0) this.#byAddress.set(address, left);
      else this.#byAddress.delete(address);
    };
  }
}

const most = (field: string) =>
  v.pipe(
    v.number(`limits: ${field} must be a number; leave it out for the default.`),
    v.check(
      (value) => Number.isInteger(value) && value >= 1,
      `limits: ${field} must be an integer of at least 1.`,
    ),
  );
const limitsSchema = v.object({
  sessions: v.optional(most('sessions'), 16),
  perAddress: v.optional(most('perAddress'), 8),
  idleMs: v.optional(
    v.pipe(
      v.number('limits: idleMs must be a number of ms.'),
      v.gtValue(0, 'limits: idleMs must be more than 0.'),
    ),
    Infinity,
  ),
});

/** Limits with what stands for those that were left out. @throws SnowglobeError */
export function readLimits(given: SessionLimits = {}): Required<SessionLimits> {
  const read = v.safeParse(limitsSchema, given);
  if (read.success) return read.output;
  throw new SnowglobeError(read.issues[0].message);
}
