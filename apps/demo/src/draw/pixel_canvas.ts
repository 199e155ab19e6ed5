export type Colour = readonly [red: number, green: number, blue: number];

/** A rectangle of pixels. */
interface Area {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

const contains = ({ left, top, width, height }: Area, x: number, y: number): boolean =>
  x >= left && x < left + width && y >= top && y < top + height;

/** Pictures kept for taking back. */
const mostUndos = 50;

/** A small picture that is drawn pixel by pixel. Knows no page. */
export class PixelCanvas {
  readonly width: number;
  readonly height: number;
  #data: Uint8ClampedArray<ArrayBuffer>;
  #before: Uint8ClampedArray<ArrayBuffer>[] = [];

  constructor(width: number, height: number, background: Colour) {
    this.width = width;
    this.height = height;
    this.#data = new Uint8ClampedArray(width * height * 4);
    this.#flood(background);
  }

  /** (height, width, 4), opaque. */
  get data(): Uint8ClampedArray<ArrayBuffer> {
    return this.#data;
  }

  get canUndo(): boolean {
    return this.#before.length > 0;
  }

  /** Call before each stroke, fill or picture that `undo` should take back as one. */
  remember(): void {
    this.#before.push(this.#data.slice());
    if (this.#before.length > mostUndos) this.#before.shift();
  }

  undo(): void {
    this.#data = this.#before.pop() ?? this.#data;
  }

  clear(colour: Colour): void {
    this.#flood(colour);
  }

  /**
   * Takes over a picture of the same size.
   * @param without the pixels that stay as they are; default none
   */
  paste(rgba: Uint8ClampedArray, without?: Area): void {
    for (let y = 0; y < this.height; y++) {
      for (let x = 0; x < this.width; x++) {
        if (without && contains(without, x, y)) continue;
        const at = (y * this.width + x) * 4;
        this.#set(x, y, [rgba[at]!, rgba[at + 1]!, rgba[at + 2]!]);
      }
    }
  }

  colourAt(x: number, y: number): Colour {
    const at = (y * this.width + x) * 4;
    return [this.#data[at]!, this.#data[at + 1]!, this.#data[at + 2]!];
  }

  /** A square of `size` pixels around a point. */
  dot(x: number, y: number, size: number, colour: Colour): void {
    const first = -Math.floor((size - 1) / 2);
    for (let dy = first; dy < first + size; dy++) {
      for (let dx = first; dx < first + size; dx++) this.#set(x + dx, y + dy, colour);
    }
  }

  /** A line by Bresenham's algorithm, both ends included. */
  line(x0: number, y0: number, x1: number, y1: number, size: number, colour: Colour): void {
    const [dx, dy] = [Math.abs(x1 - x0), -Math.abs(y1 - y0)];
    const [stepX, stepY] = [Math.sign(x1 - x0), Math.sign(y1 - y0)];
    let [x, y, error] = [x0, y0, dx + dy];
    for (;;) {
      this.dot(x, y, size, colour);
      if (x === x1 && y === y1) return;
      const twice = 2 * error;
      if (twice >= dy) {
        error += dy;
        x += stepX;
      }
      if (twice <= dx) {
        error += dx;
        y += stepY;
      }
    }
  }

  /** Fills the area of one colour around a point. */
  fill(x: number, y: number, colour: Colour): void {
    if (!this.#isInside(x, y)) return;
    const old = this.colourAt(x, y);
    if (same(old, colour)) return;
    const waiting: [number, number][] = [[x, y]];
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const [px, py] = next;
      if (!this.#isInside(px, py) || !same(this.colourAt(px, py), old)) continue;
      this.#set(px, py, colour);
      waiting.push([px + 1, py], [px - 1, py], [px, py + 1], [px, py - 1]);
    }
  }

  #isInside(x: number, y: number): boolean {
    return x >= 0 && y >= 0 && x < this.width && y < this.height;
  }

  #set(x: number, y: number, colour: Colour): void {
    if (this.#isInside(x, y)) this.#data.set([...colour, 255], (y * this.width + x) * 4);
  }

  #flood(colour: Colour): void {
    for (let y = 0; y < this.height; y++) for (let x = 0; x < this.width; x++) this.#set(x, y, colour);
  }
}

const same = (a: Colour, b: Colour): boolean => a.every((value, i) => value === b[i]);

/** The colours that a picture is made of: the commonest first, no two alike. */
export function paletteOf(rgba: Uint8Array | Uint8ClampedArray, channels: number, most: number): Colour[] {
  const counts = new Map<number, { count: number; sum: [number, number, number] }>();
  for (let i = 0; i + 2 < rgba.length; i += channels) {
    const [r, g, b] = [rgba[i]!, rgba[i + 1]!, rgba[i + 2]!];
    const key = ((r >> 5) << 6) | ((g >> 5) << 3) | (b >> 5);
    const bucket = counts.get(key) ?? { count: 0, sum: [0, 0, 0] };
    bucket.count++;
    [r, g, b].forEach((value, c) => (bucket.sum[c]! += value));
    counts.set(key, bucket);
  }
  return [...counts.values()]
    .sort((a, b) => b.count - a.count)
    .slice(0, most)
    .map(({ count, sum }) => sum.map((value) => Math.round(value / count)) as unknown as Colour);
}

export function toHex(colour: Colour): string {
  return `#${colour.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}

export function fromHex(text: string): Colour {
  return [1, 3, 5].map((at) => Number.parseInt(text.slice(at, at + 2), 16)) as unknown as Colour;
}
