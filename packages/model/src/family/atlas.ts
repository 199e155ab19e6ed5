import type { FrameConfig } from './frame.js';

/** A picture of RGB bytes, (H, W, 3). */
export interface AtlasPicture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** What an atlas needs of a world file. */
export interface DrawnWorld {
  readonly config: FrameConfig;
  readonly tensors: ReadonlyMap<string, { readonly data: unknown }>;
}

/** A world in other art: its config, the tensors that take the place of those of the same name, and those that it needs no more. */
export interface RedrawnWorld {
  readonly config: FrameConfig;
  readonly tensors: ReadonlyMap<
    string,
    { readonly dtype: 'F32'; readonly shape: readonly number[]; readonly data: Float32Array }
  >;
  readonly unused: readonly string[];
}

/** Of families whose frames are drawn of pictures that a world file keeps: all of them as one picture, which people can draw anew. */
export interface FamilyAtlas {
  /** The pictures that a world is drawn of. */
  draw(world: DrawnWorld): AtlasPicture;
  /**
   * The same world in other art: what happens stays what it is, frame by frame.
   * @param atlas laid out as `draw` does it, at that scale or any other whole number of pixels a patch
   * @throws SnowglobeError for a picture of another layout
   */
  apply(world: DrawnWorld, atlas: AtlasPicture): RedrawnWorld;
}
