import type { Frame, PromptImage, RemoteWorld, Replay, StartOptions } from '@snowglobe/runtime/browser';
import { carry } from './carry.js';
import { Input } from './input.js';
import { Pace } from './pace.js';
import type { PlayerHost, PlayerState } from './player_host.js';
import { Requests, telling } from './requests.js';
import { SessionLog } from './session_log.js';
import { WalkAgain } from './walk_again.js';

/**
 * One player in one world at a time: turns pressed keys into frames at a steady pace, pauses, steps, winds back, and moves
 * to another place in the middle of a session. Knows no page.
 */
export class Player {
  /** What is to be done: the keys that are down. */
  readonly input: Input;
  readonly #host: PlayerHost;
  readonly #log = new SessionLog();
  readonly #pace: Pace;
  #world: RemoteWorld;
  #state: PlayerState = 'idle';
  /** Raised by everything that makes answers on their way worthless. */
  #era = 0;
  readonly #asked = new Requests();
  #cancel: (() => void) | undefined;
  /** Starts, ways back and moves, one after another. */
  #changes: Promise<unknown> = Promise.resolve();
  #starts = 0;
  /** Until a session that begins is there nothing is asked for: it would be done in that one, unseen. */
  #isStarting = false;
  #moving = false;
  #closed = false;
  /** Where the session is to go back to, until it is there. */
  #target: number | undefined;
  #going: Promise<void> = Promise.resolve();
  /** Where the session is moving to. */
  #next: RemoteWorld | undefined;
  /** Whether the world failed while it was being played: in another place it goes on. */
  #interrupted = false;
  readonly #walk = new WalkAgain();
  /** Whether the session goes on playing once it is wound back, or in its new place. */
  #resumes = false;

  constructor(world: RemoteWorld, host: PlayerHost, fps: number) {
    this.#world = world;
    this.#host = host;
    this.#pace = new Pace(fps);
    this.input = new Input(world.info);
  }

  get state(): PlayerState {
    return this.#state;
  }

  get world(): RemoteWorld {
    return this.#world;
  }

  get frames(): readonly Frame[] {
    return this.#log.frames;
  }

