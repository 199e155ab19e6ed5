import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeGif, imageOf, resize } from '@snowglobe/media';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rawH264, writeTimed, type Shown } from './testing/recorders.js';
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
): Promise<{ frames: Uint8Array[]; sources: number[]; fps: number | undefined }> {
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

describe('a recording that was turned or mirrored is shown as its matrix says:', () => {
  // A matrix in a track's header, as ISO/IEC 14496-12 has it: (x, y) is shown at (ax + cy, bx + dy).
  const one = 0x10000;
  test.each([
    [1, 0, 0, 1],
    [0, 1, -1, 0],
    [-1, 0, 0, -1],
    [0, -1, 1, 0],
    [-1, 0, 0, 1],
    [1, 0, 0, -1],
    [0, 1, 1, 0],
    [0, -1, -1, 0],
  ])('%i %i %i %i', async (a, b, c, d) => {
    const path = join(folder, `turned-${[a, b, c, d].join('_')}.mp4`);
    const [width, height] = [48, 32];
    const source = pictures(3, width, height);
    await writeVideo(path, source, { width, height, fps: 10, lossless: true });
    await writeMatrix(path, [a, b, c, d]);
    const size = a === 0 ? { width: height, height: width } : { width, height };
    const back = await read(path, { ...size, fps: 10 });
    const expected = new Uint8Array(width * height * 3);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        // What is shown at negative places is moved into the picture.
        const shownX = a * x + c * y + (a + c < 0 ? size.width - 1 : 0);
        const shownY = b * x + d * y + (b + d < 0 ? size.height - 1 : 0);
        const from = (y * width + x) * 3;
        expected.set(source[1]!.subarray(from, from + 3), (shownY * size.width + shownX) * 3);
      }
    }
    expect(psnr(back.frames[1]!, expected)).toBeGreaterThan(45);
  });

  test('pixels that it makes oblong are made square', async () => {
    const path = join(folder, 'oblong.mp4');
    await writeVideo(path, pictures(3, 48, 32), { width: 48, height: 32, fps: 10, lossless: true });
    await writeMatrix(path, [2, 0, 0, 1]);
    const back = await read(path, { width: 32, height: 32, fps: 10 });
    // Twice as wide as it is stored: of 96x32, the middle third.
    const [wide] = pictures(2, 48, 32).slice(1);
    const middle = new Uint8Array(16 * 32 * 3);
    for (let y = 0; y < 32; y++) middle.set(wide!.subarray((y * 48 + 16) * 3, (y * 48 + 32) * 3), y * 16 * 3);
    const expected = new Uint8Array(32 * 32 * 3);
    for (let i = 0; i < 32 * 32; i++) {
      const from = (Math.floor(i / 32) * 16 + ((i % 32) >> 1)) * 3;
      expected.set(middle.subarray(from, from + 3), i * 3);
    }
    expect(psnr(back.frames[1]!, expected)).toBeGreaterThan(25);
  });

  async function writeMatrix(path: string, [a, b, c, d]: readonly number[]): Promise<void> {
    const bytes = await readFile(path);
    const matrix = bytes.indexOf('tkhd') + 4 + 40;
    expect(bytes.readInt32BE(matrix)).toBe(one);
    [a!, b!, 0, c!, d!].forEach((value, i) => bytes.writeInt32BE(value * one, matrix + 4 * i));
    await writeFile(path, bytes);
  }
});

