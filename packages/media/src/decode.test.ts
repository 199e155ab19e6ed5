import fc from 'fast-check';
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

interface Exif {
  readonly little?: boolean;
  /** Bytes between the header and the first directory. */
  readonly gap?: number;
  /** Tags of other entries before it. */
  readonly others?: readonly number[];
  readonly orientation: number;
}

/** Exif data with an orientation (CIPA DC-008, section 4.5). */
function tiffOf({ little = false, gap = 0, others = [], orientation }: Exif): Buffer {
  const tiff = Buffer.alloc(8 + gap + 2 + 12 * (others.length + 1) + 4);
  const u16 = (value: number, at: number) =>
    little ? tiff.writeUInt16LE(value, at) : tiff.writeUInt16BE(value, at);
  const u32 = (value: number, at: number) =>
    little ? tiff.writeUInt32LE(value, at) : tiff.writeUInt32BE(value, at);
  tiff.write(little ? 'II' : 'MM');
  u16(42, 2);
  u32(8 + gap, 4);
  u16(others.length + 1, 8 + gap);
  [...others, 0x0112].forEach((tag, i) => {
    const at = 10 + gap + 12 * i;
    u16(tag, at);
    u16(3, at + 2);
    u32(1, at + 4);
    u16(tag === 0x0112 ? orientation : 4, at + 8);
  });
  return tiff;
}
const exifOf = (exif: Exif): Buffer => Buffer.concat([Buffer.from('Exif\0\0'), tiffOf(exif)]);

