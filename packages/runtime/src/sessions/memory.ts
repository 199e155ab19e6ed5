import type { Checkpoint, SessionKey, SessionLease, SessionStore, StoredSession } from './store.js';
import { logUpTo, refusals } from './store.js';

/** How long and how many sessions are kept that nobody plays. */
export interface MemoryStoreOptions {
  /** Milliseconds that they are kept; default ten minutes. */
  readonly keepMs?: number;
  /** Bytes that they may take in all, those that were left first go first; default 256 MiB. */
  readonly mostBytes?: number;
}

interface Entry extends StoredSession {
  readonly tokenHash: string;
  /** Raised with every place that plays it. */
  readonly epoch: number;
  readonly isHeld: boolean;
  /** When it was left. */
  readonly left: number;
}

/**
 * Keeps sessions in this process: they outlive connections, and end with it.
 *
 * Who connects anew with the token of a session takes it over from the old connection, which may not know yet that it has broken.
 */
export function createMemoryStore({
  keepMs = 600_000,
  mostBytes = 2 ** 28,
}: MemoryStoreOptions = {}): SessionStore {
  const entries = new Map<string, Entry>();

  function clean(): void {
    const left = [...entries].filter(([, { isHeld }]) => !isHeld).sort(([, a], [, b]) => a.left - b.left);
    let bytes = left.reduce((sum, [, entry]) => sum + bytesOf(entry), 0);
    for (const [session, entry] of left) {
      if (bytes <= mostBytes && performance.now() - entry.left < keepMs) return;
      entries.delete(session);
      bytes -= bytesOf(entry);
    }
  }

  function leaseOf(session: string, epoch: number): SessionLease {
    const change = async (to: (entry: Entry) => Partial<Entry>): Promise<void> => {
      const entry = entries.get(session);
      if (entry?.epoch !== epoch) throw refusals.fenced();
      entries.set(session, { ...entry, ...to(entry) });
    };
    return {
      isDurable: false,
      needsCheckpoint: false,
      check: () => change(() => ({})),
      append: (operation) => change(({ log }) => ({ log: [...log, operation] })),
      checkpoint: ({ operations, saved, log }) => change(() => ({ operations, saved, log })),
      async release() {
        await change(() => ({ isHeld: false, left: performance.now() }));
        clean();
      },
      async drop() {
        await change(() => ({}));
        entries.delete(session);
      },
    };
  }

  return {
    async create({ session, tokenHash }: SessionKey, { operations, saved }: Checkpoint) {
      clean();
      entries.set(session, { tokenHash, epoch: 1, isHeld: true, left: 0, operations, saved, log: [] });
      return leaseOf(session, 1);
    },
    async acquire({ session, tokenHash }, answered) {
      clean();
      const entry = entries.get(session);
      if (entry?.tokenHash !== tokenHash) throw refusals.unknown();
      const taken = { ...entry, log: logUpTo(answered, entry), epoch: entry.epoch + 1, isHeld: true };
      entries.set(session, taken);
      return { lease: leaseOf(session, taken.epoch), stored: taken };
    },
    async close() {
      entries.clear();
    },
  };
}

const bytesOf = ({ saved, log }: StoredSession): number =>
  log.reduce((sum, { length }) => sum + length, saved.length);