  get index(): number {
    return Math.min(this.#target ?? Infinity, this.#log.index);
  }

  get oldest(): number {
    return this.#log.oldest;
  }

  get promptImage(): PromptImage | undefined {
    return this.#log.prompt;
  }

  /** Frames of the walk that is being done again; 0 without one. */
  get walkLength(): number {
    return this.#walk.length;
  }

  /** Frames that arrived within the last second. */
  get framesPerSecond(): number {
    return this.#pace.framesPerSecond(this.#host.now());
  }

  /** Frames a second to play at; 0 or infinity: as fast as it goes. */
  set fps(fps: number) {
    this.#pace.fps = fps;
    if (this.#state === 'playing') this.#schedule(0);
  }

  /**
   * Begins a session. Of several that are asked for at once, the last one counts.
   * @param walk is done frame by frame, until a key is pressed, with what was `told` in it
   * @throws SnowglobeError when the world refuses; what was played before goes on
   */
  start(
    options: StartOptions & { readonly prompt: PromptImage },
    { paused = false, walk = [] as Replay['actions'], told = [] as NonNullable<Replay['told']> } = {},
  ): Promise<void> {
    const mine = ++this.#starts;
    return this.#change(async () => {
      if (mine !== this.#starts) return;
      this.#drop();
      this.#isStarting = true;
      try {
        const { frame, sampling } = await this.#world
          .start(options)
          .finally(() => (this.#isStarting = false));
        if (this.#closed) return;
        this.#log.begin(options.prompt, sampling);
        this.#walk.begin(walk, told);
        this.#asked.forget();
        this.#pace.begin();
        this.#target = undefined;
        this.#host.onStart();
        this.#log.add(frame);
        this.#show(frame);
      } catch (error) {
        if (this.#closed) return;
        if (this.#state === 'playing') this.#run();
        throw error;
      }
      if (paused) this.#setState('paused');
      else this.#run();
    });
  }

  play(): void {
    if (this.#isChanging) this.#resumes = true;
    else if (this.#state === 'paused') this.#run();
  }

  pause(): void {
    this.#interrupted = false;
    if (this.#state === 'rewinding' || this.#isChanging) this.#resumes = false;
    if (this.#state !== 'playing') return;
    this.#cancel?.();
    this.#setState('paused');
  }

  /**
   * Tells the world what happens on the way to the next frame; as a key does, it takes over from a walk.
   * @returns the event that is meant
   * @throws SnowglobeError in one sentence that says what the world knows; the game goes on
   */
  tell(text: string): string {
    const meant = this.#world.eventMeant(text);
    this.#walk.end();
    return this.#asked.tell(meant);
  }

  /** One frame, with the keys that are down. */
  async step(): Promise<void> {
    if (this.#state === 'playing' || this.#isChanging) this.pause();
    if (this.#isChanging || this.#isStarting) await this.#changes;
    if (this.#state === 'paused' && this.#asked.count === 0) await this.#request();
  }

  /** Winds back, frame by frame, until `stopRewind`. */
  rewind(): void {
    if (this.#state !== 'playing' && this.#state !== 'paused') return;
    this.#resumes = this.#isChanging ? this.#resumes : this.#state === 'playing';
    this.#drop();
    this.#setState('rewinding');
    let { index } = this;
    const back = (): void => {
      const frame = this.#log.windBack(index);
      ({ index } = frame);
      // Who is on the way to a frame that is wound back now goes on to the one before.
      if (this.#target !== undefined) this.#target = index;
      this.#host.onFrame(frame);
      this.#cancel = this.#host.later(back, Math.max(10, this.#pace.interval));
    };
    back();
  }

  /** Goes on from the frame that is shown. */
  async stopRewind(): Promise<void> {
    if (this.#state === 'rewinding') await this.#goTo(this.index, this.#resumes);
  }

  /** Goes back to an earlier frame. Of several that are asked for at once, the last one counts. */
  async goTo(index: number): Promise<void> {
    const frame = this.#log.frameAt(index);
    if (!frame || index < this.oldest || this.#state === 'idle') return;
    const going = this.#goTo(index, this.#isChanging ? this.#resumes : this.#state === 'playing');
    this.#host.onFrame(frame);
    await going;
  }

  /**
   * Goes on with the same session in another place. Where the old one cannot say any more how it stands, what was done is
   * done again. A place that the session does not go to is closed.
   *
   * @returns whether it goes on there; it does not when the player was closed meanwhile
   * @throws SnowglobeError when the new place cannot go on; then nothing has changed
   */
  moveTo(world: RemoteWorld): Promise<boolean> {
    return this.#change(async () => {
      if (this.#closed) {
        world.close();
        return false;
      }
      if (this.#state === 'idle') return this.#arriveIn(world);
      if (!this.#isChanging && this.#state !== 'rewinding') {
        this.#resumes = this.#state === 'playing' || this.#interrupted;
      }
      this.#drop();
      this.#moving = true;
      this.#next = world;
      this.#setState('paused');
      const { index } = this;
      try {
        this.#log.worldsOldest = await carry(this.#world, world, this.#log, this.index);
        this.#arriveIn(world);
        if (this.#target === index) {
          this.#log.shorten(index);
          this.#target = undefined;
        }
        return true;
      } catch (error) {
        world.close();
        if (this.#closed) return false;
        throw error;
      } finally {
        this.#moving = false;
        this.#next = undefined;
        this.#goOn();
      }
    });
  }

  /** What is needed to play the session again. */
  replay(world: string): Replay {
    const { fps } = this.#pace;
    return {
      world,
      ...(this.#world.info.checksum && { checksum: this.#world.info.checksum }),
      ...this.#log.start,
      fps: Number.isFinite(fps) && fps >= 1 ? fps : this.#world.info.fps,
      actions: this.#log.actionsTo(this.index),
      told: this.#log.toldTo(this.index),
    };
  }

  /** Ends the session; what is still being asked for comes to nothing. */
  close(): void {
    this.#closed = true;
    this.#drop();
    this.#target = undefined;
    this.#setState('idle');
    this.#world.close();
    this.#next?.close();
  }

  /** Whether the session is on its way to another frame or place. */
  get #isChanging(): boolean {
    return this.#moving || this.#target !== undefined;
  }

  #change<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#changes.then(work);
    this.#changes = done.catch(() => undefined);
    return done;
  }

  /** Forgets what is under way. */
  #drop(): void {
    this.#era++;
    this.#asked.drop();
    this.#cancel?.();
  }

  #goTo(index: number, resumes: boolean): Promise<void> {
    const isGoing = this.#target !== undefined;
    this.#drop();
    this.#asked.forget();
    this.#resumes = resumes;
    this.#target = index;
    this.#setState('paused');
    if (!isGoing) this.#going = this.#change(() => this.#goThere());
    return this.#going;
  }

  /** Towards what was asked for last. */
  async #goThere(): Promise<void> {
    // Where the world stands: what was dropped on its way may have been drawn.
    let at = Infinity;
    try {
      while (this.#target !== undefined && this.#target !== at) {
        const to = this.#target;
        // What was wound back too far is done again.
        const frame =
          to < at
            ? await this.#world.rewind(to)
            : await this.#world.step(this.#log.actionAfter(at), telling(this.#log.toldAfter(at)));
        this.#log.worldsOldest = frame.oldest;
        at = frame.index;
      }
      this.#log.shorten(at);
    } catch (error) {
      if (!this.#closed) this.#host.onError(error as Error);
    } finally {
      this.#target = undefined;
      this.#goOn();
    }
  }

  #arriveIn(world: RemoteWorld): boolean {
    this.#world.close();
    this.#world = world;
    this.input.world = world.info;
    return true;
  }

  /** After a change that it was stopped for. */
  #goOn(): void {
    if (!this.#isChanging && this.#resumes && this.#state === 'paused') this.#run();
  }

  #run(): void {
    this.#interrupted = false;
    this.#setState('playing');
    this.#pace.resume(this.#host.now());
    this.#schedule(0);
  }

  #schedule(ms: number): void {
    this.#cancel?.();
    this.#cancel = this.#host.later(() => this.#tick(), ms);
  }

  #tick(): void {
    if (this.#state !== 'playing' || this.#isStarting) return;
    const now = this.#host.now();
    // An answer calls again.
    if (this.#asked.count >= this.#pace.window) return;
    const wait = this.#pace.wait(now);
    if (wait > 0) return this.#schedule(wait);
    // All of the walk is done or asked for.
    if (this.#walk.isOver(this.#log.index + this.#asked.count)) {
      this.#walk.end();
      return this.#host.onWalked?.();
    }
    const next = this.#pace.ask(now);
    void this.#request();
    this.#schedule(next);
  }

  async #request(): Promise<void> {
    const era = this.#era;
    const asked = this.#host.now();
    if (this.input.isUsed) this.#walk.end();
    const at = this.#log.index + this.#asked.count;
    const action = this.#walk.actionAt(at) ?? this.input.take(asked);
    const told = this.#asked.ask() ?? this.#walk.toldAt(at);
    try {
      const frame = await this.#world.step(action, telling(told));
      if (era !== this.#era) return;
      this.#asked.answered();
      this.#log.add(frame, action);
      this.#log.worldsOldest = frame.oldest;
      this.#pace.answered(this.#host.now() - asked - frame.ms);
      this.#show(frame);
      this.#tick();
    } catch (error) {
      if (era !== this.#era) return;
      this.#asked.failed();
      // Several requests may fail at once; the first one finds the game going on.
      if (this.#state === 'playing') {
        this.pause();
        this.#interrupted = true;
      }
      this.#host.onError(error as Error);
    }
  }

  #show(frame: Frame): void {
    this.#pace.arrived(this.#host.now());
    this.#host.onFrame(frame);
  }

  #setState(state: PlayerState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#host.onState(state);
  }
}
