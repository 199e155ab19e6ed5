import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { platformer } from '@snowglobe/worlds';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ClipDataset } from './clip_dataset.js';
import { openRecordings, type RecordingOptions } from './open_recordings.js';
import { recordWorld } from './record_world.js';
import { writeVideo } from './video_writer.js';

const FRAMES = 24;
let root: string;
/** Four lossless clips, never changed; tests that change something work on a copy. */
let recorded: string;
let videos: string[];
let cacheFolder: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'snowglobe-recordings-'));
  recorded = join(root, 'recorded');
  videos = await recordWorld(platformer, { folder: recorded, clips: 4, frames: FRAMES, seed: 5 });
});
afterAll(() => rm(root, { recursive: true }));
beforeEach(async () => {
  cacheFolder = await mkdtemp(join(root, 'cache-'));
});

async function open(
  source: string | string[],
  options: Partial<RecordingOptions> = {},
): Promise<ClipDataset> {
  return openRecordings(source, { width: 64, height: 64, cacheFolder, ...options });
}

async function copyOfRecorded(): Promise<string> {
  const folder = join(await mkdtemp(join(root, 'copy-')), 'clips');
  await cp(recorded, folder, { recursive: true });
  return folder;
}

/** What the simulator itself shows and does at a level, recorded by the same policy. */
function simulate(
  level: number,
  policy: 'random' | 'explore',
): { frames: Uint8Array[]; actions: (number | undefined)[] } {
  const player = platformer.player(policy, level);
  let state = platformer.create({ seed: level });
  const frames = [platformer.render(state)];
  const actions: number[] = [];
  while (frames.length < FRAMES) {
    actions.push(player(state));
    state = platformer.step(state, actions.at(-1)!);
    frames.push(platformer.render(state));
  }
  return { frames, actions: [...actions, undefined] };
}

async function bytesOf(data: ClipDataset): Promise<string> {
  return data.clips.map((clip, i) => Buffer.from(data.frames(i, 0, clip.frames)).toString('base64')).join();
}

describe('a recorded world', () => {
  test('tells in its key log what happened', async () => {
    const log = JSON.parse(await readFile(videos[1]!.replace('.mp4', '.json'), 'utf8'));
    expect(log).toMatchObject({
      game: 'platformer',
      policy: 'explore',
      fps: 15,
      frames: FRAMES,
      width: 64,
      height: 64,
      lossless: true,
      actionNames: [...platformer.actionNames],
      stateNames: [...platformer.stateNames],
    });
    expect(log.actions).toEqual([...simulate(log.level, 'explore').actions.slice(0, -1), null]);
    expect(log.states).toHaveLength(FRAMES);
    expect(log.states[0]).toEqual(platformer.measure(platformer.create({ seed: log.level })));
  });

  test('is the same for the same seed', async () => {
    const again = await recordWorld(platformer, {
      folder: join(root, 'again'),
      clips: 1,
      frames: FRAMES,
      seed: 5,
    });
    expect(basename(again[0]!)).toBe(basename(videos[0]!));
    expect(await readFile(again[0]!)).toEqual(await readFile(videos[0]!));
  });

  test('refuses what is impossible', async () => {
    const plan = { folder: join(root, 'wish'), clips: 1, frames: 10 };
    await expect(recordWorld(platformer, { ...plan, frames: 1 })).rejects.toThrow(
      'at least 1 clip of 2 frames',
    );
    await expect(recordWorld(platformer, { ...plan, look: 'moon' })).rejects.toThrow(
      'no look "moon"; choose one of',
    );
    await expect(recordWorld(platformer, { ...plan, policy: 'bold' as 'random' })).rejects.toThrow(
      'no policy "bold"',
    );
    await expect(recordWorld(platformer, { ...plan, folder: videos[0]! })).rejects.toThrow('cannot be made');
    await expect(recordWorld(platformer, { ...plan, events: 1 })).rejects.toThrow('cannot be told events');
  });
});

