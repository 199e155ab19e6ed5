import type { Executor } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import type { MapPicture } from '@snowglobe/model';
import { lastFrame, readEvent } from '@snowglobe/model/internal';
import * as v from 'valibot';
import { flagOption, readOptions } from '../options.js';
import type { SessionSampling } from './sampling.js';
import type { Frame, FrameSize } from './frame.js';
import { frameOf } from './frame.js';
import { KeptState } from './kept_state.js';
import type { Readings } from './readings.js';
import type { StateLayout, StateValues } from './state.js';
import type { SessionLog, Transaction } from './transaction.js';
import { indexOf } from './transaction.js';
import type { WorldViews } from './views.js';

/** A session's whole state as plain data: restore it, branch from it, keep it. Works on every executor. */
export interface Snapshot extends SessionSampling {
  readonly index: number;
  readonly state: Readonly<Record<string, StateValues>>;
}

/** What a session needs of its world. */
export interface SessionHost {
  readonly size: FrameSize;
  readonly layout: StateLayout;
  readonly views: WorldViews;
  /** What its sessions can be told. */
  readonly events: readonly string[];
  /** Of worlds whose frames tell numbers. */
  readonly readings: Readings | undefined;
  /** Runs one request when it is its turn, on another device if one is lost; what it did counts when all of it succeeded. */
  transact<T>(session: Session, work: (transaction: Transaction) => Promise<T>): Promise<T>;
  /** Where a session runs, or ran last. */
  executorOf(session: Session): Pick<Executor, 'kind' | 'device'>;
  /** Forgets the session when the requests before are done. */
  release(session: Session): Promise<void>;
}

/** What a step gives beside the frame. */
export interface StepOptions {
  /** Asks for the frame's codes as well, which costs a readback; default false. */
  readonly codes?: boolean | undefined;
  /** What happens on the way to the frame, in place of what `tell` said last; see there. */
  readonly tell?: string | undefined;
}

const stepOptions = v.object({
  codes: v.optional(flagOption('codes'), false),
  tell: v.optional(v.unknown()),
});

/**
 * One session in a world. Requests are carried out in the order in which they are made, each as a whole or not at all: one that
 * rejects has changed nothing.
 */
export class Session {
  /** The first frame: the prompt as the world sees it, or where the session was resumed. */
  readonly first: Frame;
  /** What decides how frames are drawn. */
  readonly sampling: SessionSampling;
  readonly #host: SessionHost;
  #log: SessionLog;
  #closing: Promise<void> | undefined;
  /** What the next step tells. */
  #told: string | undefined;

  constructor(host: SessionHost, kept: KeptState, sampling: SessionSampling) {
    this.#host = host;
    this.sampling = sampling;
    const reading = host.readings?.ofState(kept.state());
    this.first = frameOf(kept.index, kept.value(lastFrame) as Float32Array, host.size, 0, reading);
    this.#log = { kept, since: [], game: reading?.game ?? 'endless' };
  }

  /** Where it runs, or ran last. */
  get executor(): Pick<Executor, 'kind' | 'device'> {
    return this.#host.executorOf(this);
  }

  /** Frames sampled since the prompt. */
  get index(): number {
    return indexOf(this.#log);
  }

  /**
   * Samples the next frame.
   * @param action a name that the world's `actions` know, or the number of one
   * @throws SnowglobeError for an unknown action or event; the session goes on as if it had not been asked
   */
  async step(action: string | number, options: StepOptions = {}): Promise<Frame> {
    const { codes } = readStepOptions(options);
    return this.telling(options, (told) =>
      this.transact((transaction) => transaction.step(action, codes, told)),
    );
  }

  /**
   * Tells the world what happens on the way to the next frame, such as `night falls`: the next step does it. What is told before a step takes the
   * place of what was told before it; it is no part of a snapshot.
   * @param text one of `World.events`, in other forms or shorter
   * @returns the event that is meant
   * @throws SnowglobeError in one sentence that says what the world knows; the session goes on
   */
  tell(text: string): string {
    return (this.#told = readEvent(text, this.#host.events));
  }

  /** Does what takes a step, with what is told in it; if it fails, that is still to be told. @internal */
  async telling<T>({ tell }: StepOptions, work: (told: string | undefined) => Promise<T>): Promise<T> {
    const told = tell === undefined ? this.#told : readEvent(tell, this.#host.events);
    this.#told = undefined;
    try {
      return await work(told);
    } catch (error) {
      if (tell === undefined) this.#told ??= told;
      throw error;
    }
  }

  /** The state after the last frame. */
  async snapshot(): Promise<Snapshot> {
    return snapshotOf(await this.transact((transaction) => transaction.keep()), this.sampling);
  }

  /**
   * The codes of the last frame, one a tile: also of one that was not stepped to, such as the prompt.
   * @throws SnowglobeError where the frames of this world are not made of tiles
   */
  codes(): Promise<Int32Array> {
    return this.#host.views.codes(this);
  }

  /** What the session remembers of the places where it was, as a picture; undefined where the world keeps no map. */
  map(): Promise<MapPicture | undefined> {
    return this.#host.views.map(this);
  }

  /**
   * Goes back, or anywhere, to a snapshot of this world. Seed and temperature stay this session's own.
   * @returns the frame at which the snapshot was taken
   * @throws SnowglobeError when it is no snapshot of this world; the session goes on where it was
   */
  async restore(snapshot: Snapshot): Promise<Frame> {
    const kept = readSnapshot(snapshot, this.#host.layout);
    this.#told = undefined;
    return this.transact(async (transaction) => transaction.restore(kept));
  }

  /** Ends the session when what was asked before is done, and frees its state. Later requests reject. */
  close(): Promise<void> {
    this.#closing ??= this.#host.release(this);
    return this.#closing;
  }

  /** Several things as one request. For timelines; the rest is for the world alone. @internal */
  transact<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    if (this.#closing) {
      return Promise.reject(new SnowglobeError('session: it was closed; start or resume another one.'));
    }
    return this.#host.transact(this, work);
  }

  /** @internal */
  get log(): SessionLog {
    return this.#log;
  }

  /** Makes the result of a request count. @internal */
  commit(log: SessionLog): void {
    this.#log = log;
  }
}

/** @throws SnowglobeError */
export function readStepOptions(options: StepOptions): { readonly codes: boolean } {
  return readOptions('step', stepOptions, options);
}

/** A state that is the caller's own. */
function snapshotOf(kept: KeptState, sampling: SessionSampling): Snapshot {
  const copies = [...kept.state()].map(([name, values]) => [name, values.slice()]);
  return { ...sampling, index: kept.index, state: Object.fromEntries(copies) as Record<string, StateValues> };
}

/** Checks what came from outside, and copies it. @throws SnowglobeError */
export function readSnapshot(snapshot: Snapshot, layout: StateLayout): KeptState {
  const { index, state } = snapshot ?? {};
  if (!Number.isSafeInteger(index) || index < 0 || typeof state !== 'object' || state === null) {
    throw new SnowglobeError('snapshot: it has no frame number or no state; use what play.snapshot() gave.');
  }
  return KeptState.of(index, layout.read(state));
}
