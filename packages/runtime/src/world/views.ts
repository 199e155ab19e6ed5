import { SnowglobeError } from '@snowglobe/graph';
import type { MapPicture, StateValuesOf, TileReader, WorldFile } from '@snowglobe/model';
import type { Frame } from './frame.js';
import { frameOf } from './frame.js';
import type { PromptImage } from './prompt.js';
import { promptFrame } from './prompt.js';
import type { StateLayout } from './state.js';
import type { Transaction } from './transaction.js';

/** What is looked at of a session. */
export interface Viewed {
  transact<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
}

/** What can be seen of a session's state beside its frames; what that takes is read off the world's file when it is first asked for. */
export class WorldViews {
  readonly #file: WorldFile;
  readonly #layout: StateLayout;
  #reader: TileReader | undefined;
  #painter: ((state: StateValuesOf) => MapPicture) | undefined;

  constructor(file: WorldFile, layout: StateLayout) {
    this.#file = file;
    this.#layout = layout;
  }

  /** As `Session.codes`. */
  async codes(session: Viewed): Promise<Int32Array> {
    const { tiles } = this.#file.model;
    if (!tiles) {
      throw new SnowglobeError('codes: frames of this world are not made of tiles; ask for them at steps.');
    }
    return this.#read().codesOf(await session.transact((transaction) => transaction.read(tiles.state)));
  }

  /** As `Session.map`. */
  async map(session: Viewed): Promise<MapPicture | undefined> {
    const { map } = this.#file.model;
    if (!map) return undefined;
    this.#painter ??= map.painter(this.#file);
    return this.#painter(await session.transact((transaction) => transaction.read(map.state)));
  }

  /** As `World.preview`. */
  preview(prompt: PromptImage): Frame {
    const { config, tiles, readouts } = this.#file.model;
    const started = performance.now();
    const pixels = promptFrame(prompt, config.width, config.height);
    if (!tiles) return frameOf(0, pixels, config, performance.now() - started);
    const reader = this.#read();
    const codes = reader.codesOf(this.#layout.fresh(pixels));
    const frame = frameOf(0, reader.draw(codes), config, performance.now() - started);
    return { ...frame, codes, ...(readouts && { readouts: readouts.read(codes) }) };
  }

  #read(): TileReader {
    return (this.#reader ??= this.#file.model.tiles!.reader(this.#file));
  }
}