describe('the rate is that of the recording', () => {
  const shown = (count: number, width: number, height: number, time = (t: number) => t * 40): Shown[] =>
    pictures(count, width, height).map((rgb, t) => ({ rgb, width, height, time: time(t) }));
  const format = { width: 16, height: 16 };

  test('where a browser wrote uneven times in milliseconds and no rate', async () => {
    const path = join(folder, 'milliseconds.mkv');
    const times = (t: number): number => t * 33 + ((t * 7) % 11);
    await writeTimed(path, shown(90, 16, 16, times));
    const fps = (1000 * 89) / (times(89) - times(0));
    const back = await read(path, { ...format, fps });
    expect(Math.abs(back.fps! / fps - 1)).toBeLessThan(0.01);
    expect(Math.abs(back.frames.length - 90)).toBeLessThan(2);
    expect(new Set(back.sources).size).toBeGreaterThan(87);
  });

  test('where it stands in a raw stream, and is unknown where that has a clock only', async () => {
    const path = join(folder, 'raw.h264');
    await writeFile(path, await rawH264(shown(20, 16, 16), 15));
    const back = await read(path, { ...format, fps: 15 });
    expect([back.fps, back.sources]).toEqual([15, Array.from({ length: 20 }, (_, i) => i)]);
    await writeFile(path, await rawH264(shown(20, 16, 16), 90_000));
    const plain = await read(path, { ...format, fps: 24 });
    expect([plain.fps, plain.sources]).toEqual([undefined, back.sources]);
  });

  test.each([
    [0.5, 12],
    [1 / 12, 12],
    [1 / 30, 8],
    [10, 12],
    [30, 30],
  ])('of %f frames a second in a GIF', async (fps, count) => {
    const path = join(folder, `slow-${count}-${fps}.gif`);
    const images = pictures(count, 16, 16).map((rgb) => imageOf(rgb, 16, 16));
    await writeFile(path, encodeGif(images, { fps }));
    const back = await read(path, { ...format, fps });
    expect(back.fps! / fps).toBeCloseTo(1, 2);
    expect(back.sources).toEqual(Array.from({ length: count }, (_, i) => i));
  });

  test('a still track before the recording is not taken for it', async () => {
    const path = join(folder, 'thumbnail.mkv');
    await writeTimed(path, shown(1, 48, 48), shown(20, 16, 16));
    const back = await read(path, { ...format, fps: 25 });
    expect(back.frames).toHaveLength(20);
    expect(Buffer.compare(back.frames[3]!, pictures(20, 16, 16)[3]!)).toBe(0);
  });

  test('a size that changes in the middle is cut by itself', async () => {
    const path = join(folder, 'changes.h264');
    const parts = await Promise.all([rawH264(shown(8, 48, 32), 15), rawH264(shown(8, 32, 48), 15)]);
    await writeFile(path, Buffer.concat(parts));
    const back = await read(path, { ...format, fps: 15 });
    expect(back.frames).toHaveLength(16);
    for (const [t, at, width, height] of [
      [2, 2, 48, 32],
      [5, 13, 32, 48],
    ] as const) {
      const image = imageOf(pictures(8, width, height)[t]!, width, height);
      expect(psnr(back.frames[at]!, resize(image, 16, 16).data)).toBeGreaterThan(35);
    }
  });
});

const fixture = (name: string): string => fileURLToPath(new URL(`testing/${name}`, import.meta.url));

test('a cover that stands before the tracks is not the video', async () => {
  const back = await read(fixture('cover-before-tracks.mp4'), { width: 16, height: 16, fps: 15 });
  expect([back.fps, back.frames.length]).toEqual([15, 30]);
});

describe('refused with one sentence:', () => {
  const format = { width: 16, height: 16, fps: 10 };

  test.each([
    ['text.mp4', 'Dear Sir or Madam', /text\.mp4 cannot be read as a video \(.+\); convert it to MP4/],
    ['empty.mp4', '', /empty\.mp4 is empty, a file of 0 bytes; record it again or remove it/],
    ['hole.mp4', Buffer.alloc(4096), /hole\.mp4 begins with zeros alone/],
    ['page.mp4', '<!DOCTYPE html><title>404', /page\.mp4 is a web page, not a video/],
    ['pointer.mp4', 'version https://git-lfs.github.com/spec/v1\n', /is a pointer of Git LFS/],
    ['clips.mp4', 'PK\x03\x04', /is a ZIP archive; unpack it/],
    ['cut.webm', '\x1a\x45\xdf\xa3', /cut\.webm is a WebM or MKV that is cut off or damaged/],
  ])('%s', async (name, content, message) => {
    const bytes = typeof content === 'string' ? Buffer.from(content, 'latin1') : content;
    await writeFile(join(folder, name), bytes);
    await expect(read(join(folder, name), format)).rejects.toThrow(message);
  });

  test('what is no file', async () => {
    await expect(read(join(folder, 'missing.mp4'), format)).rejects.toThrow('missing.mp4 does not exist');
    await mkdir(join(folder, 'folder.mp4'));
    await expect(read(join(folder, 'folder.mp4'), format)).rejects.toThrow(
      'folder.mp4 is a folder, not a video; give the videos in it by their names',
    );
  });

  test('a song, whose cover is no video', async () => {
    await expect(read(fixture('song-with-cover.m4a'), format)).rejects.toThrow(
      "song-with-cover.m4a has no video in it; give a recording of a game's screen",
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
    await expect(read(path, format)).rejects.toThrow(
      'cut.mp4 is an MP4 that was cut off: the index that a recorder writes at the end (moov) is missing',
    );
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
