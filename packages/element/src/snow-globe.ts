import type {
  Frame,
  ImagineOptions,
  Imagined,
  Replay,
  StartOptions,
  WorldProgress,
} from '@snowglobe/runtime/browser';
import type { PropertyDeclarations, PropertyValues, TemplateResult } from 'lit';
import { LitElement } from 'lit';
import { placesFor } from './connect.js';
import type { SnowGlobeEventMap, SnowGlobeEvents, SnowGlobeState } from './events.js';
import { firstPicture } from './first_picture.js';
import { HiddenPage } from './hidden_page.js';
import { Hud } from './hud.js';
import type { KeyboardTarget } from './keyboard.js';
import { keyboardOf, leaveKeyboard, takeKeyboard } from './keyboard.js';
import type { Key, KeyBinding, Keymap } from './key_bindings.js';
import { hasOtherKeys } from './key_bindings.js';
import { pageClock } from './page_clock.js';
import { Picture } from './picture.js';
import { Placement } from './placement.js';
import type { Place, PlaceReport } from './places.js';
import { Player } from './player.js';
import type { Prompt } from './prompt_image.js';
import { Prompts } from './prompts.js';
import { Reports } from './reports.js';
import { styles } from './styles.js';
import { renderView } from './view.js';

export type { Key, KeyBinding, Keymap, Place, PlaceReport, Prompt };
export type { SnowGlobeEventMap, SnowGlobeEvents, SnowGlobeState };
export type { Written } from './attributes.js';

/**
 * `<snow-globe src="coinrun.safetensors" prompt="level.png" controls>`: a world to walk in.
 *
 * Attributes, all of them properties as well: `src`, address of a world file; `prompt`, address of the picture to start
 * from; `text`, in its place a sentence, in worlds that know words; `seed`, decides what is left to chance (0); `controls`, shows buttons on the picture and what other keys do below it;
 * `legend`, what other keys do alone; `map`, what the session remembers of the places where it was, where the world keeps a map; `hud`, the numbers that its frames tell, where they tell any; `skin`, address of
 * an atlas: the world in other art; `fps`, frames a second (24, or the world's own below 12;
 * 0: as fast as it goes); `run`, where: `auto`, `gpu`, `cpu`, `server`; `server` and `world`, a WebSocket that plays worlds and
 * the world's name there (default: that of the file); `temperature` (default: as the world says); `keymap`, a JSON object with
 * an action for each key (`left`, `right`, `up`, `down`, `space`, `1`, …) that is to do something else than it does; `paused`; `producer`, who files of recordings say made
 * them; `badge`, a line on the picture that says that a model draws it. What makes no sense as a value is the default.
 *
 * CSS parts: `screen` (the canvas), `map`, `hud`, `badge`, `status` (messages), `pad` and `button` (controls), `legend` and `key`. Property `--snow-globe-radius`.
 */
export class SnowGlobe extends Reports {
  /** Of the shadow tree. */
  static override readonly styles = styles;
  /** `element.focus()` gives the keyboard to the picture. */
  static override readonly shadowRootOptions = { ...LitElement.shadowRootOptions, delegatesFocus: true };
  static override readonly properties: PropertyDeclarations = {
    _status: { state: true },
  };

  declare protected _status: WorldProgress | string | undefined;

  protected override get recordedFps(): number {
    return this.info?.fps ?? super.recordedFps;
  }

  #state: SnowGlobeState = 'idle';
  #error: string | undefined;
  readonly #prompts = new Prompts();
  readonly #hud = new Hud();
  readonly #internals = this.attachInternals();

  constructor() {
    super();
    this._status = undefined;
  }

  /** What it is doing; `statechange` tells of every change. */
  get state(): SnowGlobeState {
    return this.#state;
  }
  /** Where it can run, best first. */
  get places(): readonly PlaceReport[] {
    return this.#placement.places;
  }
  /** Where it runs. */
  get place(): Place | undefined {
    return this.#placement.place;
  }
  /** The last 2,000 frames at most, as they are shown. */
  get frames(): readonly Frame[] {
    return this.#picture.frames;
  }
  /** The numbers that the last frame tells, by name; undefined where the world's frames tell none. */
  get readouts(): Frame['readouts'] {
    return this.#hud.values;
  }
  /** Where frames are drawn, at the world's size: a texture for engines, a stream for recorders. It is drawn before `frame` is told. */
  get canvas(): HTMLCanvasElement | undefined {
    return this.renderRoot?.querySelector<HTMLCanvasElement>('[part=screen]') ?? undefined;
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
    const prompt = picture ?? this.#prompts.last ?? (this.text === '' ? this.prompt : undefined);
    if (prompt !== '') await this.#start(prompt);
  }

