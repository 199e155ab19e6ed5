import { SnowglobeError } from '@snowglobe/graph';
import type { MapPicture } from '@snowglobe/model';
import * as v from 'valibot';
import { integerOption, numberOption, readOptions } from '../options.js';
import type { SessionSampling } from './sampling.js';
import type { Frame } from './frame.js';
import type { Session, Snapshot, StepOptions } from './session.js';
import { readStepOptions } from './session.js';
import type { KeptState } from './kept_state.js';

/** How far back a timeline can be wound, and at which price. */
export interface TimelineOptions {
  /** Frames between snapshots: going back samples up to so many anew. Default 16. */
  readonly every?: number | undefined;
  /** Snapshots kept, the oldest go first; one of the default world has 41 kB. Default 32. */
  readonly most?: number | undefined;
  /**
   * Bytes of all snapshots together, of which the last is always kept; one of a long memory has 70 MB, or 20 MB where the KV
   * cache has eight bits. Default 256 MiB.
   */
  readonly mostBytes?: number | undefined;
}

const most = Number.MAX_SAFE_INTEGER;
const timelineOptions = v.object({
  every: v.optional(integerOption('every', 1, most, 'usually 16'), 16),
  most: v.optional(integerOption('most', 1, most, 'usually 32'), 32),
  mostBytes: v.optional(numberOption('mostBytes', 0, Infinity, 'use a number of bytes'), 2 ** 28),
});

/** What can be gone back to. Never changed, only replaced. */
interface Past {
  readonly snapshots: readonly KeptState[];
  /** What was done and told from the oldest snapshot on. */
  readonly steps: readonly Step[];
}

/** What was done in a frame, and told. */
export interface Step {
  readonly action: string | number;
  readonly told: string | undefined;
}

/** A session as plain data: a state, and what was done since. It goes on exactly as the one that it was taken from. */
export interface SavedSession {
  readonly snapshot: Snapshot;
  readonly steps: readonly Step[];
}

/**
 * A session that can be wound back to any frame of the recent past, and shows it exactly as it was. As of a `Session`, a request
 * that rejects has changed nothing.
 */
export class Timeline {
  readonly #session: Session;
  readonly #options: v.InferOutput<typeof timelineOptions>;
  #past: Past = { snapshots: [], steps: [] };

  /**
   * @param session used by nobody else from now on
   * @throws SnowglobeError for options that make no sense
   */
  constructor(session: Session, options: TimelineOptions = {}) {
    this.#session = session;
    this.#options = readOptions('timeline', timelineOptions, options);
  }

  /** As `Session.first`. */
  get first(): Frame {
    return this.#session.first;
  }

  /** As `Session.index`. */
  get index(): number {
    return this.#session.index;
  }

  /** As `Session.sampling`. */
  get sampling(): SessionSampling {
    return this.#session.sampling;
  }

  /** The first frame that `rewind` can go back to. */
  get oldest(): number {
    return this.#past.snapshots[0]?.index ?? this.#session.index;
  }

  /** Frames after which the state is kept. */
  get keptAt(): readonly number[] {
    return this.#past.snapshots.map(({ index }) => index);
  }

  /**
   * The session as it was at a frame that is kept: to save it, or to begin another one from there.
   * @throws SnowglobeError for frames that are not kept
   */
  savedAt(index: number): SavedSession {
    const { snapshots, steps } = this.#past;
    const kept = this.#keptBefore(index, this.#past);
    return {
      snapshot: { ...this.sampling, index: kept.index, state: Object.fromEntries(kept.state()) },
      steps: steps.slice(kept.index - snapshots[0]!.index, index - snapshots[0]!.index),
    };
  }

  /** The session as it is now. */
  async saved(): Promise<SavedSession> {
    return { snapshot: await this.snapshot(), steps: [] };
  }

  /** As `Session.executor`. */
  get executor(): Session['executor'] {
    return this.#session.executor;
  }

  /** As `Session.step`. */
  async step(action: string | number, options: StepOptions = {}): Promise<Frame> {
    const { codes } = readStepOptions(options);
    return this.#session.telling(options, (told) =>
      this.#session.transact(async (transaction) => {
        let past = this.#past;
        const last = past.snapshots.at(-1)?.index ?? -Infinity;
        if (transaction.index - last >= this.#options.every)
          past = this.#with(past, await transaction.keep());
        const frame = await transaction.step(action, codes, told);
        transaction.onCommit(() => {
          this.#past = { ...past, steps: [...past.steps, { action, told }] };
        });
        return frame;
      }),
    );
  }

  /** As `Session.tell`. */
  tell(text: string): string {
    return this.#session.tell(text);
  }

  /** As `Session.snapshot`. */
  snapshot(): Promise<Snapshot> {
    return this.#session.snapshot();
  }

  /** As `Session.codes`. */
  codes(): Promise<Int32Array> {
    return this.#session.codes();
  }

  /** As `Session.map`. */
  map(): Promise<MapPicture | undefined> {
    return this.#session.map();
  }

  /**
   * Goes back to frame `index`; what came after it is forgotten.
   * @returns the frame, as it was then
   * @throws SnowglobeError for frames that are not kept; the session goes on where it was
   */
  rewind(index: number): Promise<Frame> {
    return this.#session.transact(async (transaction) => {
      let past = this.#past;
      // Of what has just begun, or was brought here, nothing is kept yet.
      if (past.snapshots.length === 0 && index === transaction.index) {
        past = this.#with(past, await transaction.keep());
      }
      const { snapshots, steps } = past;
      const snapshot = this.#keptBefore(index, past);
      const oldest = snapshots[0]!.index;
      const again = steps.slice(0, index - oldest);
      let frame = transaction.restore(snapshot);
      for (const { action, told } of again.slice(snapshot.index - oldest)) {
        frame = await transaction.step(action, false, told);
      }
      transaction.onCommit(() => {
        this.#past = { snapshots: snapshots.slice(0, snapshots.indexOf(snapshot) + 1), steps: again };
      });
      return frame;
    });
  }

  /** As `Session.close`. */
  async close(): Promise<void> {
    await this.#session.close();
    this.#past = { snapshots: [], steps: [] };
  }

  /** The newest kept state from which frame `index` is reached. */
  #keptBefore(index: number, { snapshots }: Past): KeptState {
    const snapshot = snapshots.findLast((kept) => kept.index <= index);
    if (snapshot && Number.isInteger(index) && index <= this.#session.index) return snapshot;
    throw new SnowglobeError(
      `rewind: frame ${index} is not kept; go back to one of ${this.oldest} to ${this.#session.index}.`,
    );
  }

  #with({ snapshots, steps }: Past, kept: KeptState): Past {
    const { most, mostBytes } = this.#options;
    // All snapshots of a world are about equally large.
    const room = Math.max(1, Math.floor(mostBytes / kept.bytes));
    const more = [...snapshots, kept];
    if (more.length <= Math.min(most, room)) return { snapshots: more, steps };
    const [gone, next] = more as [KeptState, KeptState];
    return { snapshots: more.slice(1), steps: steps.slice(next.index - gone.index) };
  }
}
