import type {
  Frame,
  PromptImage,
  RemoteWorld,
  Replay,
  StartOptions,
  WorldInfo,
  WorldProgress,
} from '@snowglobe/runtime/browser';
import type { PropertyDeclarations, PropertyValues, TemplateResult } from 'lit';
import { LitElement, html, nothing } from 'lit';
import { fileName } from './attributes.js';
import { connectAt } from './connect.js';
import type { SnowGlobeEventMap, SnowGlobeEvents, SnowGlobeState } from './events.js';
import { leaveKeyboard, takeKeyboard } from './keyboard.js';
import type { Key, KeyBinding, Keymap } from './key_bindings.js';
import { hasNamedKeys, hasOtherKeys, keyOfCode } from './key_bindings.js';
import { renderLegend } from './legend.js';
import { openInBest } from './open_in_best.js';
import { renderPad } from './pad.js';
import type { Place, PlaceReport } from './places.js';
import { findPlaces } from './places.js';
import { Player } from './player.js';
import type { Prompt } from './prompt_image.js';
import { readPrompt } from './prompt_image.js';
import { Screen } from './screen.js';
import { Settings } from './settings.js';
import { renderStatus } from './status.js';
import { styles } from './styles.js';

export type { Key, KeyBinding, Keymap, Place, PlaceReport, Prompt };

export type { SnowGlobeEventMap, SnowGlobeEvents, SnowGlobeState };
export type { Written } from './attributes.js';

/**
 * `<snow-globe src="coinrun.safetensors" prompt="level.png" controls>`: a world to walk in.
 *
 * Attributes, all of them properties as well: `src`, address of a world file; `prompt`, address of the picture to start
 * from; `seed`, decides what is left to chance (0); `controls`, shows buttons on the picture and what other keys do below it;
 * `legend`, what other keys do alone; `fps`, frames a second (24, or the world's own below 12;
 * 0: as fast as it goes); `run`, where: `auto`, `gpu`, `cpu`, `server`; `server` and `world`, a WebSocket that plays worlds and
 * the world's name there (default: that of the file); `temperature` (default: as the world says); `keymap`, a JSON object with
 * an action for each key (`left`, `right`, `up`, `down`, `space`, `1`, …) that is to do something else than it does; `paused`. What makes no sense
 * as a value is the default.
 *
 * CSS parts: `screen` (the canvas), `status` (messages), `pad` and `button` (controls), `legend` and `key`. Property `--snow-globe-radius`.
 */
export class SnowGlobe extends Settings {
  /** Of the shadow tree. */
  static override readonly styles = styles;
  /** `element.focus()` gives the keyboard to the picture. */
  static override readonly shadowRootOptions = { ...LitElement.shadowRootOptions, delegatesFocus: true };
  static override readonly properties: PropertyDeclarations = {
    controls: { type: Boolean },
    legend: { type: Boolean },
    paused: { type: Boolean, reflect: true },
    _status: { state: true },
  };

  declare controls: boolean;
  declare legend: boolean;
  declare paused: boolean;
  declare protected _status: WorldProgress | string | undefined;

  protected override get recordedFps(): number {
    return this.info?.fps ?? super.recordedFps;
  }

  #state: SnowGlobeState = 'idle';
  #player: Player | undefined;
  #screen: Screen | undefined;
  #places: readonly PlaceReport[] = [];
  #place: Place | undefined;
  #error: string | undefined;
  #last: Prompt | undefined;
  /** Ends what is being opened, or opens already. */
  #opening = new AbortController();
  #opened: Promise<void> | undefined;
  #moving = new AbortController();
  #hiddenWhilePlaying = false;
  readonly #internals = this.attachInternals();

  constructor() {
    super();
    this.controls = false;
    this.legend = false;
    this.paused = false;
    this._status = undefined;
  }

  /** What it is doing; `statechange` tells of every change. */
  get state(): SnowGlobeState {
    return this.#state;
  }
  /** What is known of the world, once it is open. */
  get info(): WorldInfo | undefined {
    return this.#player?.world.info;
  }
  /** Where it can run, best first. */
  get places(): readonly PlaceReport[] {
    return this.#places;
  }
  /** Where it runs. */
  get place(): Place | undefined {
    return this.#place;
  }
  /** On what it runs, in words. */
  get device(): string {
    return this.info?.executor.device ?? '';
  }
  /** Frames since the prompt. */
  get index(): number {
    return this.#player?.index ?? 0;
  }
  /** The first frame that `goTo` and `rewind` can go back to. */
  get oldest(): number {
    return this.#player?.oldest ?? 0;
  }
  /** Measured over the last second. */
  get framesPerSecond(): number {
    return this.#player?.framesPerSecond ?? 0;
  }
  /** The last 2,000 frames at most. */
  get frames(): readonly Frame[] {
    return this.#player?.frames ?? [];
  }
  /** The picture that the session began with, as RGBA bytes; undefined before one has begun. */
  get promptImage(): PromptImage | undefined {
    return this.#player?.promptImage;
  }
  /** Why it failed last. */
  get error(): string | undefined {
    return this.#error;
  }