  /**
   * Does again what was done in a session: the same frames, one after another, and then it pauses. A key that is pressed takes over.
   * @param replay its prompt may be any picture; its world is the one that is open
   * @throws SnowglobeError for what is no picture, or sampling that makes no sense
   */
  async walk(replay: Omit<Replay, 'prompt'> & { readonly prompt: Prompt }): Promise<void> {
    this.paused = false;
    const { prompt, seed, temperature, confidenceThreshold, end, actions: walk, told } = replay;
    await this.#start(prompt, { seed, temperature, confidenceThreshold, end }, { walk, told });
  }

  async #start(
    prompt?: Prompt,
    sampling?: StartOptions,
    { walk = [], told = [] }: { readonly walk?: Replay['actions']; readonly told?: Replay['told'] } = {},
  ): Promise<void> {
    // What was set a moment ago counts; an element that is nowhere learns of nothing.
    if (this.isConnected) await this.updateComplete;
    const { signal } = this.#placement;
    const imageFor = prompt && (await this.#prompts.read(prompt, this.#placement.opened));
    await this.#placement.opened;
    const { player } = this;
    if (!player || signal.aborted) return;
    const image = imageFor
      ? imageFor(player.world.info)
      : await firstPicture(player.world, this.text, this.seed);
    if (player !== this.player) return;
    const options = { ...(sampling ?? this.sampling), prompt: image };
    await player.start(options, { paused: this.paused, walk, told });
    if (player !== this.player) return;
    // Pressed while the world was starting.
    if (this.paused) player.pause();
    else player.play();
    this.#prompts.began(image, player.world.info);
    this.#fail(undefined);
  }

  /** Begins a new session from the prompt that is set. Resolves when its first frame is shown, or when it has failed. */
  restart(): Promise<void> {
    return this.start();
  }
  /** Goes on after `pause`. */
  play(): void {
    this.paused = false;
    this.player?.play();
  }
  /** Stands still until `play`; held keys do nothing meanwhile. */
  pause(): void {
    this.paused = true;
    this.player?.pause();
  }
  /** Draws one frame, and pauses. */
  async step(): Promise<void> {
    this.paused = true;
    await this.player?.step();
  }
  /** Holds a key down, as a keyboard or a pad would, until `release`. */
  press(key: Key): void {
    this.#useKeyboard();
    this.player?.input.press(key);
  }
  /** Lets go of a key. */
  release(key: Key): void {
    this.player?.input.release(key);
  }
  /** Does one of `info.actions`, or of the numbers below `info.codes`, whatever keys are down, until it is called with none. */
  hold(action?: string | number): void {
    this.player?.input.hold(action);
  }
  /** Winds back frame by frame until `stopRewind`, at most to `oldest`. */
  rewind(): void {
    this.player?.rewind();
  }
  /** Goes on from where winding back has come to. */
  async stopRewind(): Promise<void> {
    await this.player?.stopRewind();
  }
  /** Goes back to frame `index`, which is at least `oldest`. */
  async goTo(index: number): Promise<void> {
    await this.player?.goTo(index);
  }
  /**
   * A picture as the world would see it that began with it: of frames that are made of tiles the nearest ones, as they are shown.
   * @throws SnowglobeError for what is no picture, or before a world is open
   */
  async preview(picture: Prompt): Promise<Frame> {
    return this.#picture.preview(await this.#prompts.read(picture, this.#placement.opened));
  }
  /**
   * First frames that show what a sentence says, those first in which most of it holds; `start` takes any of them. Of worlds that know
   * words: `info.vocabulary`.
   * @throws SnowglobeError where the world knows no words, or none of these, or before a world is open
   */
  async imagine(text: string, options: ImagineOptions = {}): Promise<Imagined> {
    await this.#placement.opened;
    if (!this.player) throw new Error('imagine: no world is open; set src first.');
    return this.player.world.imagine(text, options);
  }
  /**
   * Tells the world what happens now, such as `night falls`: it shows in the next frames. Of worlds that know events: `info.events`.
   * @returns the event that is meant
   * @throws SnowglobeError in one sentence that says what the world knows, or before a world is open; the game goes on
   */
  tell(text: string): string {
    if (!this.player) throw new Error('tell: no world is open; set src first.');
    return this.player.tell(text);
  }
  /** Ends the world, and whatever it runs on. */
  close(): void {
    this.#placement.close();
    this.#setState('idle');
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#useKeyboard();
    this.#hiddenPage.watch();
    if (this.hasUpdated && !this.#placement.opened) this.#open();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    leaveKeyboard(this.#keyboard);
    this.#hiddenPage.leave();
    // What is moved within the document is taken out and put in again: the game goes on.
    queueMicrotask(() => {
      if (!this.isConnected) this.close();
    });
  }

  protected override firstUpdated(): void {
    this.#picture.open();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('keymap') && this.player) this.player.input.keymap = this.keymap;
  }

  protected override updated(changed: PropertyValues<this>): void {
    const isNew = changed.has('src') || (changed.has('prompt') && !this.isConnected);
    if ((isNew && this.prompt) || (changed.has('text') && this.text)) this.#prompts.forget();
    if (changed.has('src')) this.#prompts.forgetWorld();
    // What nobody sees is opened when it is put into a document.
    if (this.isConnected) this.#follow(changed);
    if (changed.has('skin') && this.player) void this.#report(this.#picture.dress(this.skin));
    if (changed.has('map')) this.#picture.look();
    if (changed.get('controls') === 'none' || this.controls === 'none') this.#useKeyboard();
    if (changed.has('fps') && this.player) this.player.fps = this.fps;
    if (changed.has('paused') && changed.get('paused') !== undefined) {
      if (this.paused) this.player?.pause();
      else this.player?.play();
    }
  }

  #follow(changed: PropertyValues<this>): void {
    // A place that is chosen while the world is still being opened elsewhere: opened anew.
    const elsewhere = changed.has('run') && this.#state === 'loading';
    if (changed.has('src') || changed.has('server') || elsewhere) this.#open();
    else if (changed.has('run') && this.player) this.#placement.move();
    else if (changed.has('text') && this.text) void this.#report(this.start());
    else if (changed.has('prompt') && this.prompt) void this.#report(this.start(this.prompt));
  }

  protected override render(): TemplateResult {
    const bindings = this.player?.input.bindings;
    const hasPad = this.controls !== 'none' && Boolean(this.controls);
    const hasLegend = (hasPad || this.legend) && bindings !== undefined && hasOtherKeys(bindings);
    const numbers = this.hud ? this.info?.readouts : undefined;
    // With what stands below the picture, the tag is as high as all of it.
    this.#internals.states[hasLegend || numbers ? 'add' : 'delete']('legend');
    return renderView({
      ...{ target: this, bindings, hasPad, hasLegend },
      status: this._status ?? this.#hud.message,
      hud: numbers && this.#hud.render(numbers),
      ...{ hasMap: this.#picture.hasMap, hasBadge: this.badge },
      onUse: () => this.#useKeyboard(),
    });
  }

  readonly #keyboard: KeyboardTarget = keyboardOf(this, () => this.player);

  #useKeyboard(): void {
    if (this.controls === 'none') leaveKeyboard(this.#keyboard);
    else takeKeyboard(this.#keyboard);
  }

  readonly #hiddenPage = new HiddenPage({
    isPlaying: () => this.#state === 'playing',
    pause: () => this.player?.pause(),
    resume: () => (this.paused ? undefined : this.player?.play()),
  });

  protected get player(): Player | undefined {
    return this.#placement.player;
  }

  #open(): void {
    this.close();
    if (!this.src) return;
    this.#setState('loading');
    const opened = this.#placement.open();
    void this.#report(this.#begin(opened, this.#placement.signal));
  }

  async #begin(opened: Promise<void>, signal: AbortSignal): Promise<void> {
    await opened;
    if (signal.aborted) return;
    // A world without its skin is still one to play.
    await this.#report(this.#picture.dress(this.skin));
    if (signal.aborted) return;
    await this.start();
    // Nothing to start from: the page will say.
    if (!signal.aborted && this.#state === 'loading') this.#setState('idle');
  }

  readonly #playerHost = {
    onStart: () => (this.#hud.begin(), this.emit('start', undefined)),
    onFrame: (frame: Frame) => this.#picture.show(frame),
    onState: (state: SnowGlobeState) => this.#setState(state),
    onError: (error: Error) => this.#fail(error),
    onWalked: () => this.pause(),
    ...pageClock,
  };

  readonly #placement: Placement = new Placement({
    places: placesFor(() => ({ src: this.src, server: this.server, name: this.worldName })),
    run: () => this.run,
    createPlayer: (world) => new Player(world, this.#playerHost, this.fps),
    onProgress: (progress) => {
      this._status = progress;
      this.emit('progress', progress);
    },
    onOpen: (player, place) => {
      // Pace and keys are the world's own, where nobody says otherwise, and shown now.
      player.fps = this.fps;
      player.input.keymap = this.keymap;
      this._status = undefined;
      this.requestUpdate();
      this.emit('placechange', place);
      this.emit('ready', player.world.info);
    },
    onMove: () => this.#fail(undefined),
    onPlace: (place) => this.emit('placechange', place),
    onError: (error) => this.#fail(error),
  });

  readonly #picture: Picture = new Picture({
    root: () => this.renderRoot,
    player: () => this.player,
    wantsMap: () => this.map,
    onShown: (frame) => {
      if (this.#hud.add(frame)) this.requestUpdate();
      this.emit('frame', frame);
    },
  });

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
    if (!this.player?.promptImage) this.#setState('failed');
    this.emit('error', { message: error.message });
  }

  #setState(state: SnowGlobeState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.emit('statechange', state);
  }
}

// A page that loads the script twice keeps the first.
if (!customElements.get('snow-globe')) customElements.define('snow-globe', SnowGlobe);

declare global {
  interface HTMLElementTagNameMap {
    'snow-globe': SnowGlobe;
  }
}
