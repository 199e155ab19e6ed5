import type { TensorData } from '@snowglobe/graph';
import type { CellRect } from '../memory/cells.js';
import type { DrawnWorld } from './atlas.js';

/** Values of a session's state by variable, for one world: those that a part asks for. */
export type StateValuesOf = ReadonlyMap<string, TensorData>;

/** Of worlds whose frames are a grid of cells that each show one tile of an atlas. */
export interface Tiles {
  /** Cells of a frame. */
  readonly rows: number;
  readonly columns: number;
  /** Tiles of the atlas; codes count from 0. */
  readonly count: number;
  /** The cells that scroll as the view moves; the others stand still, as an inventory does. */
  readonly view: CellRect;
  /** Variables of the state that codes are read off. */
  readonly state: readonly string[];
  /** @param world whose own art tiles are compared with */
  reader(world: Pick<DrawnWorld, 'tensors'>): TileReader;
}

/** Reads frames as codes, and draws codes in the world's own art. */
export interface TileReader {
  /** The codes (rows, columns) of the last frame; of a prompt the nearest tiles, by squared difference. */
  codesOf(state: StateValuesOf): Int32Array;
  /** @returns the frame (H, W, 3) in −1 … 1 */
  draw(codes: Int32Array): Float32Array;
}

/** Of worlds that remember what was seen where on a plane: how that is drawn. */
export interface RememberedMap {
  /** Variables of the state that it is drawn of. */
  readonly state: readonly string[];
  /** @param world whose own art gives the colours */
  painter(world: Pick<DrawnWorld, 'tensors'>): (state: StateValuesOf) => MapPicture;
}

/** What a session remembers, a pixel a cell, cut to what was seen. */
export interface MapPicture {
  readonly width: number;
  readonly height: number;
  /** (height, width, 4); what was never seen is transparent. */
  readonly rgba: Uint8ClampedArray;
  /** Where the view is: a pixel a cell. */
  readonly view: CellRect;
}
