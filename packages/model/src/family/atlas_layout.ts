import { SnowglobeError } from '@snowglobe/graph';
import type { AtlasPicture } from './atlas.js';

/** Tiles in a row of an atlas: tile k stands in row ⌊k / 16⌋, column k mod 16. */
const columns = 16;

/**
 * Pixels of a tile's side in an atlas.
 * @throws SnowglobeError for a picture that is no atlas of so many tiles
 */
export function tileSizeIn({ width, height }: Pick<AtlasPicture, 'width' | 'height'>, tiles: number): number {
  const rows = Math.ceil(tiles / columns);
  const size = width / columns;
  if (Number.isInteger(size) && size >= 1 && height === rows * size) return size;
  throw new SnowglobeError(
    `atlas: a picture of ${width}x${height} is none of ${tiles} tiles; it must be ${columns} tiles wide and ${rows} high, at the same whole number of pixels each.`,
  );
}

/** @param tiles (K, S, S, 3) */
export function layTiles(tiles: Uint8Array, count: number, size: number): AtlasPicture {
  const [width, height] = [columns * size, Math.ceil(count / columns) * size];
  const data = new Uint8Array(width * height * 3);
  forRows(count, size, (tile, atlas) => data.set(tiles.subarray(tile, tile + 3 * size), atlas));
  return { width, height, data };
}

/**
 * The tiles (K, S, S, 3) of an atlas.
 * @throws SnowglobeError for a picture that is no atlas of so many tiles
 */
export function cutTiles(atlas: AtlasPicture, count: number): Uint8Array {
  const size = tileSizeIn(atlas, count);
  const tiles = new Uint8Array(count * size * size * 3);
  forRows(count, size, (tile, at) => tiles.set(atlas.data.subarray(at, at + 3 * size), tile));
  return tiles;
}

/** Each row of pixels of each tile: where it begins among the tiles, and in the atlas. */
function forRows(count: number, size: number, visit: (tile: number, atlas: number) => void): void {
  for (let k = 0; k < count; k++) {
    const [row, column] = [Math.floor(k / columns), k % columns];
    for (let y = 0; y < size; y++) {
      visit((k * size + y) * size * 3, ((row * size + y) * columns + column) * size * 3);
    }
  }
}
