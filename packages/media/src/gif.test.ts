import { describe, expect, test } from 'vitest';
import { encodeGif } from './gif.js';
import type { Image } from './image.js';

/** Parts of a GIF, read by its specification (GIF89a), to check what was written. */
function parseGif(bytes: Uint8Array): {
  width: number;
  height: number;
  delays: number[];
  loops: number | undefined;
  frames: { palette: number[][]; indices: number[] }[];
} {
  const u16 = (at: number) => bytes[at]! | (bytes[at + 1]! << 8);
  expect(String.fromCharCode(...bytes.subarray(0, 6))).toBe('GIF89a');
  const colours = (at: number, packed: number) =>
    Array.from({ length: 2 << (packed & 7) }, (_, i) => [...bytes.subarray(at + i * 3, at + i * 3 + 3)]);
  let at = 13;
  let global: number[][] = [];
  if (bytes[10]! & 0x80) {
    global = colours(at, bytes[10]!);
    at += global.length * 3;
  }
  const delays: number[] = [];
  const frames: { palette: number[][]; indices: number[] }[] = [];
  let loops: number | undefined;
  const blocks = (): number[] => {
    const data: number[] = [];
    while (bytes[at] !== 0) {
      data.push(...bytes.subarray(at + 1, at + 1 + bytes[at]!));
      at += 1 + bytes[at]!;
    }
    at += 1;
    return data;
  };
  while (bytes[at] !== 0x3b) {
    if (bytes[at] === 0x21) {
      const label = bytes[at + 1];
      at += 2;
      const data = blocks();
      if (label === 0xf9) delays.push(data[1]! | (data[2]! << 8));
      if (label === 0xff) loops = data[12]! | (data[13]! << 8);
    } else {
      expect(bytes[at]).toBe(0x2c);
      const packed = bytes[at + 9]!;
      at += 10;
      let palette = global;
      if (packed & 0x80) {
        palette = colours(at, packed);
        at += palette.length * 3;
      }
      const codeSize = bytes[at]!;
      at += 1;
      frames.push({ palette, indices: unpack(blocks(), codeSize) });
    }
  }
  return { width: u16(6), height: u16(8), delays, loops, frames };
}

/** LZW of GIF89a, appendix F. */
function unpack(data: readonly number[], minimum: number): number[] {
  const clear = 1 << minimum;
  const out: number[] = [];
  let table: number[][] = [];
  let size = minimum + 1;
  let previous: number[] | undefined;
  let bits = 0;
  let held = 0;
  for (const byte of data) {
    held |= byte << bits;
    bits += 8;
    while (bits >= size) {
      const code = held & ((1 << size) - 1);
      held >>>= size;
      bits -= size;
      if (code === clear) {
        table = Array.from({ length: clear + 2 }, (_, i) => (i < clear ? [i] : []));
        size = minimum + 1;
        previous = undefined;
        continue;
      }
      if (code === clear + 1) return out;
      const entry: number[] = table[code] ?? [...previous!, previous![0]!];
      out.push(...entry);
      if (previous !== undefined && table.length < 4096) table.push([...previous, entry[0]!]);
      if (table.length === 1 << size && size < 12) size += 1;
      previous = entry;
    }
  }
  return out;
}

/** A frame of few colours, which a palette holds exactly, different for each `t`. */
function frame(t: number, width = 6, height = 4): Image {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) data.set([(i * 8) % 256, t * 8, 248 - ((i * 8) % 128)], i * 3);
  return { width, height, channels: 3, data };
}

function pixelsOf({ palette, indices }: { palette: number[][]; indices: number[] }): number[] {
  return indices.flatMap((index) => palette[index]!);
}

