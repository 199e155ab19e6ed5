import type { MapPicture, RememberedMap, StateValuesOf } from '../../../family/tiles.js';
import type { MapConfig, PatchesConfig } from '../config/config.js';
import { frameCells, patchPixels } from '../config/config.js';
import type { CellRect } from '../../../memory/cells.js';
import { mapWindow } from '../../../memory/map/geometry.js';
import { codebookName } from '../tokenizer/patches.js';
import { mapName } from './state.js';
import { tilesOf } from './tiles.js';

/** The map as a picture: a pixel a cell, in the mean colour of the patch that was seen there last. */
export function mapPicture(config: MapConfig): RememberedMap {
  const tiles = tilesOf(config);
  return {
    state: [...tiles.state, mapName],
    painter(world) {
      const { codesOf } = tiles.reader(world);
      const colours = meanColours(world.tensors.get(codebookName)!.data as Float32Array, config);
      return (state) => draw(seenPlaces(state, codesOf(state), config), colours, config);
    },
  };
}

/** Codes from 1 of the places of the map, with those of the last frame in its middle; 0: never seen. */
function seenPlaces(state: StateValuesOf, codes: Int32Array, config: MapConfig): Int32Array {
  const { view, map } = config;
  const window = mapWindow(view, map);
  const places = (state.get(mapName) as Int32Array).slice();
  const { columns } = frameCells(config);
  for (let row = 0; row < view.rows; row++) {
    for (let column = 0; column < view.columns; column++) {
      const place = (window.top + row) * map.columns + window.left + column;
      places[place] = codes[(view.top + row) * columns + view.left + column]! + 1;
    }
  }
  return places;
}

/** @param colours (K, 3) */
function draw(
  places: Int32Array,
  colours: Uint8ClampedArray,
  { map, view }: Pick<MapConfig, 'map' | 'view'>,
): MapPicture {
  const seen = boundsOf(places, map.columns);
  const rgba = new Uint8ClampedArray(seen.rows * seen.columns * 4);
  for (let row = 0; row < seen.rows; row++) {
    for (let column = 0; column < seen.columns; column++) {
      const code = places[(seen.top + row) * map.columns + seen.left + column]! - 1;
      if (code < 0) continue;
      const at = (row * seen.columns + column) * 4;
      rgba.set(colours.subarray(code * 3, code * 3 + 3), at);
      rgba[at + 3] = 255;
    }
  }
  const window = mapWindow(view, map);
  return {
    ...{ width: seen.columns, height: seen.rows, rgba },
    view: { ...window, top: window.top - seen.top, left: window.left - seen.left },
  };
}

/** The smallest rectangle around everything that was seen; the view is always part of it. */
function boundsOf(places: Int32Array, columns: number): CellRect {
  let [top, bottom, left, right] = [Infinity, -1, Infinity, -1];
  places.forEach((code, place) => {
    if (code === 0) return;
    const [row, column] = [Math.floor(place / columns), place % columns];
    [top, bottom] = [Math.min(top, row), Math.max(bottom, row)];
    [left, right] = [Math.min(left, column), Math.max(right, column)];
  });
  return { top, left, rows: bottom - top + 1, columns: right - left + 1 };
}

/** (K, 3) bytes of patches (K, S·S·3) in −1 … 1. */
function meanColours(patches: Float32Array, config: PatchesConfig): Uint8ClampedArray {
  const numbers = patchPixels(config);
  const colours = new Uint8ClampedArray(config.codebook * 3);
  for (let k = 0; k < config.codebook; k++) {
    for (let c = 0; c < 3; c++) {
      let sum = 0;
      for (let i = c; i < numbers; i += 3) sum += patches[k * numbers + i]!;
      colours[k * 3 + c] = ((sum * 3) / numbers + 1) * 127.5;
    }
  }
  return colours;
}
