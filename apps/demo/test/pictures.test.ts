import { crc32, deflateSync } from 'node:zlib';
import type { Image } from '@snowglobe/media';
import { decodeImage, imageOf, toRgba } from '@snowglobe/media';
import { expect, test } from 'vitest';
import { launchBrowser } from './browser.js';

/** A picture is the same one on the page, where the browser decodes it, and on the command line. */

const [width, height] = [8, 6];

function chunk(type: string, data: readonly number[] | Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), Uint8Array.from(data)]);
  const [head, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  head.writeUInt32BE(body.length - 4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([head, body, check]);
}

interface Kind {
  readonly type: number;
  readonly depth?: number;
  /** Samples of the pixel at column x, row y. */
  at(x: number, y: number): readonly number[];
  readonly before?: readonly Buffer[];
  readonly after?: readonly Buffer[];
}

function pngOf({ type, depth = 8, at, before = [], after = [] }: Kind): Buffer {
  const rows = Array.from({ length: height }, (_, y) => {
    const samples = Array.from({ length: width }, (_, x) => at(x, y)).flat();
    const bits = samples.map((sample) => sample.toString(2).padStart(depth, '0')).join('');
    return [0, ...bits.match(/.{8}/g)!.map((byte) => Number.parseInt(byte, 2))];
  });
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', [0, 0, 0, width, 0, 0, 0, height, depth, type, 0, 0, 0]),
    ...before,
    chunk('IDAT', deflateSync(Buffer.from(rows.flat()))),
    ...after,
    chunk('IEND', []),
  ]);
}

const palette = (entries: number): Buffer =>
  chunk(
    'PLTE',
    Array.from({ length: 3 * entries }, (_, i) => (i * 37) % 256),
  );
const exif = (orientation: number): Buffer =>
  chunk('eXIf', [
    ...[0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0],
    ...[orientation, 0, 0, 0, 0, 0, 0, 0],
  ]);
const truecolour = { type: 2, at: (x: number, y: number) => [x * 30, y * 40, 100] };
const shades = { type: 2, at: (x: number) => [x * 30, x * 30, x * 30] };
const indexed = { type: 3, at: (x: number) => [x % 4] };
const key = (...samples: number[]): Buffer =>
  chunk(
    'tRNS',
    samples.flatMap((sample) => [sample >> 8, sample & 255]),
  );

const pictures: Readonly<Record<string, Buffer>> = {
  truecolour: pngOf(truecolour),
  'with a suggested palette': pngOf({ ...truecolour, before: [palette(16)] }),
  ...Object.fromEntries(
    [1, 2, 3, 4, 5, 6, 7, 8].map((turn) => [
      `orientation ${turn}`,
      pngOf({ ...truecolour, before: [exif(turn)] }),
    ]),
  ),
  'two orientations': pngOf({ ...truecolour, before: [exif(3), exif(6)] }),
  'an orientation behind the data': pngOf({ ...truecolour, after: [exif(6)] }),
  'a see-through colour': pngOf({ ...shades, before: [key(60, 60, 60)] }),
  'a see-through colour behind the data': pngOf({ ...shades, after: [key(60, 60, 60)] }),
  'a see-through colour of one sample': pngOf({ ...shades, before: [key(60)] }),
  'a see-through shade': pngOf({ type: 0, at: (x) => [x * 30], before: [key(60)] }),
  'a see-through shade of two bytes': pngOf({ type: 0, at: (x) => [x * 30], before: [key(256 + 60)] }),
  'a see-through shade beyond four bits': pngOf({ type: 0, depth: 4, at: (x) => [x], before: [key(0x12)] }),
  'grey with alpha and a key': pngOf({ type: 4, at: (x) => [x * 30, 255], before: [key(60)] }),
  'a palette with less alpha': pngOf({ ...indexed, before: [palette(4), chunk('tRNS', [0])] }),
  'a palette with more alpha': pngOf({
    ...indexed,
    before: [palette(4), chunk('tRNS', [0, 255, 0, 255, 9])],
  }),
  'alpha before the palette': pngOf({ ...indexed, before: [chunk('tRNS', [0, 255]), palette(4)] }),
  'entries that the palette has not': pngOf({ type: 3, at: (x) => [x], before: [palette(4)] }),
};
const refused: Readonly<Record<string, Buffer>> = {
  'no palette': pngOf(indexed),
  'two palettes': pngOf({ ...indexed, before: [palette(4), palette(5)] }),
  'a palette of 300': pngOf({ ...indexed, before: [palette(300)] }),
};

test('Chromium and the command line decode the same pictures', { timeout: 120_000 }, async () => {
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    const shown = (file: Buffer): Promise<{ width: number; height: number; data: number[] } | undefined> =>
      page.evaluate(async (text) => {
        const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
        const bitmap = await createImageBitmap(new Blob([bytes])).catch(() => undefined);
        if (!bitmap) return undefined;
        const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d')!;
        context.drawImage(bitmap, 0, 0);
        const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
        return { width: bitmap.width, height: bitmap.height, data: [...data] };
      }, file.toString('base64'));
    for (const [name, file] of Object.entries(pictures)) {
      const theirs = (await shown(file))!;
      const ours = decodeImage(file);
      expect([ours.width, ours.height], name).toEqual([theirs.width, theirs.height]);
      expect(visible(ours), name).toEqual(
        visible(imageOf(Uint8Array.from(theirs.data), theirs.width, theirs.height)),
      );
    }
    for (const [name, file] of Object.entries(refused)) {
      expect(await shown(file), name).toBeUndefined();
      expect(() => decodeImage(file), name).toThrow('is a damaged');
    }
  } finally {
    await browser.close();
  }
});

/** RGBA bytes; what cannot be seen has no colour. */
function visible(image: Image): number[] {
  const data = [...toRgba(image).data];
  for (let i = 0; i < data.length; i += 4) if (data[i + 3] === 0) data.fill(0, i, i + 3);
  return data;
}
