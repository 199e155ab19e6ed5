import { mkdir, mkdtemp, readFile, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decodeImage, encodeGif, encodePng, imageOf, resize } from '@snowglobe/media';
import { platformer, type PolicyName } from '@snowglobe/worlds';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ClipDataset } from './clip_dataset.js';
import { openRecordings, type RecordingOptions } from './open_recordings.js';
import { inNaturalOrder } from './picture_folder.js';
import { writeVideo } from './video_writer.js';

let root: string;
let folder: string;
let cacheFolder: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'snowglobe-frames-'));
});
afterAll(() => rm(root, { recursive: true }));
beforeEach(async () => {
  folder = await mkdtemp(join(root, 'data-'));
  cacheFolder = await mkdtemp(join(root, 'cache-'));
});

const open = (source: string | string[], options: Partial<RecordingOptions> = {}): Promise<ClipDataset> =>
  openRecordings(source, { width: 16, height: 16, cacheFolder, ...options });

/** A picture of its own for every number. */
const picture = (n: number, width = 16, height = 16): Uint8Array =>
  Uint8Array.from({ length: width * height * 3 }, (_, i) => (n * 41 + i * 7) % 256);

async function writeFrames(to: string, names: readonly string[], width = 16, height = 16): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const [n, name] of names.entries()) {
    const png = encodePng({ width, height, channels: 3, data: picture(n, width, height) });
    await writeFile(join(to, name), png);
  }
}
const names = (count: number): string[] => Array.from({ length: count }, (_, n) => `frame${n + 1}.png`);

describe('a folder of PNG frames', () => {
  test('is one recording, in the order of the numbers, one frame a picture', async () => {
    const run = join(folder, 'run.2');
    await writeFrames(run, names(12));
    await writeFile(join(run, 'notes.txt'), 'x');
    const data = await open(run);
    expect(data.clips).toEqual([{ name: 'run.2', frames: 12, hasActions: false }]);
    expect(data.fps).toBe(15);
    expect(Buffer.compare(data.frames(0, 0, 12), Buffer.concat(names(12).map((_, n) => picture(n))))).toBe(0);
    data.close();
    const faster = await open(run, { fps: 60 });
    expect([faster.fps, faster.clips[0]!.frames]).toEqual([60, 12]);
    faster.close();
  });

  test('is scaled to the size of the frames, proportions kept', async () => {
    await writeFrames(folder, names(3), 48, 24);
    const data = await open(folder);
    for (let n = 0; n < 3; n++) {
      const image = { width: 48, height: 24, channels: 3 as const, data: picture(n, 48, 24) };
      expect(data.frames(0, n, 1)).toEqual(resize(image, 16, 16).data);
    }
    data.close();
  });

  test('has a key log beside it, and shares the rate of a video that comes first', async () => {
    const walk = join(folder, 'walk');
    await writeFrames(walk, names(4));
    await writeFile(
      join(folder, 'walk.json'),
      JSON.stringify({ actionNames: ['left', 'right'], actions: [0, 1, 1, null] }),
    );
    const video = join(folder, 'clip.mp4');
    const frames = Array.from({ length: 6 }, (_, n) => picture(n));
    await writeVideo(video, frames, { width: 16, height: 16, fps: 30, lossless: true });
    const data = await open([video, walk]);
    expect(data.fps).toBe(30);
    expect(data.clips.map(({ name, frames: count }) => [name, count])).toEqual([
      ['clip', 6],
      ['walk', 4],
    ]);
    expect([...data.actions(1, 0, 4)]).toEqual([0, 1, 1, undefined]);
    data.close();
  });

  test('of folders is a recording each', async () => {
    await writeFrames(join(folder, 'level10'), names(2));
    await writeFrames(join(folder, 'level9'), names(3), 32, 32);
    await mkdir(join(folder, 'empty'));
    const data = await open(folder);
    expect(data.clips.map(({ name, frames }) => [name, frames])).toEqual([
      ['level9', 3],
      ['level10', 2],
    ]);
    data.close();
  });

  test('is decoded again when a picture or the key log changes', async () => {
    const run = join(folder, 'run');
    await writeFrames(run, names(3));
    const decodes = async (): Promise<boolean> => {
      let decoded = false;
      (await open(run, { onProgress: () => (decoded = true) })).close();
      return decoded;
    };
    expect([await decodes(), await decodes()]).toEqual([true, false]);
    await utimes(join(run, 'frame2.png'), new Date(), new Date(Date.now() + 60_000));
    expect([await decodes(), await decodes()]).toEqual([true, false]);
    await writeFile(join(folder, 'run.json'), JSON.stringify({ actionNames: ['a'], actions: [0, 0] }));
    expect([await decodes(), await decodes()]).toEqual([true, false]);
  });

  describe('is refused with one sentence, leaving nothing behind:', () => {
    const refuse = async (message: string | RegExp): Promise<void> => {
      await expect(open(folder)).rejects.toThrow(message);
      await expect(open(folder)).rejects.toMatchObject({ name: 'SnowglobeError' });
      expect(await readdir(cacheFolder)).toEqual([]);
    };

    test('nothing in it', async () => {
      await mkdir(join(folder, 'sub'));
      await refuse(
        /has no videos in it \(\.mp4 .+\), no PNG or JPEG frames and no folders of them; give the folder/,
      );
    });

    test('a single frame', async () => {
      await writeFrames(folder, names(1));
      await refuse(/has one frame, a picture in which nothing moves; give a recording of at least two/);
    });

    test('several sizes', async () => {
      await writeFrames(folder, names(2));
      const odd = encodePng({ width: 8, height: 16, channels: 3, data: picture(0, 8, 16) });
      await writeFile(join(folder, 'frame3.png'), odd);
      await refuse(
        /frame3\.png is 8x16 and the frames before it are 16x16; bring all frames of a recording to one size/,
      );
    });

    test('a damaged picture, or one that is none', async () => {
      await writeFrames(folder, names(3));
      const whole = encodePng({ width: 16, height: 16, channels: 3, data: picture(5) });
      await writeFile(join(folder, 'frame2.png'), whole.subarray(0, whole.length - 30));
      await refuse(/frame2\.png is a damaged or incomplete PNG; save it anew/);
      await writeFile(join(folder, 'frame2.png'), 'text');
      await refuse(/frame2\.png is of a kind that is not known, neither PNG nor JPEG; convert it to PNG/);
    });

    test('a key log that does not fit', async () => {
      const run = join(folder, 'run');
      await writeFrames(run, names(5));
      await writeFile(join(folder, 'run.json'), JSON.stringify({ actionNames: ['a'], actions: [0] }));
      await refuse(/run\.json has 1 actions for 5 frames; give one for each frame/);
    });
  });

  test('goes by numbers, however they are padded', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(1e6), { maxLength: 30 }), fc.nat(8), (numbers, digits) => {
        const files = numbers.map((n) => `shot_${String(n).padStart(digits, '0')}.png`);
        const sorted = [...numbers].sort((a, b) => a - b);
        expect(inNaturalOrder(files)).toEqual(sorted.map((n) => files[numbers.indexOf(n)]));
      }),
    );
  });
});