  /**
   * Begins a session from a picture: its address, a file, pixels, or what the page shows; without one, from the last one
   * again.
   * @throws SnowglobeError for what is no picture; what was played before goes on
   */
  async start(picture?: Prompt | null): Promise<void> {
    const prompt = picture ?? this.#last ?? this.prompt;
    if (prompt === '') return;
    // What was set a moment ago counts; an element that is nowhere learns of nothing.
    if (this.isConnected) await this.updateComplete;
    const opening = this.#opening;
    const [image] = await Promise.all([readPrompt(prompt), this.#opened]);
    const player = this.#player;
    if (!player || opening !== this.#opening) return;
    const options: StartOptions = {
      prompt: image,
      seed: this.seed,
      ...(this.temperature !== undefined && { temperature: this.temperature }),
    };
    await player.start(options, { paused: this.paused });
    if (player !== this.#player) return;
    // Pressed while the world was starting.
    if (this.paused) player.pause();
    else player.play();
    // Kept as pixels: a file may be gone, an address may answer differently.
    this.#last = image;
    this.#fail(undefined);
  }

  /**
   * Begins a new session from the prompt that is set. Resolves when its first frame is shown, or when it has failed.
   */
  restart(): Promise<void> {
    return this.start();
  }
  /** Goes on after `pause`. */
  play(): void {
    this.paused = false;
    this.#player?.play();
  }
  /** Stands still until `play`; held keys do nothing meanwhile. */
  pause(): void {
    this.paused = true;
    this.#player?.pause();
  }
  /** Draws one frame, and pauses. */
  async step(): Promise<void> {
    this.paused = true;
    await this.#player?.step();
  }
  /** Holds a key down, as a keyboard or a pad would, until `release`. */
  press(key: Key): void {
    takeKeyboard(this.#keyboard);
    this.#player?.press(key);
  }
  /** Lets go of a key. */
  release(key: Key): void {
    this.#player?.release(key);
  }
  /** Does one of `info.actions`, whatever keys are down, until it is called with none. */
  hold(action?: string): void {
    this.#player?.hold(action);
  }
  /** What keys do in this world: directions first, then space and the others. Empty until it is open. */
  get keys(): readonly KeyBinding[] {
    return this.#player?.bindings.all ?? [];
  }
  /** Whether the world's actions are called so that people know what they do. */
  get hasNamedKeys(): boolean {
    return hasNamedKeys(this.info?.actions ?? [], this.info?.synonyms);
  }
  /** Winds back frame by frame until `stopRewind`, at most to `oldest`. */
  rewind(): void {
    this.#player?.rewind();
  }
  /** Goes on from where winding back has come to. */
  async stopRewind(): Promise<void> {
    await this.#player?.stopRewind();
  }
  /** Goes back to frame `index`, which is at least `oldest`. */
  async goTo(index: number): Promise<void> {
    await this.#player?.goTo(index);
  }
  /** What `encodeReplay` needs to keep the session. @throws Error when nothing was played */
  replay(): Replay {
    if (!this.#player?.promptImage) throw new Error('replay: nothing was played yet; start first.');
    return this.#player.replay(this.#worldName);
  }
  /** Ends the world, and whatever it runs on. */
  close(): void {
    this.#opening.abort();
    this.#moving.abort();
    this.#opened = undefined;
    this.#player?.close();
    this.#player = undefined;
    this.#setState('idle');
  }

  override connectedCallback(): void {
    super.connectedCallback();
    takeKeyboard(this.#keyboard);
    document.addEventListener('visibilitychange', this.#onVisibility);
    if (this.hasUpdated && !this.#opened) this.#open();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    leaveKeyboard(this.#keyboard);
    document.removeEventListener('visibilitychange', this.#onVisibility);
    // What is moved within the document is taken out and put in again: the game goes on.
    queueMicrotask(() => {
      if (!this.isConnected) this.close();
    });
  }

  protected override firstUpdated(): void {
    const canvas = this.renderRoot.querySelector('canvas')!;
    this.#screen = new Screen(canvas, this.renderRoot.querySelector('.frame')!);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('keymap') && this.#player) this.#player.keymap = this.keymap;
  }

  protected override updated(changed: PropertyValues<this>): void {
    // Another world begins with its own prompt, not with the picture that was played in the one before.
    const isNew = changed.has('src') || (changed.has('prompt') && !this.isConnected);
    if (isNew && this.prompt) this.#last = undefined;
    // What nobody sees is opened when it is put into a document.
    if (this.isConnected) this.#follow(changed);
    if (changed.has('fps') && this.#player) this.#player.fps = this.fps;
    if (changed.has('paused') && changed.get('paused') !== undefined) {
      if (this.paused) this.#player?.pause();
      else this.#player?.play();
    }
  }

  #follow(changed: PropertyValues<this>): void {
    // A place that is chosen while the world is still being opened elsewhere: opened anew.
    const elsewhere = changed.has('run') && this.#state === 'loading';
    if (changed.has('src') || changed.has('server') || elsewhere) this.#open();
    else if (changed.has('run') && this.#player) this.#move();
    else if (changed.has('prompt') && this.prompt) void this.#report(this.start(this.prompt));
  }

  protected override render(): TemplateResult {
    const bindings = this.#player?.bindings;
    const act = bindings?.all.find(({ key }) => key === 'space');
    const legend =
      (this.controls || this.legend) && bindings && hasOtherKeys(bindings) ? bindings : undefined;
    // With a legend, the tag is as high as both.
    if (legend) this.#internals.states.add('legend');
    else this.#internals.states.delete('legend');
    return html`
      <div class="view">
        <div class="frame">
          <canvas
            part="screen"
            width="64"
            height="64"
            tabindex="0"
            role="application"
            aria-label="A world to play: arrow keys move, ${act ? `space: ${act.label}` : 'space jumps'}, Backspace winds back, P pauses"
            data-testid="screen"
            @pointerdown=${() => takeKeyboard(this.#keyboard)}
            @focus=${() => takeKeyboard(this.#keyboard)}
          ></canvas>
        </div>
        ${this.controls ? renderPad(this, bindings) : nothing}
        <div class="status" part="status" role="status">${renderStatus(this._status)}</div>
      </div>
      ${legend ? renderLegend(this, legend) : nothing}
    `;
  }

  readonly #keyboard = {
    keyOf: (code: string) => this.#player && keyOfCode(code, this.#player.bindings),
    press: (key: Key) => this.#player?.press(key),
    release: (key: Key) => this.#player?.release(key),
    releaseAll: () => this.#player?.releaseAll(),
    rewind: () => this.rewind(),
    stopRewind: () => void this.stopRewind(),
    togglePause: () => (this.paused ? this.play() : this.pause()),
    step: () => void this.step(),
  };

  /** A page that nobody looks at costs no power. */
  readonly #onVisibility = (): void => {
    if (document.hidden && this.#state === 'playing') {
      this.#hiddenWhilePlaying = true;
      this.#player?.pause();
    } else if (!document.hidden && this.#hiddenWhilePlaying) {
      this.#hiddenWhilePlaying = false;
      if (!this.paused) this.#player?.play();
    }
  };

  get #worldName(): string {
    return this.world || fileName(this.src);
  }

  #open(): void {
    this.close();
    if (!this.src) return;
    const { signal } = (this.#opening = new AbortController());
    this.#setState('loading');
    this.#opened = this.#connect(signal);
    void this.#report(this.#begin(this.#opened, signal));
  }

  async #begin(opened: Promise<void>, signal: AbortSignal): Promise<void> {
    await opened;
    if (signal.aborted) return;
    await this.start();
    // Nothing to start from: the page will say.
    if (!signal.aborted && this.#state === 'loading') this.#setState('idle');
  }

  async #connect(signal: AbortSignal): Promise<void> {
    const found = await findPlaces(this.server !== '');
    if (signal.aborted) return;
    this.#places = found;
    try {
      const opened = await openInBest(found, this.run, (run) => this.#openAt(run, signal));
      if (signal.aborted) return opened.world.close();
      this.#places = opened.places;
      this.#player = new Player(opened.world, this.#playerHost, this.fps);
      // The world's own, where nobody says otherwise.
      this.#player.fps = this.fps;
      this.#player.keymap = this.keymap;
      this._status = undefined;
      // Its keys are known.
      this.requestUpdate();
      this.#arrive(opened.run);
      this.#emit('ready', opened.world.info);
    } catch (error) {
      // Nobody waits for it any more.
      if (!signal.aborted) throw error;
    }
  }

  async #openAt(run: Place, signal: AbortSignal): Promise<RemoteWorld> {
    const source = { src: this.src, server: this.server, name: this.#worldName };
    let world: RemoteWorld | undefined;
    const listeners = {
      onProgress: (progress: WorldProgress) => {
        if (signal.aborted) return;
        this._status = progress;
        this.#emit('progress', progress);
      },
      onMoved: () => this.#arrive(run),
      onClosed: (reason: string) => {
        if (world && this.#player?.world === world) this.#onLost(run, reason);
      },
    };
    world = await connectAt(run, source, listeners, signal);
    return world;
  }

  /** A server or worker that is gone: the session goes on in the next best place, if there is one. */
  #onLost(run: Place, reason: string): void {
    this.#places = this.#places.map((each) =>
      each.run === run ? { ...each, available: false, reason } : each,
    );
    const next = this.#places.find(({ available }) => available)?.run;
    if (next) void this.#report(this.#moveTo(next));
    else this.#fail(new Error(`The connection to the world ended (${reason}); reload the page.`));
  }

  #move(): void {
    this.#moving.abort();
    const best = this.#places.find(({ available }) => available)?.run;
    const run = this.run === 'auto' ? best : this.run;
    if (run && run !== this.#place) void this.#report(this.#moveTo(run));
  }

  async #moveTo(run: Place): Promise<void> {
    this.#moving.abort();
    const { signal } = (this.#moving = new AbortController());
    const player = this.#player!;
    try {
      const world = await this.#openAt(run, signal);
      // What it does not go on in, it closes.
      if (!(await player.moveTo(world)) || player !== this.#player) return;
      this.#fail(undefined);
      this.#arrive(run);
    } catch (error) {
      // Another place was chosen, or the world was closed, before this one was open.
      if (!signal.aborted) throw error;
    } finally {
      if (!signal.aborted) this._status = undefined;
    }
  }

  /** Says where the world runs now. */
  #arrive(run: Place): void {
    const kind = this.info?.executor.kind;
    // A worker whose GPU was lost may have gone on on the CPU.
    this.#place = run === 'server' ? run : kind === 'webgpu' ? 'gpu' : 'cpu';
    this.#emit('placechange', this.#place);
  }

  readonly #playerHost = {
    onStart: () => this.#emit('start', undefined),
    onFrame: (frame: Frame) => {
      this.#screen?.show(frame);
      this.#emit('frame', frame);
    },
    onState: (state: SnowGlobeState) => this.#setState(state),
    onError: (error: Error) => this.#fail(error),
    now: () => performance.now(),
    later: (callback: () => void, ms: number) => {
      const timer = setTimeout(callback, ms);
      return () => clearTimeout(timer);
    },
  };

  async #report(work: Promise<unknown>): Promise<void> {
    try {
      await work;
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #fail(error: Error | undefined): void {
    this.#error = error?.message;
    this._status = error?.message;
    if (!error) return;
    if (!this.#player?.promptImage) this.#setState('failed');
    this.#emit('error', { message: error.message });
  }

  #setState(state: SnowGlobeState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#emit('statechange', state);
  }

  #emit<K extends keyof SnowGlobeEvents>(type: K, detail: SnowGlobeEvents[K]['detail']): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

// A page that loads the script twice keeps the first.
if (!customElements.get('snow-globe')) customElements.define('snow-globe', SnowGlobe);

/** Its events have types, where listeners are added by name. */
export interface SnowGlobe {
  /** Listens to an event of the element, whose `detail` has the type that `SnowGlobeEvents` says. */
  addEventListener<K extends keyof SnowGlobeEventMap>(
    type: K,
    listener: (this: SnowGlobe, event: SnowGlobeEventMap[K]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  /** Listens to any other event. */
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
  /** Stops listening to an event of the element. */
  removeEventListener<K extends keyof SnowGlobeEventMap>(
    type: K,
    listener: (this: SnowGlobe, event: SnowGlobeEventMap[K]) => unknown,
    options?: boolean | EventListenerOptions,
  ): void;
  /** Stops listening to any other event. */
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | EventListenerOptions,
  ): void;
}

declare global {
  interface HTMLElementTagNameMap {
    'snow-globe': SnowGlobe;
  }
}
