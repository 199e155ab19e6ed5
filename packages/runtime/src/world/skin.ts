import { SnowglobeError } from '@snowglobe/graph';
import { toRgb } from '@snowglobe/media';
import { readPicture } from '@snowglobe/media/internal';
import type { Tiles } from '@snowglobe/model';
import { cutTiles, tileSizeIn } from '@snowglobe/model/internal';
import type { Frame } from './frame.js';
import type { PromptImage } from './prompt.js';

/**
 * A world's frames in other art: those of the atlas in place of the world's own tiles. What happens stays what it is, and nothing
 * is computed twice, so that art can be changed in the middle of a session.
 */
export class Skin {
  /** Pixels of the frames that it draws. */
  readonly width: number;
  readonly height: number;
  readonly #grid: Pick<Tiles, 'rows' | 'columns'>;
  readonly #size: number;
  /** (K, S, S) RGBA pixels. */
  readonly #tiles: Uint32Array;

  /**
   * @param tiles of the world: `World.tiles`, or `WorldInfo.tiles`
   * @param atlas laid out as `snowglobe atlas` writes it, at that scale or any other whole number of pixels a tile
   * @throws SnowglobeError for a picture of another layout
   */
  constructor({ rows, columns, count }: Pick<Tiles, 'rows' | 'columns' | 'count'>, atlas: PromptImage) {
    const { width, height, data } = toRgb(readPicture(atlas, 'atlas'));
    this.#size = tileSizeIn({ width, height }, count);
    this.#grid = { rows, columns };
    this.width = columns * this.#size;
    this.height = rows * this.#size;
    const rgb = cutTiles({ width, height, data: new Uint8Array(data) }, count);
    const rgba = new Uint8ClampedArray((rgb.length / 3) * 4).fill(255);
    for (let pixel = 0; pixel < rgb.length / 3; pixel++) {
      rgba.set(rgb.subarray(pixel * 3, pixel * 3 + 3), pixel * 4);
    }
    this.#tiles = new Uint32Array(rgba.buffer);
  }

  /**
   * The same frame in this art.
   * @throws SnowglobeError for a frame without codes, or one of another world
   */
  draw(frame: Frame): Frame {
    const { rows, columns } = this.#grid;
    const size = this.#size;
    const { codes } = frame;
    if (codes?.length !== rows * columns) {
      throw new SnowglobeError(
        `skin: a frame with ${codes?.length ?? 'no'} codes is none of ${columns}x${rows} tiles; step with { codes: true } in the world that the skin was made for.`,
      );
    }
    const pixels = new Uint32Array(this.width * this.height);
    codes.forEach((code, cell) => {
      const at = Math.floor(cell / columns) * size * this.width + (cell % columns) * size;
      for (let y = 0; y < size; y++) {
        const from = (code * size + y) * size;
        pixels.set(this.#tiles.subarray(from, from + size), at + y * this.width);
      }
    });
    const { width, height } = this;
    return { ...frame, width, height, rgba: new Uint8ClampedArray(pixels.buffer) };
  }
}