describe('opened recordings', () => {
  test('have the frames and actions that the simulator had', async () => {
    const data = await open(recorded);
    expect([data.width, data.height, data.fps, data.totalFrames]).toEqual([64, 64, 15, 4 * FRAMES]);
    expect(data.actionNames).toEqual([...platformer.actionNames]);
    expect(data.clips.map(({ name }) => `${name}.mp4`)).toEqual(videos.map((path) => basename(path)).sort());
    for (const [i, clip] of data.clips.entries()) {
      expect(clip).toMatchObject({ frames: FRAMES, hasActions: true });
      const [policy, level] = clip.name.split('-') as ['random' | 'explore', string];
      const { frames, actions } = simulate(Number(level), policy);
      expect([...data.actions(i, 0, FRAMES)]).toEqual(actions);
      expect(Buffer.compare(data.frames(i, 0, FRAMES), Buffer.concat(frames))).toBe(0);
      expect(Buffer.compare(data.frames(i, 7, 3), Buffer.concat(frames.slice(7, 10)))).toBe(0);
      expect([...data.actions(i, 7, 3)]).toEqual(actions.slice(7, 10));
      expect(data.states!.names).toEqual([...platformer.stateNames]);
      const log = JSON.parse(await readFile(join(recorded, `${clip.name}.json`), 'utf8'));
      expect(Array.from(data.states!.of(i))).toEqual(log.states.flat());
    }
    data.close();
  });

  test('may be a single file, or several', async () => {
    const one = await open(videos[2]!);
    expect(one.clips.map(({ name }) => `${name}.mp4`)).toEqual([basename(videos[2]!)]);
    const two = await open([videos[3]!, videos[0]!]);
    expect(two.clips.map(({ name }) => `${name}.mp4`)).toEqual([basename(videos[3]!), basename(videos[0]!)]);
    one.close();
    two.close();
  });

  test('are brought to another size and rate, actions too', async () => {
    const data = await open(recorded, { width: 32, height: 16, fps: 7.5 });
    expect([data.width, data.height, data.fps]).toEqual([32, 16, 7.5]);
    expect(data.clips.map(({ frames }) => frames)).toEqual(Array(4).fill(FRAMES / 2));
    expect(data.frames(0, 0, FRAMES / 2)).toHaveLength((FRAMES / 2) * 32 * 16 * 3);
    const full = await open(recorded);
    const [halved, actions] = [data.actions(0, 0, FRAMES / 2), full.actions(0, 0, FRAMES)];
    // Of two frames' actions, the first where they differ.
    expect([...halved]).toEqual([...halved].map((_, k) => (k < FRAMES / 2 - 1 ? actions[2 * k] : undefined)));
    data.close();
    full.close();
  });

  test('need no key logs', async () => {
    const folder = await copyOfRecorded();
    for (const name of await readdir(folder)) if (name.endsWith('.json')) await rm(join(folder, name));
    const data = await open(folder);
    expect(data.actionNames).toEqual([]);
    expect(data.clips.every(({ hasActions }) => !hasActions)).toBe(true);
    expect([...data.actions(1, 3, 4)]).toEqual([undefined, undefined, undefined, undefined]);
    data.close();
  });

  test('share action names that key logs have in another order', async () => {
    const folder = await copyOfRecorded();
    const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
    const write = (name: string, log: object) => writeFile(join(folder, name), JSON.stringify(log));
    const actions = [...Array<number>(FRAMES - 1).fill(0), null];
    await write(names[0]!, { actionNames: ['up', 'down'], actions });
    await write(names[1]!, {
      actionNames: ['jump', 'up'],
      actions: actions.map((a, t) => (a === null ? a : t % 2)),
    });
    await rm(join(folder, names[2]!));
    await write(names[3]!, { actionNames: ['down'], actions: actions.slice(0, -1) });
    const data = await open(folder);
    expect(data.actionNames).toEqual(['up', 'down', 'jump']);
    expect([...data.actions(0, 0, 3)]).toEqual([0, 0, 0]);
    expect([...data.actions(1, 0, 4)]).toEqual([2, 0, 2, 0]);
    expect(data.clips[2]!.hasActions).toBe(false);
    expect([...data.actions(3, 0, 2)]).toEqual([1, 1]);
    expect([...data.actions(3, FRAMES - 2, 2)]).toEqual([1, undefined]);
    data.close();
  });
});

