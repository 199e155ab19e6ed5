import type { Frame } from '../world/frame.js';
import type { StepOptions } from '../world/session.js';
import type { Timeline } from '../world/timeline.js';
import { stepped, wentBack, wentTo } from './operations.js';
import { encodeSession } from './saved.js';
import type { SessionLease, StoredSession } from './store.js';
import { SessionInterrupted } from './store.js';

export interface JournalOptions {
  /** SHA-256 of the world's file. */
  readonly world: string;
  /** Operations between checkpoints, see `KeeperOptions`. */
  readonly every?: number | undefined;
  /** Answers that a player who does not say what it has may not have yet: a checkpoint is older, so that it can go back to what was seen. */
  readonly unseen: number;
  /** Told of checkpoints that failed for no fault of the store. */
  onBug?(error: unknown): void;
}

/** Operations between checkpoints at least and at most, and the bytes of a state that are written each time that the least have passed. */
const [least, most, bytesEach] = [32, 240, 2 ** 19];

/** An operation, and the frame that it led to. */
interface Noted {
  readonly bytes: Uint8Array;
  readonly index: number;
  /** Of those that bring a state of their own: the frame that belongs to it. */
  readonly floor?: number;
}

/** A session that is written down as it is played: no frame is given out before the store has what led to it. */
export class Journal {
  readonly #timeline: Timeline;
  readonly #lease: SessionLease;
  readonly #options: JournalOptions;
  /** Operations of the last checkpoint. */
  #checkpointed: number;
  /** Operations up to where the log begins, and since. */
  #operations: number;
  #log: readonly Noted[] = [];
  /** The first frame that can be gone back to without another state. */
  #floor: number;
  /** Operations whose answers the player has said that it has. */
  #answered = 0;
  /** Of the last checkpoint. */
  #bytes: number;
  #writing: Promise<void> | undefined;
  #failure: SessionInterrupted | undefined;

  /**
   * @param timeline the session as it is after all of its operations, its past as the store's log tells it
   * @param stored what the store has of it
   */
  constructor(
    timeline: Timeline,
    lease: SessionLease,
    { operations, saved, log }: StoredSession,
    options: JournalOptions,
  ) {
    this.#timeline = timeline;
    this.#lease = lease;
    this.#options = options;
    this.#checkpointed = operations;
    this.#bytes = saved.length;
    this.#operations = operations + log.length;
    this.#floor = timeline.oldest;
  }

  /** As `SessionLease.isDurable`. */
  get isDurable(): boolean {
    return this.#lease.isDurable;
  }

  /** The player has the answers of so many operations. */
  saw(answered: number): void {
    const most = this.#operations + this.#log.length;
    this.#answered = Math.max(this.#answered, Math.min(answered, most));
  }

  /** As `Timeline.step`. @throws SessionInterrupted when the session went on elsewhere */
  async step(action: string | number, options: StepOptions): Promise<Frame> {
    const frame = await this.#timeline.step(action, options);
    await this.#write({ bytes: stepped({ action, told: frame.told }), index: frame.index });
    return frame;
  }

  /** As `Timeline.rewind`. @throws SessionInterrupted when the session went on elsewhere */
  async rewind(index: number): Promise<Frame> {
    const frame = await this.#timeline.rewind(index);
    // A checkpoint that is being written may be of a frame that is gone now.
    await this.#writing;
    if (index >= this.#floor) await this.#write({ bytes: wentBack(index), index });
    else {
      const saved = this.#timeline.savedAt(index);
      const floor = saved.snapshot.index;
      this.#floor = floor;
      const bytes = wentTo(await encodeSession(saved, this.#options.world));
      await this.#write({ bytes, index, floor });
    }
    return frame;
  }

  /** Keeps the session as it is, of which its player has seen all, for another place to go on without sampling anything anew. */
  async settle(): Promise<void> {
    await this.#writing;
    if (this.#failure) throw this.#failure;
    const saved = await encodeSession(await this.#timeline.saved(), this.#options.world);
    await this.#lease.checkpoint({ operations: this.#operations + this.#log.length, saved, log: [] });
  }

  /** Ends writing, and lets another place go on. */
  async release(): Promise<void> {
    await this.#writing;
    // Who went on with it has the right to it now.
    await this.#lease.release().catch(ignoreInterruption);
  }

  /** Ends writing, and forgets the session. */
  async drop(): Promise<void> {
    await this.#writing;
    await this.#lease.drop().catch(ignoreInterruption);
  }

  async #write(noted: Noted): Promise<void> {
    if (this.#failure) throw this.#failure;
    this.#log = [...this.#log, noted];
    await this.#lease.append(noted.bytes);
    if (this.#writing) return;
    const since = this.#operations + this.#log.length - this.#checkpointed;
    // The timeline keeps a state on the way to the frame after it.
    if (since <= this.#every && !this.#lease.needsCheckpoint) return;
    this.#writing = this.#checkpoint()
      .catch((error: unknown) => {
        if (error instanceof SessionInterrupted) this.#failure = error;
        else this.#options.onBug?.(error);
      })
      .finally(() => (this.#writing = undefined));
  }

  get #every(): number {
    const { every } = this.#options;
    return every ?? Math.min(most, least * Math.ceil(this.#bytes / bytesEach));
  }

  /** Keeps a state of a few frames ago, which the timeline has. */
  async #checkpoint(): Promise<void> {
    const found = this.#seenState();
    if (!found) return;
    const { length, index } = found;
    const saved = await encodeSession(this.#timeline.savedAt(index), this.#options.world);
    const operations = this.#operations + length;
    // Operations that came meanwhile follow it, too.
    const log = this.#log.slice(length).map(({ bytes }) => bytes);
    await this.#lease.checkpoint({ operations, saved, log });
    this.#checkpointed = operations;
    this.#bytes = saved.length;
    this.#operations = operations;
    this.#log = this.#log.slice(length);
    this.#floor = this.#log.findLast(({ floor }) => floor !== undefined)?.floor ?? index;
  }

  /** The newest state that is kept and that the player has certainly seen, and the length of the log up to it. */
  #seenState(): { readonly length: number; readonly index: number } | undefined {
    const seen = Math.max(this.#log.length - this.#options.unseen, this.#answered - this.#operations);
    for (const index of this.#timeline.keptAt.toReversed()) {
      // Where the session went below it since, it is not kept any more.
      const length = this.#log.findLastIndex((noted) => noted.index === index) + 1;
      if (length > 0 && length <= seen) return { length, index };
    }
    return undefined;
  }
}

function ignoreInterruption(error: unknown): void {
  if (!(error instanceof SessionInterrupted)) throw error;
}
