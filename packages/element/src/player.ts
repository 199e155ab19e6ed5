import type {
  DrawOptions,
  Frame,
  PromptImage,
  RemoteWorld,
  Replay,
  StartOptions,
} from '@snowglobe/runtime/browser';
import type { Key, Keymap } from './keys.js';
import { HeldKeys, actionOf } from './keys.js';

export type PlayerState = 'idle' | 'playing' | 'paused' | 'rewinding';

/** What a player reports, and the clock that it runs by. */
export interface PlayerHost {
  /** A session begins; its first frame comes next. */
  onStart(): void;
  onFrame(frame: Frame): void;
  onState(state: PlayerState): void;
  /** What a player should be told; the session goes on if it can. */
  onError(error: Error): void;
  now(): number;
  /** Calls back after `ms`; returns what takes that back. */
  later(callback: () => void, ms: number): () => void;
}

/** Frames kept for winding back and for recording. */
const keptFrames = 2000;
/** Requests under way at most, to a server that is far away. */
const mostUnderWay = 4;

/**
 * One player in one world at a time: turns pressed keys into frames at a steady pace, pauses, steps, winds back, and moves
 * to another place in the middle of a session. Knows no page.
 */
export class Player {
  readonly #host: PlayerHost;
  readonly #keys = new HeldKeys();
  #world: RemoteWorld;
  #fps: number;
  #state: PlayerState = 'idle';
  #frames: Frame[] = [];
  #actions: string[] = [];
  #prompt: PromptImage | undefined;
  #keymap: Keymap = {};
  #held: string | undefined;
  #draw: DrawOptions | undefined;
  #oldest = 0;
  /** Raised by everything that makes answers on their way worthless. */
  #era = 0;
  #underWay = 0;
  /** How long messages travel, without the drawing, in ms; an average. */
  #travel = 0;
  #due = 0;
  #cancel: (() => void) | undefined;
  /** Times at which the last frames arrived. */
  #arrivals: number[] = [];
  /** Whether the world failed while it was being played: in another place it goes on. */
  #interrupted = false;
  /** Whether a wound-back session goes on playing. */
  #resumes = false;

  constructor(world: RemoteWorld, host: PlayerHost, fps: number) {
    this.#world = world;
    this.#host = host;
    this.#fps = fps;
  }

  get state(): PlayerState {
    return this.#state;
  }

  get world(): RemoteWorld {
    return this.#world;
  }

  get frames(): readonly Frame[] {
    return this.#frames;
  }

  get index(): number {
    return this.#frames.at(-1)?.index ?? 0;
  }

