import type { WorldContents } from '../world_file/world_file.js';

/** A picture of RGB bytes, (H, W, 3). */
export interface AtlasPicture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Of families whose frames are drawn of pictures that a world file keeps: all of them as one picture, which people can draw anew. */
export interface FamilyAtlas {
  /** The pictures that a world is drawn of. */
  draw(world: WorldContents): AtlasPicture;
  /**
   * The same world in other art: what happens stays what it is, frame by frame.
   * @param atlas laid out as `draw` does it, at that scale or any other whole number of pixels a patch
   * @throws SnowglobeError for a picture of another layout
   */
  apply(world: WorldContents, atlas: AtlasPicture): WorldContents;
}
