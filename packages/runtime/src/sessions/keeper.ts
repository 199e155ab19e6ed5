import type { Frame } from '../world/frame.js';
import type { Timeline } from '../world/timeline.js';
import type { World } from '../world/world.js';
import type { SessionToken } from './identity.js';
import { hashOfToken, newSessionToken } from './identity.js';
import { Journal } from './journal.js';
import { replayLog } from './operations.js';
import { encodeSession, restoreSession } from './saved.js';
import type { SessionKey, SessionStore } from './store.js';
import { SessionInterrupted, refusals } from './store.js';

export interface KeeperOptions {
  /**
   * Steps and ways back between checkpoints: a session that goes on elsewhere samples at most so many anew, 16 more, and those that were under
   * way. Default 32, and of sessions of more than half a megabyte so many for each half, at most 240.
   */
  readonly every?: number | undefined;
  /** Told of checkpoints that failed for no fault of the store. */
  onBug?(error: unknown): void;
}

/** A session that is kept, and what its player needs to come back to it. */
export interface KeptSession extends SessionToken {
  readonly journal: Journal;
}

/** A session that goes on here, and the frame that its player saw last. */
export interface Rejoined {
  readonly kept: KeptSession;
  readonly timeline: Timeline;
  readonly frame: Frame;
}

/** Who wants to go on with a session, and from where. */
export interface RejoinOptions {
  /** Operations whose answers its player has. */
  readonly answered: number;
  /** Answers that its player may not have yet, at most. */
  readonly unseen: number;
  /** Aborted when the player has left: then nothing more is sampled for it, and another place may have the session at once. */
  readonly signal: AbortSignal;
}

/** A session that is being taken over. */
interface Restore {
  readonly world: World;
  readonly tokenHash: string;
  readonly answered: number;
  readonly result: Promise<Rejoined>;
  readonly ending: AbortController;
  /** Who gets it: the last one who asked. */
  asker: RejoinOptions;
}

/** Between looks at whether a session that is being restored is still this place's to play, in ms. */
const checkMs = 500;

/** Keeps sessions in a store while they are played here. */
export class SessionKeeper {
  readonly #store: SessionStore;
  readonly #options: KeeperOptions;
  readonly #restores = new Map<string, Restore>();

  /** @param store stays its owner's to close */
  constructor(store: SessionStore, options: KeeperOptions = {}) {
    this.#store = store;
    this.#options = options;
  }

  /**
   * Begins to keep a session that has just begun.
   * @param unseen answers that its player may not have yet, at most
   */
  async keep(world: World, timeline: Timeline, unseen: number): Promise<KeptSession> {
    const token = newSessionToken();
    const saved = await encodeSession(await timeline.saved(), world.checksum);
    const key = { session: token.session, tokenHash: await hashOfToken(token.token) };
    const lease = await this.#store.create(key, { operations: 0, saved });
    const stored = { operations: 0, saved, log: [] };
    return { ...token, journal: new Journal(timeline, lease, stored, this.#journalOf(world, unseen)) };
  }

  /**
   * Goes on with a session that was played here or elsewhere. Who asks while it is being restored here already, as a player whose connection broke
   * does, gets what comes of that, in place of who asked before.
   * @throws SnowglobeError when it is not kept, or one of another world; `SessionInterrupted` when it is played elsewhere, or its player has left
   */
  async rejoin(world: World, token: SessionToken, asker: RejoinOptions): Promise<Rejoined> {
    const tokenHash = await hashOfToken(token.token);
    const restore = this.#restoreOf(world, token, tokenHash, asker);
    const leave = (): void => {
      if (restore.asker === asker) restore.ending.abort(refusals.left());
    };
    if (asker.signal.aborted) leave();
    asker.signal.addEventListener('abort', leave);
    try {
      const rejoined = await restore.result;
      if (restore.asker !== asker) throw refusals.fenced();
      return rejoined;
    } finally {
      asker.signal.removeEventListener('abort', leave);
    }
  }

  #restoreOf(world: World, token: SessionToken, tokenHash: string, asker: RejoinOptions): Restore {
    const { answered } = asker;
    const found = this.#restores.get(token.session);
    const isSame = found?.world === world && found.tokenHash === tokenHash && found.answered === answered;
    if (isSame && !found.ending.signal.aborted) {
      found.asker = asker;
      return found;
    }
    const ending = new AbortController();
    const key = { session: token.session, tokenHash };
    const result = this.#restore(world, { ...token, ...key }, asker, ending);
    const restore: Restore = { world, tokenHash, answered, result, ending, asker };
    this.#restores.set(token.session, restore);
    const forget = (): void => {
      if (this.#restores.get(token.session) === restore) this.#restores.delete(token.session);
    };
    result.then(forget, forget);
    return restore;
  }

  async #restore(
    world: World,
    { session, token, tokenHash }: SessionToken & SessionKey,
    { answered, unseen }: RejoinOptions,
    ending: AbortController,
  ): Promise<Rejoined> {
    const { signal } = ending;
    const { lease, stored } = await this.#store.acquire({ session, tokenHash }, answered, signal);
    // A store that only cannot be reached says so again when something is written.
    const look = setInterval(() => {
      lease.check().catch((error: unknown) => error instanceof SessionInterrupted && ending.abort(error));
    }, checkMs);
    try {
      const { timeline, frame } = await restoreSession(world, await replayLog(stored), { signal });
      const journal = new Journal(timeline, lease, stored, this.#journalOf(world, unseen));
      return { kept: { session, token, journal }, timeline, frame };
    } catch (error) {
      await lease.release().catch(() => {});
      throw error;
    } finally {
      clearInterval(look);
    }
  }

  #journalOf({ checksum }: World, unseen: number) {
    const { every, onBug } = this.#options;
    return { every, world: checksum, unseen, ...(onBug && { onBug }) };
  }
}
