import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contentLabel, decodeImage, encodePng, findContentMarks } from '@snowglobe/media';
import { writeWorldFile } from '@snowglobe/runtime';
import { eventfulPatches, untrainedConfig, untrainedWorld } from '@snowglobe/runtime/testing';
import { openRecordings } from '@snowglobe/train';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { snowglobe } from '../testing/snowglobe.js';

vi.setConfig({ testTimeout: 180_000 });

const { width, height } = untrainedConfig;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-generate-'));
  await writeWorldFile(join(folder, 'w.safetensors'), untrainedWorld());
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7919) % 256);
  await writeFile(join(folder, 'prompt.png'), encodePng({ width, height, channels: 3, data }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const at = (name: string): string => join(folder, name);
const generate = (...args: string[]) =>
  snowglobe([
    ...['generate', '--world', at('w.safetensors'), '--prompt', at('prompt.png'), '--executor', 'onnx'],
    ...['--seed', '3', '--threads', '1', ...args],
  ]);

test('a walk is the same, byte for byte, as lossless video and as a folder of pictures; a video for all is about it', async () => {
  const walk = ['--actions', '#0*3 #1*2 none'];
  const [frames, lossless, video] = await Promise.all([
    generate(...walk, '--out', at('walk.png'), '--json'),
    generate(...walk, '--out', at('walk.mkv'), '--json'),
    generate(...walk, '--out', at('walk.mp4'), '--json'),
  ]);
  expect(frames.code, frames.stderr).toBe(0);
  expect(lossless.code, lossless.stderr).toBe(0);
  expect(video.code, video.stderr).toBe(0);
  expect(JSON.parse(frames.stdout)).toMatchObject({
    out: at('walk'),
    frames: 6,
    framesPerSecond: expect.any(Number),
  });
  expect(JSON.parse(lossless.stdout)).toMatchObject({ out: at('walk.mkv') });

  const names = (await readdir(at('walk'))).sort();
  expect(names).toEqual(Array.from({ length: 7 }, (_, i) => `0000${i}.png`));
  const pictures = await Promise.all(
    names.map(async (name) => decodeImage(await readFile(at(join('walk', name))), name)),
  );
  expect(pictures[0]).toMatchObject({ width, height });
  const rgb = pictures.map(({ data, channels }) => data.filter((_, i) => channels === 3 || i % 4 !== 3));

  const read = async (path: string, scale: number) =>
    openRecordings(path, { width: width * scale, height: height * scale, cacheFolder: at('cache') });
  const exact = await read(at('walk.mkv'), 1);
  expect(exact.clips[0]!.frames).toBe(7);
  rgb.forEach((picture, i) => expect(Buffer.compare(exact.frames(0, i, 1), Buffer.from(picture))).toBe(0));
  exact.close();
  const enlarged = await read(at('walk.mp4'), 4);
  expect(enlarged.clips[0]!.frames).toBe(7);
  enlarged.close();
});

test('what cannot be written is refused before a frame is sampled', async () => {
  const full = at('full');
  await mkdir(full);
  await writeFile(join(full, 'a.png'), '');
  const refused = await generate('--actions', '#0', '--out', at('full.png'));
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('is not empty (a.png)')]);
  const ending = await generate('--actions', '#0', '--out', at('walk.avi'));
  expect([ending.code, ending.stderr]).toEqual([
    2,
    expect.stringContaining('must end in .gif, .mkv, .mp4, .png'),
  ]);
});

test('something happens after the frame that it is told, and what nobody understands is refused before the first', async () => {
  const world = at('eventful.safetensors');
  await writeWorldFile(world, eventfulPatches());
  const walk = (...more: string[]) =>
    generate('--world', world, '--actions', '#1*6', '--codes', '--json', '--out', at('told.gif'), ...more);
  const untold = await walk();
  expect(untold.code, untold.stderr).toBe(0);
  const told = await walk('--tell', '4:Day breaks', '--tell', '2:night falls');
  const [before, after] = [untold, told].map(({ stdout }) => JSON.parse(stdout) as { codes: number[][] });
  expect(after).toMatchObject({
    told: [
      [4, 'the day breaks'],
      [2, 'night falls'],
    ],
  });
  expect(after!.codes.slice(0, 2)).toEqual(before!.codes.slice(0, 2));
  expect(after!.codes[2]).not.toEqual(before!.codes[2]);
  for (const [text, code, sentence] of [
    ['2:a comet', 1, `'comet' is not known here`],
    ['6:night falls', 2, 'frame 6 is none of the 6 that something follows on'],
    ['night falls', 2, 'It must be FRAME:SENTENCE'],
  ] as const) {
    const refused = await walk('--tell', text);
    expect([refused.code, refused.stderr]).toEqual([code, expect.stringContaining(sentence)]);
  }
  const mute = await generate('--actions', '#0', '--out', at('mute.gif'), '--tell', '0:night falls');
  expect([mute.code, mute.stderr]).toEqual([1, expect.stringContaining('this world knows no events')]);
});

