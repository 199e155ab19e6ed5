import { crc32, deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { encode } from 'jpeg-js';
import { expect, test } from 'vitest';
import { decodeImage } from './decode.js';
import { encodePng } from './png.js';

/** Whatever is done to a file: a picture of the size that it says, or a sentence. Nothing else, and not for ever. */

const rgba = Uint8Array.from({ length: 20 * 12 * 4 }, (_, i) => (i % 4 === 3 ? 255 : (i * 7) % 256));
const jpeg = encode({ width: 20, height: 12, data: rgba }, 80).data;
const png = encodePng({ width: 20, height: 12, channels: 4, data: rgba });

/** The CRC of every chunk made right again, so that damage is met behind the check. */
function mended(bytes: Uint8Array): Uint8Array {
  const view = Buffer.from(bytes);
  for (let at = 8; at + 12 <= view.length;) {
    const end = at + 8 + view.readUInt32BE(at);
    if (end + 4 > view.length) break;
    view.writeUInt32BE(crc32(view.subarray(at + 4, end)), end);
    at = end + 4;
  }
  return view;
}

/** A chunk of any of the types that are read. */
const chunk = fc
  .record({
    type: fc.constantFrom('IHDR', 'PLTE', 'tRNS', 'eXIf', 'IDAT', 'IEND', 'acTL', 'zTXt'),
    data: fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => new Uint8Array(deflateSync(bytes))),
    ),
  })
  .map(({ type, data }) => {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(data.length);
    head.write(type, 4, 'latin1');
    return Buffer.concat([head, data, Buffer.alloc(4)]);
  });
const segment = fc
  .record({
    marker: fc.integer({ min: 0xc0, max: 0xff }),
    data: fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc
        .uint8Array({ maxLength: 60 })
        .map((rest) => Buffer.concat([Buffer.from('Exif\0\0MM\0*\0\0\0\x08', 'latin1'), rest])),
    ),
  })
  .map(({ marker, data }) => Buffer.concat([Buffer.from([0xff, marker, 0, data.length + 2]), data]));

type Change = (bytes: Uint8Array) => Uint8Array;
const changes = (part: fc.Arbitrary<Buffer>): fc.Arbitrary<Change[]> => {
  const place = fc.double({ min: 0, max: 1, noNaN: true });
  const change = fc.oneof(
    fc
      .record({ place, byte: fc.oneof(fc.constantFrom(0, 1, 255), fc.nat(255)) })
      .map(({ place: p, byte }): Change => (bytes) => {
        const copy = Uint8Array.from(bytes);
        copy[Math.floor(p * (copy.length - 1))] = byte;
        return copy;
      }),
    fc.tuple(place, place).map(([a, b]): Change => (bytes) => {
      const [from, to] = [a, b].sort((x, y) => x - y).map((p) => Math.floor(p * bytes.length)) as [
        number,
        number,
      ];
      return to - from < bytes.length / 2
        ? Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)])
        : bytes.subarray(0, to);
    }),
    fc.tuple(place, part).map(([p, inserted]): Change => (bytes) => {
      const at = p < 0.6 ? 2 + Math.floor(p * 40) : Math.floor(p * bytes.length);
      return Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at)]);
    }),
    // Between the header and the data, where it is looked at.
    part.map((inserted): Change => (bytes) => {
      const at = bytes[0] === 0xff ? 2 : 33;
      return Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at)]);
    }),
  );
  return fc.array(change, { minLength: 1, maxLength: 4 });
};

test.each([
  ['PNG', png, changes(chunk), mended],
  ['JPEG', jpeg, changes(segment), (bytes: Uint8Array) => bytes],
])('a %s that was changed anywhere', (_, good, arbitrary, mend) => {
  let [read, refused] = [0, 0];
  fc.assert(
    fc.property(arbitrary, (all) => {
      const bytes = mend(all.reduce((before, change) => change(before), good));
      try {
        const { width, height, channels, data } = decodeImage(bytes, 'p');
        expect(data).toHaveLength(width * height * channels);
        read++;
      } catch (error) {
        expect((error as Error).name, (error as Error).stack).toBe('SnowglobeError');
        expect((error as Error).message).toMatch(/^p (is|has|holds) .*; /);
        refused++;
      }
    }),
    { numRuns: process.env['SNOWGLOBE_LONG_TESTS'] === '1' ? 50_000 : 1500 },
  );
  expect(read).toBeGreaterThan(50);
  expect(refused).toBeGreaterThan(50);
});

test('any bytes behind any beginning', () => {
  const beginnings = [png.subarray(0, 8), png.subarray(0, 33), jpeg.subarray(0, 3), new Uint8Array(0)];
  fc.assert(
    fc.property(fc.constantFrom(...beginnings), fc.uint8Array({ maxLength: 300 }), (beginning, rest) => {
      expect(() => decodeImage(Buffer.concat([beginning, rest]), 'p')).toThrow(/^p (is|has|holds) /);
    }),
    { numRuns: 500 },
  );
});
