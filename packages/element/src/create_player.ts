/** A world in a canvas, without the tag: for game engines, frameworks and workers, which have clocks and controls of their own. */
import { SnowglobeError } from '@snowglobe/graph';
import type { Frame, PromptImage, Replay, World, WorldInfo, WorldProgress } from '@snowglobe/runtime/browser';
import { playedFps } from '@snowglobe/runtime/internal/core';
import { fileName } from './attributes.js';
import { placesFor } from './connect.js';
import { firstPicture } from './first_picture.js';
import { placeHere } from './here.js';
import type { Key, Keymap } from './key_bindings.js';
import { pageClock } from './page_clock.js';
import { Placement } from './placement.js';
import type { Place, PlaceReport } from './places.js';
import type { PlayerState } from './player_host.js';
import { Player } from './player.js';
import type { Prompt } from './prompt_image.js';
import { Prompts } from './prompts.js';
import type { DrawingCanvas, DrawingContext } from './screen.js';
import { paint } from './screen.js';

export type {
  CanvasPlayer,
  DrawingCanvas,
  Frame,
  Key,
  Keymap,
  Place,
  PlaceReport,
  PlayerState,
  Prompt,
  PromptImage,
  Replay,
  WorldInfo,
};

/** Which world is played, from what, and where it is drawn. */
export interface CreatePlayerOptions {
  /** Address of a world file, which is played in this page; or `server`. */
  readonly src?: string;
  /** Address of a server that plays (`ws:` or `wss:`). */
  readonly server?: string;
  /**
   * Its name on the server, by default the name of the file; or, without `src` and `server`, a world that `openWorld` has opened in this thread, on a
   * `GPUDevice` of the page for one. It stays open when the player is destroyed.
   */
  readonly world?: string | World;
  /** The first frame: an address, a file, pixels or what the page shows; or `text`, in worlds that know words. */
  readonly prompt?: Prompt;
  readonly text?: string;
  /** Where frames are drawn, at the world's size, which it is given; default: nowhere. */
  readonly canvas?: HTMLCanvasElement | OffscreenCanvas | DrawingCanvas;
  /** `own` (default) plays at the world's pace; with `manual` a frame is drawn when `step` is called, and no other. */
  readonly clock?: 'own' | 'manual';
  /** Decides everything that is left to chance; default 0. */
  readonly seed?: number;
  /** 0 always takes the likeliest; default: what the world says. */
  readonly temperature?: number;
  /** Frames a second of its own clock; default: those of the world. 0: as fast as it goes. */
  readonly fps?: number;
  /** Where it runs; default `auto`, the fastest place. Not of a world that is open already. */
  readonly run?: Place | 'auto';
  readonly keymap?: Keymap;
  /** Ends it, also while the world is still being opened. */
  readonly signal?: AbortSignal;
  /** A frame is drawn. */
  onFrame?(frame: Frame): void;
  onState?(state: PlayerState): void;
  /** How far opening the world has come. */
  onProgress?(progress: WorldProgress): void;
  /** It runs in another place now. */
  onPlace?(place: Place): void;
  /** Something failed that no call tells of. Default: it is printed. */
  onError?(error: Error): void;
}

/**
 * Opens a world, begins a session and draws its first frame.
 * @throws SnowglobeError for options that make no sense, a canvas that cannot be drawn on, no picture, or a world that cannot be opened here
 */
export async function createPlayer(options: CreatePlayerOptions): Promise<CanvasPlayer> {
  const player = new CanvasPlayer(options);
  try {
    await player.open();
    return player;
  } catch (error) {
    player.destroy();
    throw error;
  }
}

/** One session in one world, drawn on a canvas. Made by `createPlayer`. */
class CanvasPlayer {
  readonly #options: CreatePlayerOptions;
  readonly #name: string;
  readonly #context: DrawingContext | undefined;
  readonly #placement: Placement;
  readonly #prompts = new Prompts();
  readonly #isManual: boolean;
  /** Steps, one after another. */
  #steps: Promise<unknown> = Promise.resolve();
  #failure: Error | undefined;
  #stepping = false;
  #state: PlayerState = 'idle';
  #last: Frame | undefined;

