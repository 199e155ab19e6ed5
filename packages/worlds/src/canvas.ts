/** A colour as three bytes. */
export type Rgb = readonly [number, number, number];

/** A picture with see-through pixels: `pixels` holds indices into `colours`, -1 is see-through. */
export interface Sprite {
  readonly width: number;
  readonly height: number;
  readonly pixels: Int8Array;
  readonly colours: readonly Rgb[];
}

/** `#rrggbb` as bytes. */
export function parseColour(hex: string): Rgb {
  const value = Number.parseInt(hex.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

/** `amount` of the way from `a` (0) to `b` (1). */
export function mix(a: Rgb, b: Rgb, amount: number): Rgb {
  const channel = (i: 0 | 1 | 2): number => Math.round(a[i] + (b[i] - a[i]) * amount);
  return [channel(0), channel(1), channel(2)];
}

/** A sprite from rows of text, a character a pixel; characters that are not in `colours` are see-through. */
export function parseSprite(rows: readonly string[], colours: Readonly<Record<string, string>>): Sprite {
  const keys = Object.keys(colours);
  const width = rows[0]!.length;
  const pixels = new Int8Array(width * rows.length);
  rows.forEach((row, y) => {
    for (let x = 0; x < width; x++) pixels[y * width + x] = keys.indexOf(row[x]!);
  });
  return { width, height: rows.length, pixels, colours: Object.values(colours).map(parseColour) };
}

/** An RGB picture to draw on; whatever lies outside is cut off. */
export class Canvas {
  constructor(
    readonly width: number,
    readonly height: number,
    /** (height, width, 3) */
    readonly data: Uint8Array,
  ) {}

  set(x: number, y: number, colour: Rgb): void {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return;
    const at = (y * this.width + x) * 3;
    this.data[at] = colour[0];
    this.data[at + 1] = colour[1];
    this.data[at + 2] = colour[2];
  }

  /** Fills columns [x, x + width) of rows [y, y + height). */
  fill(x: number, y: number, width: number, height: number, colour: Rgb): void {
    for (let row = Math.max(0, y); row < Math.min(this.height, y + height); row++) {
      for (let column = Math.max(0, x); column < Math.min(this.width, x + width); column++) {
        this.set(column, row, colour);
      }
    }
  }

  draw(sprite: Sprite, x: number, y: number, flip = false): void {
    for (let row = 0; row < sprite.height; row++) {
      for (let column = 0; column < sprite.width; column++) {
        const from = flip ? sprite.width - 1 - column : column;
        const index = sprite.pixels[row * sprite.width + from]!;
        if (index >= 0) this.set(x + column, y + row, sprite.colours[index]!);
      }
    }
  }
}
