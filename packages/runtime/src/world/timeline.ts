import { SnowglobeError } from '@snowglobe/graph';
import type { DrawOptions } from './engine.js';
import type { Frame, Play, Snapshot } from './play.js';

export interface TimelineOptions {
  /** Frames between snapshots: going back draws up to so many anew. Default 16. */
  readonly every?: number;
  /** Snapshots kept, the oldest go first; one of the default world has 1.6 MB. Default 32. */
  readonly most?: number;
  /** Bytes of all snapshots together, of which the last is always kept; one of a long memory has 70 MB. Default 256 MiB. */
  readonly mostBytes?: number;
}

/** A session that can be wound back to any frame of the recent past, and draws it exactly as it was. */
export class Timeline {
  readonly #play: Play;
  readonly #every: number;
  readonly #most: number;
  readonly #mostBytes: number;
  readonly #first: Frame;
  #snapshots: Snapshot[] = [];
  /** What was done from the oldest snapshot on. */
  #actions: (string | number)[] = [];

  constructor(play: Play, { every = 16, most = 32, mostBytes = 2 ** 28 }: TimelineOptions = {}) {
    this.#play = play;
    this.#every = every;
    this.#most = most;
    this.#mostBytes = mostBytes;
    this.#first = play.first;
  }

  get first(): Frame {
    return this.#first;
  }

  get index(): number {
    return this.#play.index;
  }

  get draw(): DrawOptions {
    return this.#play.draw;
  }

  /** The first frame that `rewind` can go back to. */
  get oldest(): number {
    return this.#snapshots[0]?.index ?? this.#play.index;
  }

  /** As `Play.step`. */
  async step(action: string | number, options: { codes?: boolean } = {}): Promise<Frame> {
    const last = this.#snapshots.at(-1)?.index ?? -Infinity;
    if (this.#play.index - last >= this.#every) await this.#keep();
    const frame = await this.#play.step(action, options);
    this.#actions.push(action);
    return frame;
  }

  snapshot(): Promise<Snapshot> {
    return this.#play.snapshot();
  }

  /**
   * Goes back to frame `index`; what came after it is forgotten.
   * @returns the frame, as it was drawn then
   * @throws SnowglobeError for frames that are not kept; the session goes on where it was
   */
  async rewind(index: number): Promise<Frame> {
    const from = this.#snapshots.findLastIndex((snapshot) => snapshot.index <= index);
    const snapshot = this.#snapshots[from];
    if (!snapshot || index > this.#play.index) {
      throw new SnowglobeError(
        `rewind: frame ${index} is not kept; go back to one of ${this.oldest} to ${this.#play.index}.`,
      );
    }
    const again = this.#actions.slice(snapshot.index - this.oldest, index - this.oldest);
    this.#play.restore(snapshot);
    let frame = this.#play.first;
    for (const action of again) frame = await this.#play.step(action);
    this.#actions.length = index - this.oldest;
    this.#snapshots.length = from + 1;
    return frame;
  }

  async #keep(): Promise<void> {
    this.#snapshots.push(await this.#play.snapshot());
    // All snapshots of a world are equally large.
    const room = Math.max(1, Math.floor(this.#mostBytes / bytesOf(this.#snapshots[0]!)));
    if (this.#snapshots.length <= Math.min(this.#most, room)) return;
    const [gone, next] = this.#snapshots as [Snapshot, Snapshot];
    this.#snapshots.shift();
    this.#actions.splice(0, next.index - gone.index);
  }
}

function bytesOf({ state }: Snapshot): number {
  return Object.values(state).reduce((sum, { byteLength }) => sum + byteLength, 0);
}
