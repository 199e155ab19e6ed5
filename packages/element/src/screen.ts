import type { Frame } from '@snowglobe/runtime/browser';

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

  show({ width, height, rgba }: Frame): void {
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      this.#canvas.width = width;
      this.#canvas.height = height;
      this.#fit(this.#canvas.parentElement!);
    }
    this.#context.putImageData(new ImageData(rgba as Uint8ClampedArray<ArrayBuffer>, width, height), 0, 0);
  }

  #fit(box: Element): void {
    const { width, height } = this.#canvas;
    const ratio = globalThis.devicePixelRatio || 1;
    const room = Math.min((box.clientWidth * ratio) / width, (box.clientHeight * ratio) / height);
    // Whole device pixels for each pixel of the world: no line is thicker than its neighbour.
    const scale = (room >= 1 ? Math.floor(room) : room) / ratio;
    this.#canvas.style.width = `${width * scale}px`;
    this.#canvas.style.height = `${height * scale}px`;
  }
}
