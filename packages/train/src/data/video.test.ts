import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resize } from '@snowglobe/media';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { VideoReader, type FrameFormat } from './video_reader.js';
import { writeVideo } from './video_writer.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-video-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Smooth colours that move, so that neither chroma subsampling nor scaling hides a mistake in place or time. */
function picture(width: number, height: number, t: number): Uint8Array {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 3;
      data[at] = 128 + 100 * Math.sin((2 * Math.PI * x) / width + t / 4);
      data[at + 1] = 128 + 100 * Math.sin((2 * Math.PI * y) / height - t / 5);
      data[at + 2] = 128 + 90 * Math.cos((Math.PI * (x + y)) / (width + height) + t / 6);
    }
  }
  return data;
}
const pictures = (count: number, width: number, height: number) =>
  Array.from({ length: count }, (_, t) => picture(width, height, t));

async function read(
  path: string,
  format: FrameFormat,
): Promise<{ frames: Uint8Array[]; sources: number[]; fps: number }> {
  const reader = await VideoReader.open(path);
  try {
    const frames: Uint8Array[] = [];
    const sources: number[] = [];
    for (const { rgb, source } of reader.frames(format)) {
      frames.push(rgb.slice());
      sources.push(source);
    }
    return { frames, sources, fps: reader.fps };
  } finally {
    reader.close();
  }
}

function psnr(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
  return 10 * Math.log10((255 ** 2 * a.length) / sum);
}

describe.each(['.mp4', '.mkv', '.mov'])('a lossless %s', (ending) => {
  test.each([
    [64, 64, 15],
    [33, 17, 30],
    [48, 20, 29.97],
    [16, 16, 7.5],
  ])('of %i x %i at %s frames a second gives back every byte', async (width, height, fps) => {
    const path = join(folder, `exact-${width}-${fps}${ending}`);
    const frames = pictures(40, width, height);
    expect(await writeVideo(path, frames, { width, height, fps, lossless: true })).toBe(40);
    const back = await read(path, { width, height, fps });
    expect(back.fps).toBeCloseTo(fps, 2);
    expect(back.sources).toEqual(frames.map((_, i) => i));
    back.frames.forEach((frame, i) => expect(Buffer.compare(frame, frames[i]!)).toBe(0));
  });
});

test.each([
  [64, 48],
  [35, 27],
])('a video of %i x %i that is not lossless looks the same', async (width, height) => {
  const path = join(folder, `small-${width}.mp4`);
  const frames = pictures(30, width, height);
  await writeVideo(path, frames, { width, height, fps: 20 });
  const back = await read(path, { width, height, fps: 20 });
  expect(back.frames).toHaveLength(30);
  back.frames.forEach((frame, i) => expect(psnr(frame, frames[i]!)).toBeGreaterThan(34));
});

describe('bringing to size', () => {
  test.each([
    ['the same proportions, smaller', 128, 128],
    ['wide', 160, 96],
    ['tall', 90, 150],
    ['no multiple', 101, 77],
    ['larger than the source', 24, 24],
    ['wide and low', 100, 20],
  ])('%s: close to what area filtering and cutting the middle give', async (name, width, height) => {
    const path = join(folder, `${name.replaceAll(' ', '-')}.mkv`);
    const frames = pictures(4, width, height);
    await writeVideo(path, frames, { width, height, fps: 10, lossless: true });
    const back = await read(path, { width: 64, height: 64, fps: 10 });
    back.frames.forEach((frame, i) => {
      const expected = resize({ width, height, channels: 3, data: frames[i]! }, 64, 64);
      expect(psnr(frame, expected.data)).toBeGreaterThan(35);
    });
  });
});

test('a lower rate keeps every second frame and tells which', async () => {
  const path = join(folder, 'rate.mp4');
  const frames = pictures(21, 32, 32);
  await writeVideo(path, frames, { width: 32, height: 32, fps: 30, lossless: true });
  const back = await read(path, { width: 32, height: 32, fps: 15 });
  expect(back.sources).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20]);
  back.frames.forEach((frame, k) => expect(Buffer.compare(frame, frames[2 * k]!)).toBe(0));
});

