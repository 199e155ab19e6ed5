import type { ReadoutValues, Readouts, TileReader, WorldFile } from '@snowglobe/model';
import { isOver } from '@snowglobe/model/internal';
import type { SessionState, StateLayout } from './state.js';
import { startFrame } from './state.js';

/**
 * How a session's game stands: it goes on; it is over in this frame; or it knows no end, since its world has none, or since its
 * prompt shows a game that is over.
 */
export type Game = 'endless' | 'on' | 'over';

/** What a frame tells beside its pixels. */
export interface Reading {
  readonly readouts: ReadoutValues;
  readonly game: Game;
}

/** Reads numbers off the tiles of a world's frames, and by them whether its game is over. */
export class Readings {
  readonly #readouts: Readouts;
  readonly #layout: StateLayout;
  readonly #tiles: () => TileReader;

  private constructor(readouts: Readouts, layout: StateLayout, tiles: () => TileReader) {
    this.#readouts = readouts;
    this.#layout = layout;
    this.#tiles = tiles;
  }

  /** Undefined for worlds whose frames tell no numbers. */
  static of({ model: { readouts, tiles }, tensors }: WorldFile, layout: StateLayout): Readings | undefined {
    if (!readouts || !tiles) return undefined;
    let reader: TileReader | undefined;
    return new Readings(readouts, layout, () => (reader ??= tiles.reader({ tensors })));
  }

  /** What the last frame of a state tells. */
  ofState(state: SessionState): Reading {
    const read = (of: SessionState): ReadoutValues => this.#readouts.read(this.#tiles().codesOf(of));
    const readouts = read(state);
    const prompt = state.get(startFrame) as Float32Array | undefined;
    const { end } = this.#readouts;
    if (!prompt || isOver(read(this.#layout.fresh(prompt)), end)) return { readouts, game: 'endless' };
    return { readouts, game: isOver(readouts, end) ? 'over' : 'on' };
  }

  /** What a frame that was sampled tells. @param before how the game stood in the frame before it */
  ofCodes(codes: Int32Array, before: Game): Reading {
    const readouts = this.#readouts.read(codes);
    if (before === 'endless') return { readouts, game: before };
    return { readouts, game: isOver(readouts, this.#readouts.end) ? 'over' : 'on' };
  }

  /** The state of a session that begins anew from its prompt. */
  restarted(state: SessionState): SessionState {
    return this.#layout.fresh(state.get(startFrame) as Float32Array);
  }
}