describe('a GIF', () => {
  test('holds the frames that were given, for ever', () => {
    const frames = [0, 1, 2, 3].map((t) => frame(t));
    const gif = parseGif(encodeGif(frames, { fps: 10 }));
    expect([gif.width, gif.height, gif.loops]).toEqual([6, 4, 0]);
    expect(gif.delays).toEqual([10, 10, 10, 10]);
    expect(gif.frames.map(pixelsOf)).toEqual(frames.map(({ data }) => [...data]));
  });

  test('repeats pixels when enlarged', () => {
    const gif = parseGif(encodeGif([frame(1)], { fps: 10, scale: 3 }));
    expect([gif.width, gif.height]).toEqual([18, 12]);
    const pixels = pixelsOf(gif.frames[0]!);
    const expected = frame(1).data;
    for (let y = 0; y < 12; y++) {
      for (let x = 0; x < 18; x++) {
        const from = (Math.floor(y / 3) * 6 + Math.floor(x / 3)) * 3;
        expect(pixels.slice((y * 18 + x) * 3, (y * 18 + x) * 3 + 3)).toEqual([
          ...expected.slice(from, from + 3),
        ]);
      }
    }
  });

  test.each([7, 12, 15, 24, 29.97, 30, 50])('lasts as long as at %s frames a second', (fps) => {
    const frames = Array.from({ length: 60 }, (_, t) => frame(t % 30));
    const { delays } = parseGif(encodeGif(frames, { fps }));
    expect(delays).toHaveLength(60);
    expect(Math.abs(delays.reduce((a, b) => a + b, 0) / 100 - 60 / fps)).toBeLessThanOrEqual(0.01);
    expect(Math.max(...delays) - Math.min(...delays)).toBeLessThanOrEqual(1);
  });

  test.each([60, 100, 144])('leaves frames out at %s frames a second, and lasts as long', (fps) => {
    const frames = Array.from({ length: 120 }, (_, t) => frame(t % 30));
    const { delays } = parseGif(encodeGif(frames, { fps }));
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(2);
    expect(Math.abs(delays.reduce((a, b) => a + b, 0) / 100 - 120 / fps)).toBeLessThanOrEqual(0.03);
  });

  test('shows a frame for as long as the format can say, and no less', () => {
    expect(parseGif(encodeGif([frame(0), frame(1)], { fps: 1 / 600 })).delays).toEqual([60_000, 60_000]);
    expect(parseGif(encodeGif([frame(0), frame(1)], { fps: 0.001 })).delays).toEqual([65_535, 65_535]);
  });

  test('stays close to a frame of more colours than a palette holds', () => {
    const data = Uint8Array.from(
      { length: 64 * 64 * 3 },
      (_, i) => ((i % 3) * 50 + Math.floor(i / 90)) % 256,
    );
    const image: Image = { width: 64, height: 64, channels: 3, data };
    const pixels = pixelsOf(parseGif(encodeGif([image], { fps: 10 })).frames[0]!);
    const error = pixels.reduce((sum, value, i) => sum + (value - data[i]!) ** 2, 0) / pixels.length;
    expect(10 * Math.log10(255 ** 2 / error)).toBeGreaterThan(35);
  });

  test('refuses what it cannot hold', () => {
    expect(() => encodeGif([], { fps: 10 })).toThrow('there are no frames to encode');
    expect(() => encodeGif([frame(0), frame(1, 5)], { fps: 10 })).toThrow(
      'frame 1 is 5x4, the ones before are 6x4',
    );
    expect(() => encodeGif([frame(0)], { fps: 0 })).toThrow('0 is not a frame rate');
    expect(() => encodeGif([frame(0)], { fps: 10, scale: 1.5 })).toThrow('the scale must be an integer');
    expect(() => encodeGif([frame(0)], { fps: 10, scale: 20_000 })).toThrow('more than 65535 a side');
  });
});

test('pixels that are a part of a larger buffer are read as what they are', () => {
  const data = Uint8Array.from({ length: 4 * 4 * 4 }, (_, i) => (i % 4 === 3 ? 255 : (i * 53) % 256));
  const message = new Uint8Array(data.length + 12);
  message.set(data, 7);
  const part = message.subarray(7, 7 + data.length);
  const image = { width: 4, height: 4, channels: 4 as const };
  expect(encodeGif([{ ...image, data: part }], { fps: 10 })).toEqual(
    encodeGif([{ ...image, data }], { fps: 10 }),
  );
});