/** Puts a segment behind the start marker. */
function withSegment(jpeg: Buffer, marker: number, data: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, (data.length + 2) >> 8, (data.length + 2) & 255]);
  return Buffer.concat([jpeg.subarray(0, 2), head, data, jpeg.subarray(2)]);
}
const withOrientation = (jpeg: Buffer, orientation: number): Buffer =>
  withSegment(jpeg, 0xe1, exifOf({ orientation }));

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

  test('the orientation is found in either byte order, at any offset, behind any other entry', () => {
    const exif = fc.record({
      little: fc.boolean(),
      gap: fc.nat(40),
      others: fc.array(fc.integer({ min: 1, max: 0x111 }), { maxLength: 5 }),
      orientation: fc.integer({ min: 1, max: 8 }),
    });
    fc.assert(
      fc.property(exif, ({ little, gap, others, orientation }) => {
        const upright = decodeImage(withOrientation(jpeg, orientation));
        const found = decodeImage(withSegment(jpeg, 0xe1, exifOf({ little, gap, others, orientation })));
        expect(found).toEqual(upright);
      }),
      { numRuns: 60 },
    );
  });

  /** The segment of a marker from its length on, and where it begins. */
  const sof = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
  const sos = jpeg.indexOf(Buffer.from([0xff, 0xda]));
  /** The same without its JFIF segment, which says that it is YCbCr. */
  const bare = Buffer.concat([jpeg.subarray(0, 2), jpeg.subarray(4 + jpeg.readUInt16BE(4))]);
  const adobe = (transform: number): Buffer =>
    Buffer.from([...Buffer.from('Adobe'), 0, 100, 0, 0, 0, 0, transform]);
  const named = (ids: string): Buffer => {
    const copy = Buffer.from(bare);
    const shift = jpeg.length - bare.length;
    [...ids].forEach((id, i) => {
      copy[sof - shift + 10 + 3 * i] = id.charCodeAt(0);
      copy[sos - shift + 5 + 2 * i] = id.charCodeAt(0);
    });
    return copy;
  };

  test.each([
    ['Adobe transform 0', withSegment(bare, 0xee, adobe(0))],
    ['components named R, G and B', named('RGB')],
  ])('samples of RGB are taken as they are: %s', (_, file) => {
    // What was written as YCbCr: the samples of the grey-blue gradient, by BT.601 from what the plain file shows.
    const plain = decodeImage(jpeg).data;
    const found = decodeImage(file).data;
    for (let i = 0; i < plain.length; i += 3) {
      const [r, g, b] = plain.subarray(i, i + 3) as unknown as [number, number, number];
      const y = 0.299 * r + 0.587 * g + 0.114 * b;
      expect(Math.abs(found[i]! - y)).toBeLessThan(4);
      expect(Math.abs(found[i + 1]! - (128 + 0.564 * (b - y)))).toBeLessThan(6);
      expect(Math.abs(found[i + 2]! - (128 + 0.713 * (r - y)))).toBeLessThan(6);
    }
  });

  test.each([
    ['JFIF, whatever Adobe says', withSegment(jpeg, 0xee, adobe(0))],
    ['Adobe transform 1', withSegment(bare, 0xee, adobe(1))],
    ['components named 1, 2 and 3', bare],
    ['components of other names', named('abc')],
  ])('samples are YCbCr otherwise: %s', (_, file) => {
    expect(decodeImage(file)).toEqual(decodeImage(jpeg));
  });

  test('fill bytes may stand before any marker', () => {
    const starts: number[] = [];
    for (let at = 2; at <= sos; at += 2 + jpeg.readUInt16BE(at + 2)) starts.push(at);
    const plain = decodeImage(jpeg);
    for (const at of [...starts, jpeg.length - 2]) {
      for (const count of [1, 2, 3, 7]) {
        const filled = Buffer.concat([jpeg.subarray(0, at), Buffer.alloc(count, 0xff), jpeg.subarray(at)]);
        expect(decodeImage(filled), `${count} at ${at}`).toEqual(plain);
      }
    }
    expect(starts.length).toBeGreaterThan(4);
  });

  test.each([
    ['lossless coding', [0xc3]],
    ['hierarchical coding', [0xc5, 0xc6, 0xc7, 0xde]],
    ['arithmetic coding', [0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf]],
    ['the coding of JPEG-LS', [0xf7]],
  ])('%s is named', (what, markers) => {
    for (const marker of markers) {
      const other = Buffer.from(jpeg);
      other[sof + 1] = marker;
      expect(() => decodeImage(other, 'p.jpg')).toThrow(
        `p.jpg is a JPEG with ${what}, which is not read; save it as a baseline or progressive JPEG, or as PNG`,
      );
    }
  });

  test('twelve bits, two components, four without a meaning and a late height are named', () => {
    const change = (...changes: [at: number, byte: number][]): Buffer => {
      const copy = Buffer.from(jpeg);
      for (const [at, byte] of changes) copy[sof + at] = byte;
      return copy;
    };
    expect(() => decodeImage(change([4, 12]))).toThrow('is a JPEG of 12 bits a sample, which is not read');
    expect(() => decodeImage(change([5, 0], [6, 0]))).toThrow('tells its height only after the picture');
    const components = (count: number): Buffer => {
      const frame = Buffer.concat([jpeg.subarray(sof, sof + 10), Buffer.alloc(3 * count, 0x11)]);
      frame.writeUInt16BE(8 + 3 * count, 2);
      frame[9] = count;
      return Buffer.concat([jpeg.subarray(0, sof), frame, jpeg.subarray(sof + 19)]);
    };
    expect(() => decodeImage(components(2))).toThrow('is a JPEG of 2 components, which is not read');
    expect(() => decodeImage(components(4))).toThrow('of four components without an Adobe marker');
  });

  test('a file that cannot hold its pixels takes no memory for them', () => {
    const large = Buffer.from(jpeg);
    large.writeUInt16BE(8000, sof + 5);
    large.writeUInt16BE(8000, sof + 7);
    const before = process.memoryUsage().arrayBuffers;
    expect(() => decodeImage(large, 'p.jpg')).toThrow('p.jpg is a damaged or incomplete JPEG');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
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
  ['a video', Buffer.from('\0\0\0\x20ftypisom0000')],
  ['an AVIF or HEIC image', Buffer.from('\0\0\0\x20ftypheic0000')],
  ['a TIFF, or a raw photograph', Buffer.from('II*\0\x08\0\0\0')],
  ['a TIFF, or a raw photograph', Buffer.from('MM\0*\0\0\0\x08')],
  ['an icon (ICO)', Buffer.from('\0\0\x01\0\x01\0')],
  ['a JPEG 2000', Buffer.from('\0\0\0\x0cjP  \r\n\x87\n')],
  ['a JPEG XL', Buffer.from('\xff\x0a\0\0', 'latin1')],
  ['text (SVG, XML or HTML)', Buffer.from('<svg xmlns="http')],
  ['of a kind that is not known', Buffer.from('Dear Sir or Madam')],
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