describe('a recording that was turned', () => {
  // Rows of the matrix in a track's header, as ISO/IEC 14496-12 has it, that turn the picture clockwise.
  const one = 0x10000;
  test.each([
    ['a quarter', [0, one, -one, 0]],
    ['half', [-one, 0, 0, -one]],
    ['three quarters', [0, -one, one, 0]],
  ] as const)('by %s is turned back upright', async (name, [a, b, c, d]) => {
    const path = join(folder, `turned-${name.replace(' ', '-')}.mp4`);
    const [width, height] = [48, 32];
    const source = pictures(3, width, height);
    await writeVideo(path, source, { width, height, fps: 10, lossless: true });
    const bytes = await readFile(path);
    const matrix = bytes.indexOf('tkhd') + 4 + 40;
    expect(bytes.readInt32BE(matrix)).toBe(one);
    [a, b, 0, c, d].forEach((value, i) => bytes.writeInt32BE(value, matrix + 4 * i));
    await writeFile(path, bytes);

    const quarters = name === 'half' ? 2 : name === 'a quarter' ? 1 : 3;
    const size = quarters === 2 ? { width, height } : { width: height, height: width };
    const back = await read(path, { ...size, fps: 10 });
    const expected = new Uint8Array(width * height * 3);
    for (let y = 0; y < size.height; y++) {
      for (let x = 0; x < size.width; x++) {
        const [fromX, fromY] = [
          [x, y],
          [y, height - 1 - x],
          [width - 1 - x, height - 1 - y],
          [width - 1 - y, x],
        ][quarters]! as [number, number];
        const from = (fromY * width + fromX) * 3;
        expected.set(source[1]!.subarray(from, from + 3), (y * size.width + x) * 3);
      }
    }
    expect(psnr(back.frames[1]!, expected)).toBeGreaterThan(45);
  });
});

describe('refused with one sentence:', () => {
  const format = { width: 16, height: 16, fps: 10 };

  test('files that are no video', async () => {
    for (const [name, content] of [
      ['text.mp4', 'Dear Sir or Madam'],
      ['empty.mp4', ''],
    ] as const) {
      await writeFile(join(folder, name), content);
      await expect(read(join(folder, name), format)).rejects.toThrow(
        /(text|empty)\.mp4 cannot be read as a video \(.+\); convert it to MP4/,
      );
    }
    await expect(read(join(folder, 'missing.mp4'), format)).rejects.toThrow(
      'missing.mp4 cannot be read as a video',
    );
  });

  test('sound alone', async () => {
    const wave = Buffer.alloc(44 + 8000);
    wave.write('RIFF', 0);
    wave.writeUInt32LE(wave.length - 8, 4);
    wave.write('WAVEfmt ', 8);
    wave.writeUInt32LE(16, 16);
    wave.writeUInt16LE(1, 20);
    wave.writeUInt16LE(1, 22);
    wave.writeUInt32LE(8000, 24);
    wave.writeUInt32LE(8000, 28);
    wave.writeUInt16LE(1, 32);
    wave.writeUInt16LE(8, 34);
    wave.write('data', 36);
    wave.writeUInt32LE(8000, 40);
    await writeFile(join(folder, 'sound.wav'), wave);
    await expect(read(join(folder, 'sound.wav'), format)).rejects.toThrow('sound.wav has no video in it');
  });

  test('an MP4 that was cut off', async () => {
    const path = join(folder, 'cut.mp4');
    await writeVideo(path, pictures(20, 16, 16), { width: 16, height: 16, fps: 10 });
    await writeFile(path, (await readFile(path)).subarray(0, 300));
    await expect(read(path, format)).rejects.toThrow('cut.mp4 cannot be read as a video');
  });

  test('what cannot be written, and nothing is left behind', async () => {
    const size = { width: 16, height: 16, fps: 10 };
    const before = await readdir(folder);
    const path = join(folder, 'new.mp4');
    await expect(writeVideo(join(folder, 'new.gif'), [], size)).rejects.toThrow(
      'written as .mp4, .mkv, .mov',
    );
    await expect(writeVideo(path, [], size)).rejects.toThrow('there are no frames to write');
    await expect(writeVideo(path, [...pictures(2, 16, 16), new Uint8Array(5)], size)).rejects.toThrow(
      'frame 2 has 5 bytes, 16x16 RGB has 768',
    );
    await expect(writeVideo(path, pictures(2, 16, 16), { ...size, fps: 0 })).rejects.toThrow(
      '0 is not a frame rate',
    );
    const inFile = join(folder, before[0]!, 'new.mp4');
    await expect(writeVideo(inFile, pictures(2, 16, 16), size)).rejects.toThrow(
      /new\.mp4 cannot be written \(.+\); see that the folder exists/,
    );
    expect(await readdir(folder)).toEqual(before);
  });
});