describe('windows', () => {
  test('are pieces of single clips, sampled evenly, the same for the same seed', async () => {
    const data = await open(recorded, { width: 8, height: 8 });
    const length = 20;
    expect(data.windowCount(length)).toBe(4 * (FRAMES - length + 1));
    expect(data.windowCount(FRAMES)).toBe(4);
    const sample = (seed: number, batch: number) => data.sampleWindows(xoroshiro128plus(seed), batch, length);

    const windows = sample(1, 6);
    expect(windows.frames).toHaveLength(6 * length * 8 * 8 * 3);
    for (let b = 0; b < 6; b++) {
      const [clip, start] = [windows.clips[b]!, windows.starts[b]!];
      const bytes = length * 8 * 8 * 3;
      expect(
        Buffer.compare(windows.frames.subarray(b * bytes, (b + 1) * bytes), data.frames(clip, start, length)),
      ).toBe(0);
    }
    expect(sample(1, 6)).toEqual(windows);
    expect(sample(2, 6).starts).not.toEqual(windows.starts);

    const counts = new Map<number, number>();
    const many = data.sampleWindows(xoroshiro128plus(3), 1000, length);
    many.clips.forEach((clip, b) => {
      const place = clip * FRAMES + many.starts[b]!;
      counts.set(place, (counts.get(place) ?? 0) + 1);
    });
    // Twenty places of equal chance: 50 each, and five standard deviations.
    expect(counts.size).toBe(20);
    for (const seen of counts.values()) expect(Math.abs(seen - 50)).toBeLessThan(5 * Math.sqrt(50));
    data.close();
  });

  test('of a subset come from its clips only', async () => {
    const data = await open(recorded);
    const held = data.subset([3, 1]);
    expect(held.clips.map(({ name }) => name)).toEqual([data.clips[3]!.name, data.clips[1]!.name]);
    expect(held.totalFrames).toBe(2 * FRAMES);
    expect(held.frames(0, 4, 2)).toEqual(data.frames(3, 4, 2));
    expect(held.actions(1, 4, 2)).toEqual(data.actions(1, 4, 2));
    expect(held.subset([1]).frames(0, 0, 1)).toEqual(data.frames(1, 0, 1));
    expect(() => data.subset([4])).toThrow('there are 4 clips; 4 is not one of them');
    data.close();
  });

  test('longer than any clip are refused', async () => {
    const data = await open(recorded);
    expect(() => data.sampleWindows(xoroshiro128plus(1), 2, FRAMES + 1)).toThrow(
      'windows of 25 frames do not fit: the longest of 4 clips has 24; use shorter windows or longer recordings',
    );
    expect(() => data.frames(0, FRAMES - 1, 2)).toThrow('24 frames; 2 from 23 on are not among them');
    expect(() => data.frames(0, -1, 2)).toThrow('2 from -1 on');
    data.close();
  });
});

describe('the cache', () => {
  const cacheFile = async () => {
    const names = await readdir(cacheFolder);
    expect(names).toHaveLength(1);
    return join(cacheFolder, names[0]!);
  };
  /** Opens, tells whether anything was decoded, closes. */
  async function reopen(source: string): Promise<{ decoded: boolean; bytes: string }> {
    let decoded = false;
    const data = await open(source, { onProgress: () => (decoded = true) });
    const bytes = await bytesOf(data);
    data.close();
    return { decoded, bytes };
  }

  test('is used again until a recording or its key log changes', async () => {
    const folder = await copyOfRecorded();
    const first = await reopen(folder);
    expect(first.decoded).toBe(true);
    expect(await reopen(folder)).toEqual({ ...first, decoded: false });
    for (const name of [
      `${(await readdir(folder)).find((each) => each.endsWith('.json'))}`,
      basename(videos[0]!),
    ]) {
      await utimes(join(folder, name), new Date(), new Date(Date.now() + 60_000));
      expect(await reopen(folder)).toEqual({ ...first, decoded: true });
      expect(await reopen(folder)).toEqual({ ...first, decoded: false });
    }
    await rm(join(folder, basename(videos[0]!)));
    expect((await reopen(folder)).decoded).toBe(true);
    await cacheFile();
  });

  test('is made again where any part of it is damaged', async () => {
    const good = await reopen(recorded);
    const path = await cacheFile();
    const bytes = await readFile(path);
    const { size } = await stat(path);
    const damage: [string, Buffer][] = [
      ['empty', Buffer.alloc(0)],
      ['cut off', bytes.subarray(0, size / 2)],
      ['one byte short', bytes.subarray(0, size - 1)],
      ['one byte longer', Buffer.concat([bytes, Buffer.of(0)])],
      ...[
        3,
        8,
        size >> 2,
        size >> 1,
        size - 5000,
        size - 600,
        size - 17,
        size - 16,
        size - 13,
        size - 10,
        size - 1,
      ].map((at): [string, Buffer] => {
        const flipped = Buffer.from(bytes);
        flipped[at]! ^= 0x10;
        return [`byte ${at} of ${size}`, flipped];
      }),
    ];
    for (const [what, content] of damage) {
      await writeFile(path, content);
      expect(await reopen(recorded), what).toEqual(good);
    }
  });

  test('that cannot be written is named', async () => {
    const file = join(root, 'not-a-folder');
    await writeFile(file, '');
    await expect(open(recorded, { cacheFolder: file })).rejects.toThrow(
      /the decoded recordings cannot be written to .*not-a-folder \(.+\); free space there or use another cache folder/,
    );
  });

  test('that shrinks while it is read is named', async () => {
    const data = await open(recorded);
    await writeFile(await cacheFile(), '');
    expect(() => data.frames(0, 0, 1)).toThrow('has become shorter since it was opened; start again');
    data.close();
  });
});