  /** @throws SnowglobeError as `createPlayer` */
  constructor(options: CreatePlayerOptions) {
    const { src = '', server = '', run = 'auto', clock = 'own', world, canvas, fps, signal } = options;
    check(options);
    this.#options = options;
    this.#name = typeof world === 'string' ? world : fileName(world?.source ?? src);
    this.#isManual = clock === 'manual';
    this.#context = canvas && contextOf(canvas);
    this.#placement = new Placement({
      places:
        typeof world === 'object' ? placeHere(world) : placesFor(() => ({ src, server, name: this.#name })),
      run: () => run,
      createPlayer: (opened) => new Player(opened, this.#host, fps ?? playedFps(opened.info.fps)),
      onProgress: (progress) => options.onProgress?.(progress),
      onOpen: (player) => {
        player.input.keymap = options.keymap ?? {};
      },
      onMove: () => {},
      onPlace: (place) => options.onPlace?.(place),
      onError: (error) => this.#fail(error),
    });
    signal?.addEventListener('abort', () => this.destroy(), { once: true });
  }

  readonly #host = {
    onStart: () => {},
    onFrame: (frame: Frame) => {
      if (this.#context) paint(this.#options.canvas!, this.#context, frame);
      this.#last = frame;
      this.#options.onFrame?.(frame);
    },
    onState: (state: PlayerState) => {
      this.#state = state;
      this.#options.onState?.(state);
    },
    onError: (error: Error) => this.#fail(error),
    ...pageClock,
  };

  /** Opens the world and begins. @throws SnowglobeError as `createPlayer` */
  async open(): Promise<void> {
    this.#options.signal?.throwIfAborted();
    await this.#placement.open();
    await this.start();
  }

  get state(): PlayerState {
    return this.#state;
  }
  /** What is known of the world. */
  get info(): WorldInfo {
    return this.#player.world.info;
  }
  /** Where it runs, and where else it could. */
  get place(): Place | undefined {
    return this.#placement.place;
  }
  get places(): readonly PlaceReport[] {
    return this.#placement.places;
  }
  get canvas(): CreatePlayerOptions['canvas'] {
    return this.#options.canvas;
  }
  /** The frame that is shown. */
  get frame(): Frame | undefined {
    return this.#last;
  }
  /** Frames since the prompt. */
  get index(): number {
    return this.#placement.player?.index ?? 0;
  }
  /** The last 2,000 frames at most. */
  get frames(): readonly Frame[] {
    return this.#placement.player?.frames ?? [];
  }
  /** The picture that the session began with. */
  get promptImage(): PromptImage | undefined {
    return this.#placement.player?.promptImage;
  }

  /**
   * Begins a session from a picture; without one, from the last one again, or what was given in the beginning.
   * @throws SnowglobeError for what is no picture; what was played before goes on
   */
  async start(picture?: Prompt): Promise<void> {
    const { text = '', seed = 0, temperature } = this.#options;
    const prompt = picture ?? this.#prompts.last ?? (text === '' ? this.#options.prompt : undefined);
    const imageFor = prompt && (await this.#prompts.read(prompt, this.#placement.opened));
    const player = this.#player;
    const image = imageFor ? imageFor(player.world.info) : await firstPicture(player.world, text, seed);
    const sampling = { seed, ...(temperature !== undefined && { temperature }) };
    await player.start({ ...sampling, prompt: image }, { paused: this.#isManual });
    this.#prompts.began(image, player.world.info);
  }

  /**
   * Draws one frame and pauses. Calls are carried out in order, each when the one before is drawn.
   * @param action one of `info.actions`; default: what the keys that are pressed mean
   * @returns the frame, when it is drawn
   * @throws SnowglobeError for an unknown action, and when the world fails or the player is destroyed; the session goes on if it can
   */
  step(action?: string): Promise<Frame> {
    const done = this.#steps.then(() => this.#step(action));
    this.#steps = done.catch(() => undefined);
    return done;
  }

  async #step(action: string | undefined): Promise<Frame> {
    const player = this.#player;
    const { index } = player;
    this.#failure = undefined;
    this.#stepping = true;
    if (action !== undefined) player.input.hold(action);
    try {
      await player.step();
    } finally {
      this.#stepping = false;
      if (action !== undefined) player.input.hold(undefined);
    }
    if (this.#failure) throw this.#failure as Error;
    if (this.#last && player.index > index) return this.#last;
    throw new SnowglobeError(
      'step: the player was destroyed, or begins anew; create another one, or ask again.',
    );
  }

  /** Goes on after `pause`, by its own clock. @throws SnowglobeError where the clock is manual */
  play(): void {
    if (this.#isManual)
      throw new SnowglobeError("play: the clock is manual; call step, or use clock: 'own'.");
    this.#player.play();
  }
  pause(): void {
    this.#player.pause();
  }
  /** Holds a key down, as a keyboard would, until `release`. */
  press(key: Key): void {
    this.#player.input.press(key);
  }
  release(key: Key): void {
    this.#player.input.release(key);
  }
  /** Does one of `info.actions`, whatever keys are down, until it is called with none. */
  hold(action?: string): void {
    this.#player.input.hold(action);
  }
  /** Goes back to an earlier frame. */
  goTo(index: number): Promise<void> {
    return this.#player.goTo(index);
  }
  /** What happens now, of worlds that know events, see `info.events`. @returns the event that is meant @throws SnowglobeError */
  tell(text: string): string {
    return this.#player.tell(text);
  }
  /** What is needed to play the session again. */
  replay(): Replay {
    return this.#player.replay(this.#name);
  }
  /** Ends session, worker and connection. A second call does nothing. */
  destroy(): void {
    this.#placement.close();
  }

  get #player(): Player {
    const { player } = this.#placement;
    if (!player) throw new SnowglobeError('player: it was destroyed; create another one.');
    return player;
  }

  #fail(error: Error): void {
    if (this.#stepping) this.#failure = error;
    else if (this.#options.onError) this.#options.onError(error);
    else console.error(error);
  }
}

/** @throws SnowglobeError */
function check(options: CreatePlayerOptions): void {
  const { src = '', server = '', world, prompt, text = '', clock = 'own' } = options;
  if (typeof world === 'object') {
    const other = (['src', 'server', 'run'] as const).find((name) => options[name] !== undefined);
    if (other) {
      throw new SnowglobeError(
        `player: a world that is open and ${other} were given; leave ${other} out, or give the world's name in place of it.`,
      );
    }
    if (typeof (world as Partial<World> | null)?.start !== 'function') {
      throw new SnowglobeError(
        'player: what was given as world is none; give the world that openWorld opened.',
      );
    }
  }
  if (src === '' && typeof world !== 'object' && (server === '' || world === undefined)) {
    throw new SnowglobeError(
      'player: no world was named; give src, or server and world, or a world that is open.',
    );
  }
  if (prompt === undefined && text === '') {
    throw new SnowglobeError(
      'player: it has nothing to start from; give a prompt, or a text where the world knows words.',
    );
  }
  if (clock !== 'own' && clock !== 'manual') {
    throw new SnowglobeError(`player: there is no clock '${String(clock)}'; use 'own' or 'manual'.`);
  }
}

/** @throws SnowglobeError */
function contextOf(canvas: DrawingCanvas): DrawingContext {
  const context = (canvas as Partial<DrawingCanvas>).getContext?.('2d', { alpha: false });
  if (context) return context;
  throw new SnowglobeError(
    'player: frames cannot be drawn there; give a canvas without a WebGL or WebGPU context, which has not been handed to a worker.',
  );
}
