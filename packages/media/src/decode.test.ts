import { encode } from 'jpeg-js';
import { describe, expect, test } from 'vitest';
import { decodeImage } from './decode.js';

/** A picture that JPEG keeps well: a smooth gradient with every corner in another colour. */
function gradient(width: number, height: number): { width: number; height: number; data: Buffer } {
  const data = Buffer.alloc(width * height * 4, 255);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      data.set([(x * 255) / (width - 1), (y * 255) / (height - 1), 128], (y * width + x) * 4);
    }
  }
  return { width, height, data };
}

/** Puts an Exif segment with an orientation behind the start marker. */
function withOrientation(jpeg: Buffer, orientation: number): Buffer {
  const exif = Buffer.concat([
    Buffer.from('Exif\0\0MM\0*', 'latin1'),
    Buffer.from([0, 0, 0, 8, 0, 1]), // one entry at offset 8
    Buffer.from([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0]), // tag, SHORT, one value
    Buffer.alloc(4),
  ]);
  const segment = Buffer.from([0xff, 0xe1, 0, exif.length + 2]);
  return Buffer.concat([jpeg.subarray(0, 2), segment, exif, jpeg.subarray(2)]);
}

describe('JPEG', () => {
  const source = gradient(24, 16);
  const jpeg = encode(source, 95).data;

  test('is read close to what was written', () => {
    const image = decodeImage(jpeg);
    expect([image.width, image.height, image.channels]).toEqual([24, 16, 3]);
    let worst = 0;
    for (let i = 0; i < 24 * 16; i++) {
      for (let c = 0; c < 3; c++)
        worst = Math.max(worst, Math.abs(image.data[i * 3 + c]! - source.data[i * 4 + c]!));
    }
    expect(worst).toBeLessThan(16);
  });

  // Exif, table 6: where the stored picture's first row and first column are seen.
  test.each([
    [1, 'top left'],
    [2, 'top right'],
    [3, 'bottom right'],
    [4, 'bottom left'],
    [5, 'top left'],
    [6, 'top right'],
    [7, 'bottom right'],
    [8, 'bottom left'],
  ])('orientation %i shows the first pixel at the %s', (orientation, corner) => {
    const image = decodeImage(withOrientation(jpeg, orientation));
    const swaps = orientation >= 5;
    expect([image.width, image.height]).toEqual(swaps ? [16, 24] : [24, 16]);
    const pixel = (x: number, y: number) =>
      image.data.subarray((y * image.width + x) * 3, (y * image.width + x) * 3 + 2);
    const [vertical, horizontal] = corner.split(' ');
    const x = horizontal === 'left' ? 0 : image.width - 1;
    const y = vertical === 'top' ? 0 : image.height - 1;
    // The stored picture's first pixel is the only one without red and green.
    expect(Math.max(...pixel(x, y))).toBeLessThan(20);
    // Going down the side, red grows where rows and columns are exchanged, else green.
    const below = pixel(x, y === 0 ? image.height - 1 : 0);
    expect(below[swaps ? 0 : 1]).toBeGreaterThan(235);
  });

  test('a picture of too many pixels is refused by its header', () => {
    const large = Buffer.from(jpeg);
    const frame = large.indexOf(Buffer.from([0xff, 0xc0]));
    large.writeUInt16BE(20_000, frame + 5);
    large.writeUInt16BE(20_000, frame + 7);
    expect(() => decodeImage(large, 'p.jpg')).toThrow('p.jpg is 20000x20000 pixels, more than the limit');
    large.writeUInt16BE(0, frame + 5);
    large.writeUInt16BE(0, frame + 7);
    expect(() => decodeImage(large, 'p.jpg')).toThrow('p.jpg is 0x0 pixels');
  });

  test('a damaged file is refused with one sentence', () => {
    for (const length of [3, 20, 200, jpeg.length - 20]) {
      expect(() => decodeImage(jpeg.subarray(0, length), 'p.jpg')).toThrow(
        'p.jpg is a damaged or incomplete JPEG; save it anew',
      );
    }
  });
});

test.each([
  ['a GIF', Buffer.from('GIF89a0000000000')],
  ['a WebP image', Buffer.from('RIFF0000WEBPVP8 ')],
  ['a bitmap (BMP)', Buffer.from('BM00000000000000')],
  ['a video, AVIF or HEIC', Buffer.from('\0\0\0\x20ftypisom0000')],
  ['text (SVG, XML or HTML)', Buffer.from('<svg xmlns="http')],
  ['not an image', Buffer.from('Dear Sir or Madam')],
])('%s is named as what it is', (what, bytes) => {
  expect(() => decodeImage(bytes, 'p.bin')).toThrow(
    `p.bin is ${what}, neither PNG nor JPEG; convert it to PNG`,
  );
});

test('an empty and a huge file are refused', () => {
  expect(() => decodeImage(new Uint8Array(0), 'p.png')).toThrow('p.png is empty; use a PNG or JPEG file');
  expect(() => decodeImage(new Uint8Array(65 * 2 ** 20), 'p.png')).toThrow(
    'p.png has 65 MB, more than the limit',
  );
});