describe('refused with one sentence, leaving nothing behind:', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await copyOfRecorded();
  });
  async function expectRefused(source: string, message: string | RegExp): Promise<void> {
    await expect(open(source)).rejects.toThrow(message);
    await expect(open(source)).rejects.toMatchObject({ name: 'SnowglobeError' });
    expect(await readdir(cacheFolder)).toEqual([]);
  }

  test('what is not there', () =>
    expectRefused(join(folder, 'none'), /none does not exist or cannot be read; give a video, a folder/));

  test('a folder without videos', async () => {
    await mkdir(join(folder, 'sub'));
    await writeFile(join(folder, 'sub', 'notes.txt'), 'x');
    await expectRefused(
      join(folder, 'sub'),
      /sub has no videos in it \(\.mp4 .+\), no PNG or JPEG frames and no folders of them; give the folder/,
    );
  });

  test('a file that is no video', async () => {
    await writeFile(join(folder, 'zebra.mp4'), 'x'.repeat(1000));
    await expectRefused(folder, /zebra\.mp4 cannot be read as a video/);
  });

  test('a video of one frame', async () => {
    const path = join(folder, 'still.mp4');
    await writeVideo(path, [new Uint8Array(64 * 64 * 3)], { width: 64, height: 64, fps: 15 });
    await expectRefused(
      path,
      /still\.mp4 has one frame, a picture in which nothing moves; give a recording of/,
    );
  });

  test('a video without frames', async () => {
    const path = join(folder, 'hollow.mkv');
    await writeVideo(path, [new Uint8Array(64 * 64 * 3)], { width: 64, height: 64, fps: 15 });
    const bytes = await readFile(path);
    // Matroska: a cluster is its id, its size, its time, then its blocks, the frames.
    const cluster = bytes.indexOf(Buffer.from([0x1f, 0x43, 0xb6, 0x75]));
    await writeFile(path, bytes.subarray(0, bytes.indexOf(0xa3, cluster)));
    await expectRefused(path, /hollow\.mkv has no frames in it; record it again or remove it/);
  });

  test('a video that is too short for the rate', async () => {
    const path = join(folder, 'blink.mp4');
    const frames = Array.from({ length: 3 }, () => new Uint8Array(64 * 64 * 3));
    await writeVideo(path, frames, { width: 64, height: 64, fps: 60 });
    await expect(open(path, { fps: 5 })).rejects.toThrow(
      'has 3 frames, but lasts for one at 5 frames a second',
    );
  });

  test('a key log that does not fit its video', async () => {
    const path = join(folder, basename(videos[0]!).replace('.mp4', '.json'));
    await writeFile(path, JSON.stringify({ actionNames: ['a'], actions: [0, 0, 0] }));
    await expectRefused(folder, /\.json has 3 actions for 24 frames; give one for each frame/);
  });
});
