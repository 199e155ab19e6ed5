import type { MapPicture, RemoteWorld } from '@snowglobe/runtime/browser';

/** Milliseconds between two looks at what the session remembers. */
const lookEvery = 330;
/** Pixels of the page that a cell has at most, and the share of the picture that the map takes at most. */
const largestCell = 6;
const largestShare = 0.3;
/** Pixels of the page between it and the edges of the picture. */
const margin = 8;

/** What a map is shown of and on. */
export interface MapHost {
  /** The world that is played; undefined where none is open, or no map is wanted. */
  world(): Pick<RemoteWorld, 'map'> | undefined;
  canvas(): HTMLCanvasElement | null;
  /** The picture, in a corner of which it stands. */
  screen(): HTMLElement | null;
}

/** Shows what a session remembers, a few times a second at most: the frames come first. */
export class MapView {
  readonly #host: MapHost;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #last = -Infinity;
  #asks = false;
  #isStale = false;

  constructor(host: MapHost) {
    this.#host = host;
  }

  /** There may be more to be seen. */
  look(): void {
    if (this.#asks) this.#isStale = true;
    if (this.#asks || this.#timer !== undefined || !this.#host.world()) return;
    const wait = Math.max(0, this.#last + lookEvery - performance.now());
    this.#timer = setTimeout(() => void this.#ask(), wait);
  }

  async #ask(): Promise<void> {
    this.#timer = undefined;
    this.#last = performance.now();
    const world = this.#host.world();
    this.#asks = true;
    this.#isStale = false;
    // A world that fails or ends says so at its next frame.
    const map = await world?.map().catch(() => undefined);
    this.#asks = false;
    const canvas = this.#host.canvas();
    const screen = this.#host.screen();
    if (map && canvas && screen && world === this.#host.world()) {
      drawMap(canvas, map, screen.offsetWidth);
      // The picture may be smaller than the frame that both stand in.
      const beside = (screen.parentElement?.clientWidth ?? 0) - screen.offsetLeft - screen.offsetWidth;
      canvas.style.margin = `${screen.offsetTop + margin}px ${beside + margin}px 0 0`;
    }
    if (this.#isStale) this.look();
  }
}

/** @param room pixels of the page */
function drawMap(canvas: HTMLCanvasElement, { width, height, rgba, view }: MapPicture, room: number): void {
  const ratio = globalThis.devicePixelRatio || 1;
  const share = (room * largestShare) / Math.max(width, height);
  // Whole device pixels for each cell, where there is room for so many.
  const most = Math.min(largestCell, share) * ratio;
  const scale = most >= 1 ? Math.floor(most) : most;
  canvas.width = Math.ceil(width * scale);
  canvas.height = Math.ceil(height * scale);
  canvas.style.width = `${canvas.width / ratio}px`;
  canvas.style.height = `${canvas.height / ratio}px`;
  canvas.hidden = false;
  canvas.setAttribute('aria-label', `Map of what was seen so far, ${width} by ${height} places`);
  const cells = new OffscreenCanvas(width, height);
  cells
    .getContext('2d')!
    .putImageData(new ImageData(rgba as Uint8ClampedArray<ArrayBuffer>, width, height), 0, 0);
  const context = canvas.getContext('2d')!;
  context.imageSmoothingEnabled = false;
  context.drawImage(cells, 0, 0, canvas.width, canvas.height);
  // Where the view is: white within black, to be seen on any ground.
  const line = Math.max(1, Math.round(ratio));
  for (const [colour, inset] of [
    ['#000', 0.5],
    ['#fff', 1.5],
  ] as const) {
    context.strokeStyle = colour;
    context.lineWidth = line;
    const [x, y] = [view.left * scale + inset * line, view.top * scale + inset * line];
    context.strokeRect(x, y, view.columns * scale - 2 * inset * line, view.rows * scale - 2 * inset * line);
  }
}
