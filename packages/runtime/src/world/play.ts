import { SnowglobeError } from '@snowglobe/graph';
import type { WorldConfig } from '@snowglobe/model';
import { lastFrame } from '@snowglobe/model';
import type { DrawOptions, Engine, PlayState, StateValues } from './engine.js';

/** One drawn frame. */
export interface Frame {
  /** Frames since the prompt, which is frame 0. */
  readonly index: number;
  readonly width: number;
  readonly height: number;
  /** (height, width, 4) */
  readonly rgba: Uint8ClampedArray;
  /** Milliseconds that it took. */
  readonly ms: number;
  /** The frame's codes (positions · books), when they were asked for. */
  readonly codes?: Int32Array;
}

/** A session's whole state as plain data: restore it, branch from it, keep it. Works on every executor. */
export interface Snapshot extends DrawOptions {
  readonly index: number;
  readonly state: Readonly<Record<string, StateValues>>;
}

/** What a session needs of its world. */
export interface PlayHost {
  size(): Pick<WorldConfig, 'width' | 'height'>;
  wishOf(action: string | number): Float32Array;
  checkState(state: PlayState): void;
  use<T>(play: Play, work: (engine: Engine) => Promise<T>): Promise<T>;
}

/** Frames between copies of the state to the host; a lost device costs at most so many to draw again. */
const keepEvery = 64;

/** One session in a world. */
export class Play {
  readonly #host: PlayHost;
  readonly #draw: DrawOptions;
  #index: number;
  /** The last state on the host, the frame that it belongs to, and what was done since. */
  #kept: PlayState;
  #keptIndex: number;
  #since: Float32Array[] = [];
  #loaded = false;

  /** @param index frames drawn so far; `state` is the state after them */
  constructor(host: PlayHost, index: number, state: PlayState, draw: DrawOptions) {
    this.#host = host;
    this.#draw = draw;
    this.#index = index;
    this.#kept = state;
    this.#keptIndex = index;
  }

  /** What decides how frames are drawn. */
  get draw(): DrawOptions {
    return this.#draw;
  }

  /** Frames drawn since the prompt. */
  get index(): number {
    return this.#index;
  }

  /** The first frame: the prompt as the world sees it, or where a snapshot was taken. */
  get first(): Frame {
    return this.#frame(this.#keptIndex, this.#kept.get(lastFrame) as Float32Array, 0);
  }

  /**
   * Draws the next frame.
   * @param action a name that the world's `actions` know, or a number of the dynamics
   * @param options `codes` asks for the frame's codes as well
   * @throws SnowglobeError for an unknown action; the session goes on as if it had not been asked
   */
  async step(action: string | number, { codes = false } = {}): Promise<Frame> {
    const wish = this.#host.wishOf(action);
    const started = performance.now();
    return this.#host.use(this, async (engine) => {
      const drawn = await engine.draw(this.#index, wish, this.#draw, codes);
      this.#index++;
      this.#since.push(wish);
      const frame = this.#frame(this.#index, drawn.frame, performance.now() - started);
      if (this.#since.length >= keepEvery) await this.#keep(engine);
      return drawn.codes ? { ...frame, codes: drawn.codes } : frame;
    });
  }

  /** The state after the last frame. */
  async snapshot(): Promise<Snapshot> {
    return this.#host.use(this, async (engine) => {
      await this.#keep(engine);
      const state = Object.fromEntries([...this.#kept].map(([name, values]) => [name, values.slice()]));
      return { ...this.#draw, index: this.#index, state };
    });
  }

  /**
   * Goes back, or anywhere, to a snapshot of this world. Seed and temperature stay this session's own.
   * @throws SnowglobeError when it is no snapshot of this world; the session goes on where it was
   */
  restore(snapshot: Snapshot): void {
    const { index, state } = readSnapshot(snapshot);
    this.#host.checkState(state);
    this.#index = index;
    this.#kept = state;
    this.#keptIndex = index;
    this.#since = [];
    this.#loaded = false;
  }

  /** Whether the engine has this session's state. For the world alone, as are the three below. */
  get isLoaded(): boolean {
    return this.#loaded;
  }

  /** Puts the state into the engine, and catches up with what was done since it was kept. */
  async load(engine: Engine): Promise<void> {
    engine.load(this.#kept);
    for (const [i, wish] of this.#since.entries()) {
      await engine.draw(this.#keptIndex + i, wish, this.#draw, false);
    }
    this.#loaded = true;
  }

  /** Takes the state out of the engine, for another session's turn. */
  async park(engine: Engine): Promise<void> {
    if (this.#loaded) await this.#keep(engine);
    this.#loaded = false;
  }

  /** Forgets that the engine had the state: its device is gone. */
  unload(): void {
    this.#loaded = false;
  }

  async #keep(engine: Engine): Promise<void> {
    this.#kept = await engine.read();
    this.#keptIndex = this.#index;
    this.#since = [];
  }

  #frame(index: number, pixels: Float32Array, ms: number): Frame {
    const { width, height } = this.#host.size();
    const rgba = new Uint8ClampedArray(width * height * 4).fill(255);
    for (let i = 0; i < width * height; i++) {
      for (let c = 0; c < 3; c++) rgba[i * 4 + c] = (pixels[i * 3 + c]! + 1) * 127.5;
    }
    return { index, width, height, rgba, ms };
  }
}

/** Checks what came from outside. @throws SnowglobeError */
export function readSnapshot(
  snapshot: Snapshot,
): DrawOptions & { readonly index: number; readonly state: PlayState } {
  const { index, seed, temperature, certainty, state } = snapshot ?? {};
  if (!Number.isSafeInteger(index) || index < 0 || typeof state !== 'object' || state === null) {
    throw new SnowglobeError('snapshot: it has no frame number or no state; use what play.snapshot() gave.');
  }
  return { index, seed, temperature, certainty, state: new Map(Object.entries(state)) };
}
