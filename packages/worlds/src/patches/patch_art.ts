import type { Rgb } from '../canvas.js';

/** Colours by character of the rows of text that pictures are drawn as. */
export type Palette = Readonly<Record<string, Rgb>>;
/** Pictures of a look by the names of what a cell shows: (size, size, 3) RGB bytes each. */
export type PatchPictures = ReadonlyMap<string, Uint8Array>;

/** What each picture that a cell can show is called, as files and evaluations read it. */
export interface PatchLegend {
  /** Side of a cell in pixels. */
  readonly cell: number;
  readonly rows: number;
  readonly columns: number;
  /** The first rows show the world, those below how the player fares. */
  readonly viewRows: number;
  readonly player: { readonly row: number; readonly column: number };
  /** RGB bytes of each picture in base64, row by row; `, LOOK` ends the names of pictures that are not the same in every look. */
  readonly names: Readonly<Record<string, string>>;
}

/** The pictures of a look while they are drawn. Names that are drawn twice, and colours that are missing, are errors. */
export class PatchPainter {
  readonly pictures = new Map<string, Uint8Array>();

  constructor(
    private readonly size: number,
    private readonly palette: Palette,
  ) {}

  /** One cell, a character a pixel. */
  patch(name: string, rows: readonly string[], colours: Palette = {}): void {
    if (this.pictures.has(name)) throw new Error(`the patch '${name}' is drawn twice`);
    const { size } = this;
    if (rows.length !== size || rows.some((row) => row.length !== size)) {
      throw new Error(`the patch '${name}' is not ${size}x${size}: ${rows.join('/')}`);
    }
    const out = new Uint8Array(size * size * 3);
    rows.forEach((row, y) => {
      for (let x = 0; x < size; x++) {
        const colour = colours[row[x]!] ?? this.palette[row[x]!];
        if (!colour) throw new Error(`the patch '${name}' has no colour '${row[x]!}'`);
        out.set(colour, (y * size + x) * 3);
      }
    });
    this.pictures.set(name, out);
  }

  /** A picture of several cells, row by row; `nameOf` gives each a name, or none to what is not needed. */
  sprite(rows: readonly string[], nameOf: (cell: number) => string | undefined, colours: Palette = {}): void {
    cutCells(rows, this.size).forEach((cell, index) => {
      const name = nameOf(index);
      if (name !== undefined) this.patch(name, cell, colours);
    });
  }
}

/** A picture as the cells that it is made of, row by row. */
function cutCells(rows: readonly string[], size: number): string[][] {
  const cells: string[][] = [];
  for (let y = 0; y < rows.length; y += size) {
    for (let x = 0; x < rows[0]!.length; x += size) {
      cells.push(rows.slice(y, y + size).map((row) => row.slice(x, x + size)));
    }
  }
  return cells;
}

/** A square picture after quarter turns to the right. */
export function turned(rows: readonly string[], quarters: number): string[] {
  let out = [...rows];
  for (let turn = 0; turn < quarters % 4; turn++) {
    out = out.map((_, y) => out.map((_, x) => out[out.length - 1 - x]![y]!).join(''));
  }
  return out;
}

/**
 * Draws a frame of patches.
 * @param names what each cell shows, row by row
 * @param out (rows x size, columns x size, 3) bytes to draw into
 * @returns `out`
 */
export function drawPatches(
  pictures: PatchPictures,
  names: readonly string[],
  columns: number,
  out: Uint8Array,
): Uint8Array {
  const size = Math.sqrt(pictures.values().next().value!.length / 3);
  const stride = columns * size * 3;
  names.forEach((name, cell) => {
    const picture = pictures.get(name);
    if (!picture) throw new Error(`there is no patch '${name}'`);
    const from = Math.floor(cell / columns) * size * stride + (cell % columns) * size * 3;
    for (let row = 0; row < size; row++) {
      out.set(picture.subarray(row * size * 3, (row + 1) * size * 3), from + row * stride);
    }
  });
  return out;
}

/** Names of all pictures of all looks. A picture that has several names, as the lower halves of 5 and 9, goes by the first of them. */
export function legendNames(looks: ReadonlyMap<string, PatchPictures>): Record<string, string> {
  const names = new Map<string, string>();
  const [first, ...others] = [...looks.values()];
  for (const [name, picture] of first!) {
    const text = base64(picture);
    const isShared = others.every((pictures) => base64(pictures.get(name)!) === text);
    if (isShared && !names.has(text)) names.set(text, name);
  }
  for (const [look, pictures] of looks) {
    for (const [name, picture] of pictures) {
      const text = base64(picture);
      if (!names.has(text)) names.set(text, `${name}, ${look}`);
    }
  }
  return Object.fromEntries([...names].map(([text, name]) => [name, text]));
}

const base64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));
