import type { PromptImage, TileGrid } from '@snowglobe/runtime/browser';

/** The size of a world's frames, and the cells that they are made of. */
export interface FrameLayout {
  readonly width: number;
  readonly height: number;
  readonly tiles?: TileGrid | undefined;
}

/** Whether a picture is a frame of the world, as it is or enlarged, and not some other picture. */
export function isFrameOf({ width, height }: PromptImage, world: FrameLayout): boolean {
  const scale = width / world.width;
  return Number.isInteger(scale) && height === world.height * scale;
}

/**
 * Any picture as a frame of a world of which a part stands still, as an inventory does: the picture covers the part that scrolls,
 * and the rest is that of a frame that is known. Frames of the world stay as they are, and so do pictures for other worlds.
 * @param known a frame of the world, of its size
 */
export function asFrame(
  picture: PromptImage,
  world: FrameLayout,
  known: PromptImage | undefined,
): PromptImage {
  const { width, height, tiles } = world;
  if (!tiles || !known || isFrameOf(picture, world)) return picture;
  const { rows, columns, view } = tiles;
  if (view.rows === 0 || (view.rows === rows && view.columns === columns)) return picture;
  const size = Math.min(Math.floor(width / columns), Math.floor(height / rows));
  const box = { width: view.columns * size, height: view.rows * size };
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
  context.drawImage(canvasOf(known), 0, 0, width, height);
  const scale = Math.max(box.width / picture.width, box.height / picture.height);
  const part = { width: box.width / scale, height: box.height / scale };
  context.imageSmoothingQuality = 'high';
  context.drawImage(
    canvasOf(picture),
    ...([(picture.width - part.width) / 2, (picture.height - part.height) / 2] as const),
    ...([part.width, part.height, view.left * size, view.top * size, box.width, box.height] as const),
  );
  return { width, height, data: context.getImageData(0, 0, width, height).data, marks: picture.marks };
}

function canvasOf({ width, height, data }: PromptImage): OffscreenCanvas {
  const rgba = new Uint8ClampedArray(width * height * 4).fill(255);
  const channels = data.length / (width * height);
  for (let pixel = 0; pixel < width * height; pixel++) {
    rgba.set(data.subarray(pixel * channels, (pixel + 1) * channels), pixel * 4);
  }
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext('2d')!.putImageData(new ImageData(rgba, width, height), 0, 0);
  return canvas;
}
