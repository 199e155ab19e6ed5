import type { Frame } from '../world/frame.js';
import type { Timeline } from '../world/timeline.js';
import type { World } from '../world/world.js';
import type { SessionToken } from './identity.js';
import { hashOfToken, newSessionToken } from './identity.js';
import { Journal } from './journal.js';
import { replayLog } from './operations.js';
import { encodeSession, restoreSession } from './saved.js';
import type { SessionStore } from './store.js';

export interface KeeperOptions {
  /**
   * Steps and ways back between checkpoints: a session that goes on elsewhere samples at most so many anew, and 32 more. Default 240, ten
   * seconds at 24 frames a second.
   */
  readonly every?: number | undefined;
  /** Told of checkpoints that failed for no fault of the store. */
  onBug?(error: unknown): void;
}

/** A session that is kept, and what its player needs to come back to it. */
export interface KeptSession extends SessionToken {
  readonly journal: Journal;
}

/** Keeps sessions in a store while they are played here. */
export class SessionKeeper {
  readonly #store: SessionStore;
  readonly #options: KeeperOptions;

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
    const stored = { operations: 0, log: [] };
    return { ...token, journal: new Journal(timeline, lease, stored, this.#journalOf(world, unseen)) };
  }

  /**
   * Goes on with a session that was played here or elsewhere.
   * @param answered operations whose answers its player has
   * @returns it, and the frame that its player saw last
   * @throws SnowglobeError when it is not kept, played elsewhere, or one of another world
   */
  async rejoin(
    world: World,
    token: SessionToken,
    answered: number,
    unseen: number,
  ): Promise<{ readonly kept: KeptSession; readonly timeline: Timeline; readonly frame: Frame }> {
    const key = { session: token.session, tokenHash: await hashOfToken(token.token) };
    const { lease, stored } = await this.#store.acquire(key, answered);
    try {
      const { timeline, frame } = await restoreSession(world, await replayLog(stored));
      const journal = new Journal(timeline, lease, stored, this.#journalOf(world, unseen));
      return { kept: { ...token, journal }, timeline, frame };
    } catch (error) {
      await lease.release().catch(() => {});
      throw error;
    }
  }

  #journalOf({ checksum }: World, unseen: number) {
    const { every = 240, onBug } = this.#options;
    return { every, world: checksum, unseen, ...(onBug && { onBug }) };
  }
}
