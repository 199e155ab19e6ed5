import { SnowglobeError } from '@snowglobe/graph';
import { imageSize } from 'image-size';
import { decode } from 'jpeg-js';
import { checkSize, MAX_PIXELS, type Image } from './image.js';

export function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
}

/**
 * Decodes a JPEG into RGB bytes, turned the way its camera says it was held.
 * @param name what is being read, for messages
 * @throws SnowglobeError for files that are damaged or too large
 */
export function decodeJpeg(bytes: Uint8Array, name: string): Image {
  let size: ReturnType<typeof imageSize>;
  try {
    size = imageSize(bytes);
  } catch (cause) {
    throw damaged(name, cause);
  }
  checkSize(name, size.width, size.height);
  let decoded: { width: number; height: number; data: Uint8Array };
  try {
    // A second header in the file could give another size: the decoder holds it to the same limit.
    decoded = decode(bytes, {
      useTArray: true,
      formatAsRGBA: false,
      tolerantDecoding: false,
      maxResolutionInMP: MAX_PIXELS / 1e6,
      maxMemoryUsageInMB: 1500,
    });
  } catch (cause) {
    throw damaged(name, cause);
  }
  const { width, height, data } = decoded;
  return orient({ width, height, channels: 3, data }, size.orientation ?? 1);
}

function damaged(name: string, cause: unknown): SnowglobeError {
  return new SnowglobeError(`${name} is a damaged or incomplete JPEG; save it anew`, { cause });
}

/** Turns a picture upright. `orientation`: the Exif tag, 1 to 8 (CIPA DC-008, section 4.6.4). */
function orient(image: Image, orientation: number): Image {
  if (orientation < 2 || orientation > 8) return image;
  const swaps = orientation >= 5;
  const width = swaps ? image.height : image.width;
  const height = swaps ? image.width : image.height;
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      // Where the upright pixel is found in the stored picture.
      let [column, row] = swaps ? [y, x] : [x, y];
      if ([2, 3, 7, 8].includes(orientation)) column = image.width - 1 - column;
      if ([3, 4, 6, 7].includes(orientation)) row = image.height - 1 - row;
      for (let c = 0; c < 3; c++)
        data[(y * width + x) * 3 + c] = image.data[(row * image.width + column) * 3 + c]!;
    }
  }
  return { width, height, channels: 3, data };
}