  get oldest(): number {
    return Math.max(this.#oldest, this.#frames[0]?.index ?? 0);
  }

  get promptImage(): PromptImage | undefined {
    return this.#prompt;
  }

  /** Frames that arrived within the last second. */
  get framesPerSecond(): number {
    const since = this.#host.now() - 1000;
    return this.#arrivals.filter((time) => time > since).length;
  }

  /** Frames a second to play at; 0 or infinity: as fast as it goes. */
  set fps(fps: number) {
    this.#fps = fps;
    if (this.#state === 'playing') this.#schedule(0);
  }

  /** What keys do where the world's actions have other names. */
  set keymap(keymap: Keymap) {
    this.#keymap = keymap;
  }

  /** Does one action, whatever keys are down, until it is called with none. */
  hold(action: string | undefined): void {
    this.#held = action;
  }

  press(key: Key): void {
    this.#keys.press(key);
  }

  release(key: Key): void {
    this.#keys.release(key);
  }

  releaseAll(): void {
    this.#keys.releaseAll();
  }

  /** Begins a session. @throws SnowglobeError when the world refuses; what was played before goes on */
  async start(options: StartOptions, { paused = false } = {}): Promise<void> {
    const era = ++this.#era;
    this.#cancel?.();
    this.#underWay = 0;
    try {
      const { frame, draw } = await this.#world.start(options);
      if (era !== this.#era) return;
      this.#prompt = options.prompt;
      this.#draw = draw;
      this.#frames = [];
      this.#actions = [];
      this.#arrivals = [];
      this.#oldest = 0;
      this.#host.onStart();
      this.#accept(frame);
    } catch (error) {
      if (era === this.#era && this.#state === 'playing') this.#run();
      throw error;
    }
    if (paused) this.#setState('paused');
    else this.#run();
  }

  play(): void {
    if (this.#state === 'paused') this.#run();
  }

  pause(): void {
    this.#interrupted = false;
    if (this.#state === 'rewinding') this.#resumes = false;
    if (this.#state !== 'playing') return;
    this.#cancel?.();
    this.#setState('paused');
  }

  /** One frame, with the keys that are down. */
  async step(): Promise<void> {
    if (this.#state === 'playing') this.pause();
    if (this.#state === 'paused' && this.#underWay === 0) await this.#request();
  }

  /** Winds back, frame by frame, until `stopRewind`. */
  rewind(): void {
    if (this.#state !== 'playing' && this.#state !== 'paused') return;
    this.#resumes = this.#state === 'playing';
    this.#drop();
    this.#setState('rewinding');
    let at = this.#frames.length - 1;
    const back = (): void => {
      if (at > 0 && this.#frames[at - 1]!.index >= this.#oldest) at--;
      this.#frames.length = at + 1;
      this.#host.onFrame(this.#frames[at]!);
      this.#cancel = this.#host.later(back, Math.max(10, this.#interval));
    };
    back();
  }

  /** Goes on from the frame that is shown. */
  async stopRewind(): Promise<void> {
    if (this.#state !== 'rewinding') return;
    await this.#goTo(this.index, this.#resumes);
  }

  /** Goes back to an earlier frame. */
  async goTo(index: number): Promise<void> {
    const at = this.#frames.findIndex((frame) => frame.index === index);
    if (at < 0 || index < this.oldest || this.#state === 'idle') return;
    const resumes = this.#state === 'playing';
    this.#drop();
    this.#frames.length = at + 1;
    await this.#goTo(index, resumes);
  }

  /**
   * Goes on with the same session in another place. Where the old one cannot say any more how it stands, what was done is
   * done again.
   *
   * @throws SnowglobeError when the new place cannot go on; then nothing has changed
   */
  async moveTo(world: RemoteWorld): Promise<void> {
    const resumes = this.#state === 'playing' || this.#interrupted;
    if (this.#state !== 'idle') {
      this.#drop();
      const era = this.#era;
      this.#setState('paused');
      try {
        const oldest = await this.#carryTo(world);
        if (era !== this.#era) return;
        this.#oldest = oldest;
      } catch (error) {
        if (resumes) this.#run();
        throw error;
      }
    }
    this.#world.close();
    this.#world = world;
    if (resumes) this.#run();
  }

  /** What is needed to draw the session again. */
  replay(world: string): Replay {
    return {
      world,
      ...this.#draw!,
      prompt: this.#prompt!,
      fps: Number.isFinite(this.#fps) && this.#fps >= 1 ? this.#fps : this.#world.info.fps,
      actions: this.#actions.slice(0, this.index),
    };
  }

  close(): void {
    this.#drop();
    this.#setState('idle');
    this.#world.close();
  }

  get #interval(): number {
    return this.#fps > 0 && Number.isFinite(this.#fps) ? 1000 / this.#fps : 0;
  }

  /** Forgets what is under way. */
  #drop(): void {
    this.#era++;
    this.#underWay = 0;
    this.#cancel?.();
  }

  /** @returns the first frame that the new place can go back to */
  async #carryTo(world: RemoteWorld): Promise<number> {
    const snapshot = await this.#world
      // What was on its way when the session was stopped is behind this in the old place's queue, and never shown.
      .rewind(this.index)
      .then(() => this.#world.snapshot())
      .catch(() => undefined);
    if (snapshot) return (await world.resume(snapshot)).frame.index;
    await world.start({ prompt: this.#prompt!, ...this.#draw! });
    let oldest = 0;
    for (const action of this.#actions.slice(0, this.index)) ({ oldest } = await world.step(action));
    return oldest;
  }

  async #goTo(index: number, resumes: boolean): Promise<void> {
    this.#drop();
    const era = this.#era;
    this.#setState('paused');
    try {
      const { oldest } = await this.#world.rewind(index);
      if (era !== this.#era) return;
      this.#oldest = oldest;
      this.#actions.length = index;
      if (resumes) this.#run();
    } catch (error) {
      if (era === this.#era) this.#host.onError(error as Error);
    }
  }

  #run(): void {
    this.#interrupted = false;
    this.#setState('playing');
    this.#due = this.#host.now();
    this.#schedule(0);
  }

  #schedule(ms: number): void {
    this.#cancel?.();
    this.#cancel = this.#host.later(() => this.#tick(), ms);
  }

  #tick(): void {
    if (this.#state !== 'playing') return;
    const now = this.#host.now();
    // More than one request is under way only where the road is longer than a frame.
    const window = Math.min(mostUnderWay, 1 + Math.ceil(this.#travel / Math.max(8, this.#interval) - 0.5));
    // An answer calls again.
    if (this.#underWay >= window) return;
    if (now < this.#due - 1) return this.#schedule(this.#due - now);
    // Late frames are not made up for: a world that ran fast for a moment would be worse than one that stood.
    this.#due = Math.max(this.#due + this.#interval, now - this.#interval);
    void this.#request();
    this.#schedule(Math.max(0, this.#due - now));
  }

  async #request(): Promise<void> {
    const era = this.#era;
    const asked = this.#host.now();
    const pressed = this.#keys.take();
    const action = this.#held ?? actionOf(pressed, this.#world.info.actions, this.#keymap);
    this.#underWay++;
    try {
      const frame = await this.#world.step(action);
      if (era !== this.#era) return;
      this.#underWay--;
      this.#actions[frame.index - 1] = action;
      this.#oldest = frame.oldest;
      const travel = Math.max(0, this.#host.now() - asked - frame.ms);
      this.#travel += (travel - this.#travel) / 8;
      this.#accept(frame);
      this.#tick();
    } catch (error) {
      if (era !== this.#era) return;
      this.#underWay--;
      // Several requests may fail at once; the first one finds the game going on.
      if (this.#state === 'playing') {
        this.pause();
        this.#interrupted = true;
      }
      this.#host.onError(error as Error);
    }
  }

  #accept(frame: Frame): void {
    const now = this.#host.now();
    this.#arrivals = [...this.#arrivals.filter((time) => time > now - 1000), now];
    this.#frames.push(frame);
    if (this.#frames.length > keptFrames) this.#frames.shift();
    this.#host.onFrame(frame);
  }

  #setState(state: PlayerState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#host.onState(state);
  }
}
