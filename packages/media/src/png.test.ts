import { crc32, deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeImage } from './decode.js';
import { encodePng } from './png.js';

/** Colour types of the PNG specification and the depths they come in. */
const kinds = [
  { name: 'grey', type: 0, channels: 1, depths: [1, 2, 4, 8, 16] },
  { name: 'RGB', type: 2, channels: 3, depths: [8, 16] },
  { name: 'palette', type: 3, channels: 1, depths: [1, 2, 4, 8] },
  { name: 'grey and alpha', type: 4, channels: 2, depths: [8, 16] },
  { name: 'RGBA', type: 6, channels: 4, depths: [8, 16] },
];
/** Adam7: first column, first row, column step, row step. */
const passes: readonly (readonly [number, number, number, number])[] = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
];

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([head, body, check]);
}

function header(width: number, height: number, depth: number, type: number, interlaced = false): Buffer {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(width, 0);
  data.writeUInt32BE(height, 4);
  data.set([depth, type, 0, 0, interlaced ? 1 : 0], 8);
  return chunk('IHDR', data);
}

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const file = (...chunks: Uint8Array[]) =>
  Buffer.concat([signature, ...chunks, chunk('IEND', Buffer.alloc(0))]);

interface Picture {
  width: number;
  height: number;
  depth: number;
  type: number;
  channels: number;
  interlaced: boolean;
  /** Value of a sample. */
  at(x: number, y: number, channel: number): number;
}

/** Packs samples into rows of bits, without filters: a writer that shares nothing with the reader under test. */
function writePng(picture: Picture, extra: Uint8Array[] = []): Buffer {
  const { width, height, depth, type, channels, interlaced, at } = picture;
  const rows: Buffer[] = [];
  for (const [x0, y0, dx, dy] of interlaced ? passes : [[0, 0, 1, 1] as const]) {
    if (x0 >= width) continue;
    for (let y = y0; y < height; y += dy) {
      let bits = '';
      for (let x = x0; x < width; x += dx) {
        for (let c = 0; c < channels; c++) bits += at(x, y, c).toString(2).padStart(depth, '0');
      }
      const bytes = bits.padEnd(Math.ceil(bits.length / 8) * 8, '0').match(/.{8}/g)!;
      rows.push(Buffer.from([0, ...bytes.map((byte) => Number.parseInt(byte, 2))]));
    }
  }
  const data = chunk('IDAT', deflateSync(Buffer.concat(rows)));
  return file(header(width, height, depth, type, interlaced), ...extra, data);
}

const cases = kinds.flatMap(({ depths, ...kind }) =>
  depths.flatMap((depth) =>
    (depth < 8 ? [false] : [false, true]).map((interlaced) => ({ ...kind, depth, interlaced })),
  ),
);

describe.each(cases)(
  '$name of $depth bits, interlaced: $interlaced',
  ({ type, channels, depth, interlaced }) => {
    test.each([
      [1, 1],
      [5, 3],
      [13, 9],
    ])('%i x %i pixels are read as they were written', (width, height) => {
      const levels = 2 ** depth;
      const at = (x: number, y: number, c: number): number => (x * 7 + y * 31 + c * 101 + 3 * x * y) % levels;
      const palette = Array.from({ length: levels }, (_, i) =>
        [i, 255 - i, (i * 5) % 256].map((v) => v % 256),
      );
      const extra = type === 3 && depth <= 8 ? [chunk('PLTE', Buffer.from(palette.flat()))] : [];
      const png = writePng({ width, height, depth, type, channels, interlaced, at }, extra);
      const image = decodeImage(png);

      const expected: number[] = [];
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const samples = Array.from({ length: channels }, (_, c) =>
            Math.round((at(x, y, c) * 255) / (levels - 1)),
          );
          if (type === 3) expected.push(...palette[at(x, y, 0)]!);
          else if (type === 0) expected.push(samples[0]!, samples[0]!, samples[0]!);
          else if (type === 4) expected.push(samples[0]!, samples[0]!, samples[0]!, samples[1]!);
          else expected.push(...samples);
        }
      }
      expect([image.width, image.height]).toEqual([width, height]);
      expect([...image.data]).toEqual(expected);
    });
  },
);

const square = { width: 2, height: 2, depth: 8, interlaced: false };

