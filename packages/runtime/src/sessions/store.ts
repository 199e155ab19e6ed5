/** Where sessions are kept, so that they outlive a connection, a process or a machine. Stores know bytes alone, not worlds. */
import { SnowglobeError } from '@snowglobe/graph';

/** A session after so many operations (steps and ways back), as `encodeSession` writes it. */
export interface Checkpoint {
  /** Operations since the session began. */
  readonly operations: number;
  readonly saved: Uint8Array;
}

/** All of a session: its last checkpoint, and the operations since. */
export interface StoredSession extends Checkpoint {
  readonly log: readonly Uint8Array[];
}

/** Which session, and proof that one may play it. */
export interface SessionKey {
  readonly session: string;
  /** SHA-256 of its token, which no store sees. */
  readonly tokenHash: string;
}

/**
 * The right to play a session, which one place has at a time. A place that lost it, or cannot write, is told by a `SessionInterrupted`: it has
 * changed nothing in the store, and must show nothing more.
 */
export interface SessionLease {
  /** Whether what is written outlives this process at the moment. */
  readonly isDurable: boolean;
  /** Whether something was done that the store has not got, and a checkpoint would give it all. */
  readonly needsCheckpoint: boolean;
  /** Does nothing while the right lasts. */
  check(): Promise<void>;
  /** Adds an operation; what it leads to may be shown when this has resolved. */
  append(operation: Uint8Array): Promise<void>;
  /** Takes the place of the checkpoint before and of the operations up to it. @param checkpoint with all operations since */
  checkpoint(checkpoint: StoredSession): Promise<void>;
  /** Lets others play it. It is kept for a while. */
  release(): Promise<void>;
  /** Forgets it. */
  drop(): Promise<void>;
}

/** Keeps sessions. */
export interface SessionStore {
  /** Begins to keep a session, which is played here. */
  create(key: SessionKey, checkpoint: Checkpoint): Promise<SessionLease>;
  /**
   * Takes over a session from whoever played it last.
   * @param answered operations whose answers its player has; those after them are forgotten
   * @param signal aborted when its player does not want it here any more: then it is taken from nobody
   * @throws SnowglobeError when it is not kept, or does not know so many operations; `SessionInterrupted` while it is played elsewhere
   */
  acquire(
    key: SessionKey,
    answered: number,
    signal?: AbortSignal,
  ): Promise<{ readonly lease: SessionLease; readonly stored: StoredSession }>;
  /** Ends it; sessions that are kept elsewhere stay there. */
  close(): Promise<void>;
}

/** Raised where a session cannot go on in this place, or not yet; in another one, or later, it can. */
export class SessionInterrupted extends SnowglobeError {}

/** What stores say in the same words. */
export const refusals = {
  unknown: () =>
    new SnowglobeError('session: it is not kept here, or its token is another one; start a new one.'),
  fenced: () => new SessionInterrupted('session: it went on in another place; connect anew.'),
  held: () =>
    new SessionInterrupted(
      'session: it is being played in another place; close it there, or try again later.',
    ),
  left: () => new SessionInterrupted('session: its player left before it was restored; connect anew.'),
  gone: (answered: number, from: number, to: number) =>
    new SnowglobeError(
      `session: its player saw ${answered} operations, and ${from} to ${to} are kept; start a new one.`,
    ),
} as const;

/** What `answered` operations leave of a log that follows a checkpoint. @throws SnowglobeError */
export function logUpTo(answered: number, { operations, log }: StoredSession): readonly Uint8Array[] {
  const left = answered - operations;
  if (left < 0 || left > log.length) throw refusals.gone(answered, operations, operations + log.length);
  return log.slice(0, left);
}