describe('a folder of this and that', () => {
  const jpeg = (): Promise<Buffer> => readFile(fileURLToPath(new URL('testing/frame.jpg', import.meta.url)));
  const clipsOf = async (source: string): Promise<[string, number][]> => {
    const data = await open(source);
    data.close();
    return data.clips.map(({ name, frames }) => [name, frames]);
  };
  const video = (path: string): Promise<number> =>
    writeVideo(
      path,
      Array.from({ length: 6 }, (_, n) => picture(n)),
      { width: 16, height: 16, fps: 30 },
    );

  test('JPEG frames are read', async () => {
    const run = join(folder, 'run');
    await mkdir(run);
    for (let n = 0; n < 3; n++) await writeFile(join(run, `frame${n}.JPG`), await jpeg());
    const data = await open(run);
    expect(data.clips).toEqual([{ name: 'run', frames: 3, hasActions: false }]);
    const image = decodeImage(await jpeg(), 'frame');
    expect(data.frames(0, 1, 1)).toEqual(resize(image, 16, 16).data);
    data.close();
  });

  test('other pictures are named', async () => {
    for (let n = 0; n < 3; n++) await writeFile(join(folder, `frame${n}.webp`), 'x');
    await expect(open(folder)).rejects.toThrow(
      /no folders of them; its 3 WebP pictures are not read, convert them to PNG or JPEG/,
    );
    await expect(open(join(folder, 'frame1.webp'))).rejects.toThrow(
      /frame1\.webp is a picture \(WebP\), not a video; give the folder that has the frames/,
    );
  });

  test('videos and frames in one folder, or frames of two kinds, are refused', async () => {
    await writeFrames(folder, names(20));
    await writeFile(join(folder, 'cover.jpg'), await jpeg());
    expect(await clipsOf(folder)).toEqual([[basename(folder), 20]]);
    await writeFile(join(folder, 'cover2.jpg'), await jpeg());
    await expect(open(folder)).rejects.toThrow(/has 20 PNG frames and 2 JPEG frames; keep one kind in it/);
    await rm(join(folder, 'cover2.jpg'));
    const preview = Array.from({ length: 4 }, (_, n) => imageOf(picture(n), 16, 16));
    await writeFile(join(folder, 'preview.gif'), encodeGif(preview, { fps: 0.5 }));
    await expect(open(folder)).rejects.toThrow(
      /has videos in it \(preview\.gif\) and frames too \(20 PNG\); give the videos by their names, or move/,
    );
  });

  test('pictures that are called as videos are are none of the frames', async () => {
    for (const name of ['a', 'b', 'c']) await video(join(folder, `${name}.mp4`));
    await writeFrames(folder, ['a.png', 'b.png', 'c.png']);
    expect((await clipsOf(folder)).map(([name]) => name)).toEqual(['a', 'b', 'c']);
  });

  test('TypeScript is no transport stream', async () => {
    await writeFrames(folder, names(20));
    await writeFile(join(folder, 'index.ts'), 'export const frames = 20;\n');
    await writeFile(join(folder, 'g.ts'), 'G');
    await writeFile(join(folder, 'empty.ts'), '');
    expect(await clipsOf(folder)).toEqual([[basename(folder), 20]]);
    const packets = Buffer.alloc(188 * 3, 0xff);
    for (let at = 0; at < packets.length; at += 188) packets[at] = 0x47;
    await writeFile(join(folder, 'real.ts'), packets);
    await expect(open(folder)).rejects.toThrow(/has videos in it \(real\.ts\) and frames too/);
  });

  test('links to folders and files are followed, in a circle too; those that lead nowhere are nothing', async () => {
    const [kept, linked] = [join(folder, 'kept'), join(folder, 'linked')];
    await writeFrames(join(kept, 'ep1'), names(3));
    await writeFrames(join(kept, 'ep2'), names(4));
    await mkdir(linked);
    for (const name of ['ep1', 'ep2']) await symlink(join(kept, name), join(linked, name));
    await symlink(linked, join(linked, 'again'));
    await symlink(join(kept, 'ep2'), join(linked, 'twice'));
    await symlink(join(folder, 'gone'), join(linked, 'gone.mp4'));
    expect(await clipsOf(linked)).toEqual([
      ['ep1', 3],
      ['ep2', 4],
    ]);
    await video(join(folder, 'clip.mp4'));
    await symlink(join(folder, 'clip.mp4'), join(linked, 'link.mp4'));
    expect(await clipsOf(linked)).toEqual([['link', 6]]);
  });

  test('a folder that is called as a video is none', async () => {
    await mkdir(join(folder, 'takes.mp4'));
    await writeFile(join(folder, 'takes.mp4', 'notes.txt'), 'x');
    await video(join(folder, 'good.mp4'));
    expect(await clipsOf(folder)).toEqual([['good', 6]]);
  });

  test('an empty video is told', async () => {
    await video(join(folder, 'good.mp4'));
    await writeFile(join(folder, 'none.mp4'), '');
    await expect(open(folder)).rejects.toThrow(/none\.mp4 is empty, a file of 0 bytes/);
  });
});