test('a palette may be partly see-through', () => {
  const png = writePng({ ...square, type: 3, channels: 1, at: (x) => x }, [
    chunk('PLTE', Buffer.from([10, 20, 30, 40, 50, 60])),
    chunk('tRNS', Buffer.from([128])),
  ]);
  expect([...decodeImage(png).data.subarray(0, 8)]).toEqual([10, 20, 30, 128, 40, 50, 60, 255]);
});

describe('palettes and transparency where the specification allows them', () => {
  const palette = chunk('PLTE', Buffer.from([10, 20, 30, 40, 50, 60]));
  const key = (...samples: number[]): Buffer =>
    chunk('tRNS', Buffer.from(samples.flatMap((sample) => [sample >> 8, sample & 255])));

  test.each([2, 6])('in colour type %i a palette is a suggestion', (type) => {
    const picture = { ...square, type, channels: type === 2 ? 3 : 4, at: (x: number) => x };
    expect(decodeImage(writePng(picture, [palette]))).toEqual(decodeImage(writePng(picture)));
  });

  test('alpha for more entries than the palette has is read as far as it goes', () => {
    const picture = { ...square, type: 3, channels: 1, at: (x: number) => x };
    const png = writePng(picture, [palette, chunk('tRNS', Buffer.from([128, 64, 32, 16]))]);
    expect([...decodeImage(png).data.subarray(0, 8)]).toEqual([10, 20, 30, 128, 40, 50, 60, 64]);
  });

  test('a picture of one pixel may have a colour that is see-through', () => {
    const one = { ...square, width: 1, height: 1, type: 2, channels: 3 };
    expect([...decodeImage(writePng({ ...one, at: () => 7 }, [key(7, 7, 7)])).data]).toEqual([7, 7, 7, 0]);
    expect([...decodeImage(writePng({ ...one, at: () => 7 }, [key(7, 7, 8)])).data]).toEqual([7, 7, 7, 255]);
  });

  test.each([1, 2, 4, 8, 16])('grey of %i bits has a see-through shade', (depth) => {
    const top = 2 ** depth - 1;
    const picture = { ...square, depth, type: 0, channels: 1, at: (x: number) => (x === 0 ? top : 0) };
    const { data, channels } = decodeImage(writePng(picture, [key(top)]));
    expect([channels, ...data.subarray(0, 8)]).toEqual([4, 255, 255, 255, 0, 0, 0, 0, 255]);
  });

  test.each([4, 6])(
    'colour type %i has an alpha channel, and transparency beside it means nothing',
    (type) => {
      const picture = { ...square, type, channels: type === 4 ? 2 : 4, at: (x: number) => x };
      expect(decodeImage(writePng(picture, [key(0, 0, 0)]))).toEqual(decodeImage(writePng(picture)));
    },
  );

  test('what decides the colours is refused where it is missing, doubled or damaged', () => {
    const picture = { ...square, type: 3, channels: 1, at: (x: number) => x };
    const broken = Buffer.from(palette);
    broken[9]! ^= 1;
    const alpha = Buffer.from(chunk('tRNS', Buffer.from([128])));
    alpha[8]! ^= 1;
    for (const extra of [
      [],
      [palette, palette],
      [broken],
      [chunk('PLTE', Buffer.alloc(4))],
      [palette, alpha],
    ]) {
      expect(() => decodeImage(writePng(picture, extra), 'p.png')).toThrow('p.png is a damaged');
    }
  });
});

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  'orientation %i is as it is in a JPEG, in RGB and RGBA',
  (orientation) => {
    const tiff = Buffer.from([
      0x4d,
      0x4d,
      0,
      42,
      0,
      0,
      0,
      8,
      0,
      1,
      1,
      0x12,
      0,
      3,
      0,
      0,
      0,
      1,
      0,
      orientation,
      0,
      0,
    ]);
    // The pixel that is stored first, and where it is seen (Exif, table 6).
    const corner = [
      [0, 0],
      [2, 0],
      [2, 1],
      [0, 1],
      [0, 0],
      [1, 0],
      [1, 2],
      [0, 2],
    ][orientation - 1]!;
    for (const [type, channels] of [
      [2, 3],
      [6, 4],
    ] as const) {
      const at = (x: number, y: number): number => (x + y === 0 ? 200 : 10);
      const picture = { ...square, width: 3, height: 2, type, channels, at };
      const image = decodeImage(writePng(picture, [chunk('eXIf', tiff)]));
      expect([image.width, image.height]).toEqual(orientation >= 5 ? [2, 3] : [3, 2]);
      const [x, y] = corner as [number, number];
      expect(image.data[(y * image.width + x) * channels]).toBe(200);
    }
  },
);

