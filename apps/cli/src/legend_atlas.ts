import type { Legend } from '@snowglobe/eval';
import { SnowglobeError } from '@snowglobe/graph';
import type { Image } from '@snowglobe/media';
import type { AtlasPicture } from '@snowglobe/model';
import { cutTiles, layTiles } from '@snowglobe/model/internal';

/**
 * An atlas in the large pictures of a legend: each tile of the world is looked up among the legend's small pictures, which it must
 * equal byte for byte.
 * @param own the world's own atlas
 * @param count tiles of the world
 * @param large the legend's large pictures, RGB
 * @throws SnowglobeError for a legend of another scale or without large pictures, and for tiles that it does not name
 */
export function legendAtlas(
  own: AtlasPicture,
  count: number,
  { cell, pictures, large: layout }: Legend,
  large: Image,
): AtlasPicture {
  if (!layout) throw new SnowglobeError('legend: it has no large pictures; add its field large.');
  const codeOf = new Map(pictures.map((picture, code) => [picture.join(), code]));
  const bytes = cell * cell * 3;
  const tiles = cutTiles(own, count);
  const codes = Array.from({ length: count }, (_, k) =>
    codeOf.get(tiles.subarray(k * bytes, (k + 1) * bytes).join()),
  );
  const unknown = codes.filter((code) => code === undefined).length;
  if (tiles.length !== count * bytes || unknown > 0) {
    throw new SnowglobeError(
      `legend: ${unknown} of the world's ${count} tiles are none of its ${pictures.length} pictures of ${cell}x${cell} pixels; use the legend of the game that the world was learned from.`,
    );
  }
  const rows = Math.ceil(pictures.length / layout.columns);
  if (large.width !== layout.columns * layout.cell || large.height !== rows * layout.cell) {
    throw new SnowglobeError(
      `legend: its large pictures are ${large.width}x${large.height} pixels, and ${pictures.length} of ${layout.cell}x${layout.cell}, ${layout.columns} in a row, take ${layout.columns * layout.cell}x${rows * layout.cell}; mend the legend.`,
    );
  }
  const size = layout.cell;
  const drawn = new Uint8Array(count * size * size * 3);
  codes.forEach((code, k) => {
    const [row, column] = [Math.floor(code! / layout.columns), code! % layout.columns];
    for (let y = 0; y < size; y++) {
      const from = ((row * size + y) * large.width + column * size) * 3;
      drawn.set(large.data.subarray(from, from + size * 3), (k * size + y) * size * 3);
    }
  });
  return layTiles(drawn, count, size);
}
