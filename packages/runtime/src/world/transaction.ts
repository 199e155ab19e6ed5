import { lastFrame } from '@snowglobe/model/internal';
import type { Priority } from '../placing/place.js';
import type { Engine } from './engine.js';
import type { SessionSampling } from './sampling.js';
import type { Frame, FrameSize } from './frame.js';
import { frameOf } from './frame.js';
import { KeptState } from './kept_state.js';
import type { Game, Readings } from './readings.js';
import type { SessionState } from './state.js';
import { startFrame } from './state.js';
import type { Stepped } from './state_slots.js';

/** What was wanted and told in a frame. */
interface Done {
  readonly actionLogits: Float32Array;
  readonly told?: string | undefined;
}

/** What became of a session: its last state on the host, and what was done since. */
export interface SessionLog {
  readonly kept: KeptState;
  readonly since: readonly Done[];
  /** How its game stands after that. */
  readonly game: Game;
}

/** Frames sampled. */
export const indexOf = ({ kept, since }: SessionLog): number => kept.index + since.length;

/** The same session, with its state as the engine has it now. */
export const keptNow = (log: SessionLog, read: SessionState): SessionLog => ({
  ...log,
  kept: log.kept.at(indexOf(log), read),
  since: [],
});

/** Frames between copies of the state to the host; a lost device costs at most so many to sample again. */
const keepEvery = 64;

export interface TransactionOptions {
  readonly engine: Engine;
  /** What the session is before it. */
  readonly log: SessionLog;
  readonly sampling: SessionSampling;
  readonly priority: Priority;
  readonly size: FrameSize;
  /** Of worlds whose frames tell numbers. */
  readonly readings: Readings | undefined;
  /** What the player wants, see `ActionTable`. @throws SnowglobeError for an unknown action */
  readonly logitsOf: (action: string | number) => Float32Array;
  /** Where the engine has the session's state, if it has it. */
  readonly slot: number | undefined;
  /** Finds a slot for it, which may have been another session's. */
  readonly place: () => Promise<number>;
  /** Slots that there may be at most. */
  readonly mostSlots: number;
  /** When it was asked for, for the frames' times. */
  readonly started: number;
}

/**
 * One request of a session. What it does counts for the session when all of it has succeeded; until then the session is what
 * it was before, whatever happens to the engine.
 */
export class Transaction {
  readonly #options: TransactionOptions;
  readonly #commits: (() => void)[] = [];
  #log: SessionLog;
  /** Whether the engine has the state as this request has left it, and whether it has that from before it. */
  #isLoaded: boolean;
  #hasBefore: boolean;
  #slot: number | undefined;
  #isChanged = false;

  constructor(options: TransactionOptions) {
    this.#options = options;
    this.#log = options.log;
    this.#slot = options.slot;
    this.#isLoaded = options.slot !== undefined;
    this.#hasBefore = this.#isLoaded;
  }

  /** Frames sampled so far, this request's included. */
  get index(): number {
    return indexOf(this.#log);
  }

  /** Whether the engine has the session's state, when the request has succeeded or when it has failed. */
  isLoaded(succeeded: boolean): boolean {
    return succeeded ? this.#isLoaded : this.#hasBefore;
  }

  /** Samples the next frame. @param told one of the world's events */
  async step(action: string | number, codes: boolean, told?: string): Promise<Frame> {
    const { sampling, size, logitsOf, started, readings } = this.#options;
    const actionLogits = logitsOf(action);
    if (readings && this.#log.game === 'over' && sampling.end !== 'continue') {
      this.#goTo(KeptState.of(this.index, readings.restarted(this.#log.kept.state([startFrame]))), 'on');
    }
    const slot = await this.#load();
    // Until it is sampled and read, what the engine holds is neither this state nor the next.
    this.#change();
    const done = { actionLogits, told };
    const sampled = await this.#sample(slot, this.index, done, codes || readings !== undefined);
    this.#isLoaded = true;
    const reading = readings?.ofCodes(sampled.codes!, this.#log.game);
    const { since, game } = this.#log;
    this.#log = { ...this.#log, since: [...since, done], game: reading?.game ?? game };
    const drawn = frameOf(this.index, sampled.frame, size, performance.now() - started, reading);
    const frame = told === undefined ? drawn : { ...drawn, told };
    return codes ? { ...frame, codes: sampled.codes! } : frame;
  }

  /** The state after the last frame. */
  async keep(): Promise<KeptState> {
    if (this.#log.since.length > 0) {
      const slot = await this.#load();
      this.#log = keptNow(this.#log, await this.#options.engine.read(slot));
    }
    return this.#log.kept;
  }

  /** Variables of the state after the last frame, by name. */
  async read(names: readonly string[]): Promise<SessionState> {
    if (this.#log.since.length === 0) return this.#log.kept.state(names);
    return this.#options.engine.read(await this.#load(), names);
  }

  /** Goes to a state of this world. @returns the frame that it was kept at */
  restore(kept: KeptState): Frame {
    const { size, started, readings } = this.#options;
    const reading = readings?.ofState(kept.state());
    this.#goTo(kept, reading?.game ?? 'endless');
    const pixels = kept.value(lastFrame) as Float32Array;
    return frameOf(kept.index, pixels, size, performance.now() - started, reading);
  }

  /** Calls `commit` in the moment in which this request comes to count, after everything that can fail. */
  onCommit(commit: () => void): void {
    this.#commits.push(commit);
  }

  /** The last thing that can fail. @returns what the session is from now on, and what else is to be done then */
  async finish(): Promise<{ readonly log: SessionLog; readonly commits: readonly (() => void)[] }> {
    if (this.#log.since.length >= keepEvery) await this.keep();
    return { log: this.#log, commits: this.#commits };
  }

  #goTo(kept: KeptState, game: Game): void {
    this.#log = { kept, since: [], game };
    this.#isLoaded = false;
    this.#isChanged = true;
  }

  /** Puts the state into the engine, and catches up with what was done since it was kept. @returns its slot */
  async #load(): Promise<number> {
    const slot = this.#slot ?? (await this.#options.place());
    this.#slot = slot;
    if (this.#isLoaded) return slot;
    this.#hasBefore = false;
    await this.#options.engine.load(slot, this.#log.kept.state(), this.#options.mostSlots);
    for (const [i, done] of this.#log.since.entries()) {
      await this.#sample(slot, this.#log.kept.index + i, done, false);
    }
    this.#isLoaded = true;
    this.#hasBefore = !this.#isChanged;
    return slot;
  }

  #sample(slot: number, index: number, done: Done, codes: boolean): Promise<Stepped> {
    const { engine, sampling, priority } = this.#options;
    return engine.step({ slot, index, ...done, sampling }, codes, priority);
  }

  #change(): void {
    this.#isLoaded = false;
    this.#hasBefore = false;
    this.#isChanged = true;
  }
}
