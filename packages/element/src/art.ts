import type { Frame, TileGrid } from '@snowglobe/runtime/browser';
import { Skin } from '@snowglobe/runtime/browser';
import { SnowglobeError } from '@snowglobe/graph';
import { readWhole } from './prompt_image.js';

/** The art in which frames are shown: the world's own, or that of an atlas. */
export class Art {
  #skin: Skin | undefined;
  /** Raised by every change: of several the last one counts. */
  #changes = 0;

  /**
   * Takes other art.
   * @param atlas its address; empty: the world's own art
   * @param tiles of the world; none where its frames are not made of tiles
   * @returns whether that is the art now; it is not when other art was asked for meanwhile
   * @throws SnowglobeError for what is no atlas of the world; then its own art is shown
   */
  async use(atlas: string | Blob, tiles: TileGrid | undefined): Promise<boolean> {
    const mine = ++this.#changes;
    if (atlas === '') {
      this.#skin = undefined;
      return true;
    }
    try {
      if (!tiles) {
        throw new SnowglobeError(
          'skin: frames of this world are painted and not made of tiles; leave the skin out.',
        );
      }
      const skin = new Skin(tiles, await readWhole(atlas, 'skin'));
      if (mine !== this.#changes) return false;
      this.#skin = skin;
      return true;
    } catch (error) {
      if (mine !== this.#changes) return false;
      this.#skin = undefined;
      throw error;
    }
  }

  /** A frame as it is shown. */
  draw(frame: Frame): Frame {
    return this.#skin && frame.codes ? this.#skin.draw(frame) : frame;
  }
}
