import type { DrawingCanvas, DrawingContext } from '../screen.js';

/** A canvas of Node that keeps what is drawn. */
export class MemoryCanvas implements DrawingCanvas {
  width = 1;
  height = 1;
  pixels: Uint8ClampedArray = new Uint8ClampedArray();

  getContext(): DrawingContext {
    return {
      createImageData: (width, height) => ({ data: new Uint8ClampedArray(width * height * 4) }),
      putImageData: ({ data }: { readonly data: Uint8ClampedArray }) => void (this.pixels = data),
    };
  }
}