test('one colour may stand for see-through', () => {
  const png = writePng({ ...square, type: 2, channels: 3, at: (x) => (x === 0 ? 9 : 80) }, [
    chunk('tRNS', Buffer.from([0, 9, 0, 9, 0, 9])),
  ]);
  expect([...decodeImage(png).data.subarray(0, 8)]).toEqual([9, 9, 9, 0, 80, 80, 80, 255]);
});

test('what is encoded is decoded to the same picture', () => {
  const anyImage = fc
    .record({
      width: fc.integer({ min: 1, max: 20 }),
      height: fc.integer({ min: 1, max: 20 }),
      channels: fc.constantFrom(3 as const, 4 as const),
    })
    .chain(({ width, height, channels }) => {
      const length = width * height * channels;
      return fc
        .uint8Array({ minLength: length, maxLength: length })
        .map((data) => ({ width, height, channels, data }));
    });
  fc.assert(
    fc.property(anyImage, (image) => {
      const read = decodeImage(encodePng(image));
      expect({ ...read, data: [...read.data] }).toEqual({ ...image, data: [...image.data] });
    }),
  );
});

describe('refused with one sentence:', () => {
  const good = writePng({ ...square, type: 2, channels: 3, at: () => 1 });
  const idat = chunk('IDAT', deflateSync(Buffer.alloc(14)));

  test('no pixels', () => {
    for (const [width, height] of [
      [0, 0],
      [0, 5],
      [5, 0],
    ] as const) {
      const png = file(header(width, height, 8, 2), idat);
      expect(() => decodeImage(png, 'p.png')).toThrow(
        `p.png is ${width}x${height} pixels: there is nothing to see`,
      );
    }
  });

  test('too many pixels, before memory is taken for them', () => {
    const before = process.memoryUsage().arrayBuffers;
    expect(() => decodeImage(file(header(20_000, 20_000, 8, 2), idat), 'p.png')).toThrow(
      'p.png is 20000x20000 pixels, more than the limit of 64 megapixels; scale it down first',
    );
    expect(() => decodeImage(file(header(2 ** 32 - 1, 2 ** 32 - 1, 16, 6), idat), 'p.png')).toThrow('limit');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
  });

  test('data that inflates to far more than the pixels need', () => {
    const bomb = chunk('IDAT', deflateSync(Buffer.alloc(50_000_000)));
    expect(() => decodeImage(file(header(2, 2, 8, 2), bomb), 'p.png')).toThrow(
      'p.png holds more data than its size in pixels explains',
    );
  });

  test('a file cut off anywhere', () => {
    for (let length = 8; length < good.length; length++) {
      expect(() => decodeImage(good.subarray(0, length), 'p.png'), `${length} bytes`).toThrow(
        'p.png is a damaged or incomplete PNG; save it anew',
      );
    }
  });

  test('any flipped bit, or the same picture', () => {
    const whole = [...decodeImage(good).data];
    fc.assert(
      fc.property(fc.nat(good.length * 8 - 1), (bit) => {
        const bad = Buffer.from(good);
        bad[bit >> 3]! ^= 1 << (bit & 7);
        let read: number[] | undefined;
        try {
          read = [...decodeImage(bad, 'p.png').data];
        } catch (error) {
          expect((error as Error).name).toBe('SnowglobeError');
        }
        // Only the names of chunks that are skipped may change without harm; there are none here.
        if (read !== undefined) expect(read).toEqual(whole);
      }),
      { numRuns: 400 },
    );
  });

  test('fewer rows than the header promises', () => {
    const png = file(header(2, 2, 8, 2), chunk('IDAT', deflateSync(Buffer.alloc(7))));
    expect(() => decodeImage(png, 'p.png')).toThrow('p.png is a damaged or incomplete PNG');
  });

  test('interlaced pictures of less than eight bits', () => {
    const png = writePng({ ...square, type: 0, channels: 1, depth: 1, interlaced: true, at: () => 1 });
    expect(() => decodeImage(png, 'p.png')).toThrow(
      'p.png is an interlaced PNG of 1 bits, which is not supported',
    );
  });
});
