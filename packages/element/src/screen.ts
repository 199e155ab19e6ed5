import type { Frame } from '@snowglobe/runtime/browser';

/** Pixels of a frame's shorter side from which on its lines are fine, and the share of the room that it then fills at least. */
const finePixels = 128;
const leastFilled = 0.9;

/** As much of a canvas as frames need: those of pages and workers have it, and those that packages bring to Node. */
export interface DrawingCanvas {
  width: number;
  height: number;
  getContext(kind: '2d', options?: { readonly alpha?: boolean }): DrawingContext | null;
}

export interface DrawingContext {
  createImageData(width: number, height: number): { readonly data: Uint8ClampedArray };
  putImageData(image: never, x: number, y: number): void;
}

/** Draws a frame on a canvas, which is given its size. @returns whether it had another one */
export function paint(
  canvas: { width: number; height: number },
  context: DrawingContext,
  { width, height, rgba }: Pick<Frame, 'width' | 'height' | 'rgba'>,
): boolean {
  const isNew = canvas.width !== width || canvas.height !== height;
  if (isNew) Object.assign(canvas, { width, height });
  const image = context.createImageData(width, height);
  image.data.set(rgba);
  context.putImageData(image as never, 0, 0);
  return isNew;
}

/** Draws frames on a canvas of the world's own size, which the browser enlarges by whole pixels where it can. */
export class Screen {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;

  constructor(canvas: HTMLCanvasElement, box: Element) {
    this.#canvas = canvas;
    this.#context = canvas.getContext('2d', { alpha: false })!;
    new ResizeObserver(() => this.#fit(box)).observe(box);
    this.#fit(box);
  }

  show(frame: Frame): void {
    if (paint(this.#canvas, this.#context, frame)) this.#fit(this.#canvas.parentElement!);
  }

  #fit(box: Element): void {
    const { width, height } = this.#canvas;
    const ratio = globalThis.devicePixelRatio || 1;
    const room = Math.min((box.clientWidth * ratio) / width, (box.clientHeight * ratio) / height);
    // Whole device pixels for each pixel of the world: no line is thicker than its neighbour. In fine art that is hardly seen, and
    // does not count where it would leave much of the room empty.
    const whole = Math.floor(room);
    const fills = Math.min(width, height) < finePixels || whole / room >= leastFilled;
    const scale = (room >= 1 && fills ? whole : room) / ratio;
    this.#canvas.style.width = `${width * scale}px`;
    this.#canvas.style.height = `${height * scale}px`;
  }
}
