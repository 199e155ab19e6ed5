import type { MapGeometry, MapTables } from './geometry.js';
import { mapTables, oldestAge } from './geometry.js';
import { cellsOf, freshness } from '../cells.js';

/** What the map tells of the next frame. P cells. */
export interface MapHint {
  /** (P): the code that the map shows, plus 1; 0 where nothing was ever seen. */
  readonly codes: Int32Array;
  /** (P): see `freshness`. */
  readonly freshness: Uint8Array;
  /** (P): frames since a cell of the last frame changed, plus 1, at most `oldestAge`; 0 where that is not known. */
  readonly ages: Uint8Array;
}

/**
 * The map of one world as arrays, for recordings: what `mapStep` does as a graph.
 *
 * A frame is seen, then a motion moves the view, and the map says what it knows of the next frame.
 */
export class MapMemory {
  readonly #tables: MapTables;
  readonly #cells: number;
  #canvas: Int32Array;
  #next: Int32Array;
  readonly #ages: Uint8Array;
  #last: Int32Array | undefined;
  #hint: MapHint | undefined;

  constructor(geometry: MapGeometry, tables: MapTables = mapTables(geometry)) {
    this.#tables = tables;
    this.#cells = cellsOf(geometry.frame);
    this.#canvas = new Int32Array(cellsOf(geometry.canvas));
    this.#next = new Int32Array(this.#canvas.length);
    this.#ages = new Uint8Array(this.#cells);
  }

  /** @param codes (P) of the frame that was drawn, or recorded */
  see(codes: ArrayLike<number>): void {
    const seen = Int32Array.from(codes, (code) => code + 1);
    const hint = this.#hint;
    if (hint) {
      for (let cell = 0; cell < this.#cells; cell++) {
        const isKnown = hint.freshness[cell] === freshness.last;
        const age = hint.ages[cell]!;
        const older = age === 0 ? 0 : Math.min(age + 1, oldestAge);
        this.#ages[cell] = !isKnown ? 0 : seen[cell] !== hint.codes[cell] ? 1 : older;
      }
    }
    this.#last = seen;
  }

  /** Moves the view, by the index of a motion. */
  move(motion: number): MapHint {
    const last = this.#last;
    if (!last) throw new Error('map: no frame was seen');
    const [cells, places] = [this.#cells, this.#canvas.length];
    const { hint, canvas, isInView } = this.#tables;
    const codeAt = (source: number): number =>
      source < cells ? last[source]! : source < cells + places ? this.#canvas[source - cells]! : 0;
    const codes = new Int32Array(cells);
    const fresh = new Uint8Array(cells);
    const ages = new Uint8Array(cells);
    for (let cell = 0; cell < cells; cell++) {
      const at = motion * cells + cell;
      const source = hint[at]!;
      codes[cell] = codeAt(source);
      fresh[cell] = isInView[at] ? freshness.last : codes[cell] === 0 ? freshness.never : freshness.earlier;
      ages[cell] = source < cells ? this.#ages[source]! : 0;
    }
    if (places > 0) {
      const from = motion * places;
      for (let place = 0; place < places; place++) this.#next[place] = codeAt(canvas[from + place]!);
      [this.#canvas, this.#next] = [this.#next, this.#canvas];
    }
    return (this.#hint = { codes, freshness: fresh, ages });
  }
}