test('what a world draws says so, and whether its first picture was marked; the same command writes the same files', async () => {
  const prompt = at('marked.png');
  const world = await readFile(at('w.safetensors'));
  const picture = decodeImage(await readFile(at('prompt.png')), 'prompt.png');
  const marked = contentLabel({ world: 'another', checksum: '', version: '1' });
  await writeFile(prompt, encodePng(picture, { label: marked }));
  const run = (name: string, ...args: string[]) =>
    generate(
      ...['--actions', '#0*2', '--prompt', prompt, '--producer', 'Söhne & Co.', ...args],
      ...['--out', at(`${name}.gif`), '--strip', at(`${name}.png`)],
    );
  const [first, again, other] = await Promise.all([run('a'), run('b'), run('c', '--producer', 'x\ny')]);
  expect([first.code, first.stderr]).toEqual([0, expect.anything()]);
  expect([again.code, other.code]).toEqual([0, 2]);
  for (const ending of ['gif', 'png']) {
    const bytes = await readFile(at(`a.${ending}`));
    expect(await readFile(at(`b.${ending}`))).toEqual(bytes);
    expect(findContentMarks(bytes)).toEqual(['AIGC', 'DigitalSourceType']);
    const aigc = /TC260:AIGC="(.*?)"/
      .exec(bytes.toString('latin1'))![1]!
      .replaceAll('&quot;', '"')
      .replaceAll('&amp;', '&');
    const label = JSON.parse(aigc) as Record<string, string>;
    expect(label).toEqual({
      ...{ Label: '1', ContentProducer: 'Söhne & Co.', ContentPropagator: '', PropagateID: '' },
      ProduceID: `${createHash('sha256').update(world).digest('hex').slice(0, 16)}-3-3`,
      ...{ ReservedCode1: 'prompt marked: AIGC, DigitalSourceType', ReservedCode2: '' },
    });
  }
});

test('the game beside the dream begins as the game does, and tells how they differ', async () => {
  const walk = ['--actions', 'up*2 left', '--seed', '1', '--executor', 'onnx', '--threads', '1'];
  const args = [...walk, '--out', at('twin.gif'), '--json'];
  const twin = await snowglobe(['generate', '--world', 'dungeon', '--beside', 'dungeon:5', ...args]);
  expect(twin.code, twin.stderr).toBe(0);
  const { beside } = JSON.parse(twin.stdout) as { beside: { simulator: string; differingCells: number[] } };
  expect(beside).toMatchObject({ simulator: 'dungeon', seed: 5 });
  expect(beside.differingCells).toHaveLength(4);
  expect(beside.differingCells[0]).toBe(0);
  expect((await readFile(at('twin.gif'))).length).toBeGreaterThan(1000);
  const both = await generate('--actions', '#0', '--beside', 'dungeon:5', '--out', at('no.gif'));
  expect([both.code, both.stderr]).toEqual([2, expect.stringContaining('--prompt and --beside were given')]);
});

test('a walk that was saved goes on elsewhere as if it had never been left; what is no session of the world is refused', async () => {
  const out = (name: string) => ['--out', at(name), '--codes', '--json'];
  const codesOf = ({ code, stderr, stdout }: Awaited<ReturnType<typeof generate>>) => {
    expect(code, stderr).toBe(0);
    return (JSON.parse(stdout) as { codes: number[][] }).codes;
  };
  const whole = codesOf(await generate('--actions', '#0*3 #1*4', ...out('whole.gif')));
  const first = await generate('--actions', '#0*3', '--save', at('w.session'), ...out('first.gif'));
  expect(JSON.parse(first.stdout)).toMatchObject({ save: at('w.session') });
  const goOn = (...args: string[]) =>
    snowglobe([
      ...['generate', '--world', at('w.safetensors'), '--session', at('w.session'), '--executor', 'onnx'],
      ...['--threads', '1', '--actions', '#1*4', ...args],
    ]);
  // Twice, each time from the same file: a branch.
  for (const name of ['second', 'third']) {
    expect([...codesOf(first), ...codesOf(await goOn(...out(`${name}.gif`)))]).toEqual(whole);
  }
  for (const [args, message] of [
    [['--prompt', at('prompt.png')], '--prompt and --session were given; begin with one of them'],
    [['--seed', '3'], '--session and --seed were given; a saved session goes on as it was begun'],
    [['--save', at('w.txt')], '.session'],
  ] as const) {
    const { code, stderr } = await goOn(...args, ...out('no.gif'));
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  }
  await writeFile(at('broken.session'), (await readFile(at('w.session'))).subarray(0, 900));
  const broken = await snowglobe([
    ...['generate', '--world', at('w.safetensors'), '--session', at('broken.session'), '--actions', '#1'],
    ...['--executor', 'onnx', '--threads', '1', ...out('no.gif')],
  ]);
  expect([broken.code, broken.stderr]).toEqual([1, expect.stringMatching(/broken\.session: .*damaged/)]);
});