describe('a simulated game by its name', () => {
  test('is played anew, with its keys; another seed is other levels', async () => {
    const data = await open('platformer:3', { width: 64, height: 64, fps: 15 });
    expect([data.clips.length, data.totalFrames, data.fps]).toEqual([16, 1600, 15]);
    expect(data.actionNames).toEqual([...platformer.actionNames]);
    const clip = 5;
    const [policy, digits] = data.clips[clip]!.name.split('-') as [PolicyName, string];
    const player = platformer.player(policy, Number(digits));
    let state = platformer.create({ seed: Number(digits) });
    for (let t = 0; t < 40; t++) {
      expect(Buffer.compare(data.frames(clip, t, 1), platformer.render(state)), `frame ${t}`).toBe(0);
      const action = player(state);
      expect(data.actions(clip, t, 1)[0]).toBe(action);
      state = platformer.step(state, action);
    }
    const other = await open('platformer', { width: 32, height: 32, fps: 7.5 });
    expect(other.clips.map(({ frames }) => frames)).toEqual(Array(16).fill(50));
    expect(other.clips.some(({ name }) => name === data.clips[0]!.name)).toBe(false);
    data.close();
    other.close();
  });

  test('has a seed of digits, and stands back where there is such a file', async () => {
    await expect(open('platformer:x')).rejects.toThrow("platformer:x: 'x' is no seed; use an integer");
    await expect(open('platformer:1:2')).rejects.toThrow(
      /platformer:1:2 does not exist .*\(platformer:SEED, dungeon:SEED, driving:SEED/,
    );
    await expect(open('nowhere')).rejects.toThrow(/nowhere does not exist or cannot be read; give a video/);
  });
});
