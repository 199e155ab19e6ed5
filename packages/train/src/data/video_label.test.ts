import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contentLabel, findContentMarks } from '@snowglobe/media';
import { videoTags } from '@snowglobe/media/internal';
import { isInstalled } from '@snowglobe/media/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadFfmpeg } from './ffmpeg.js';
import { writeVideo } from './video_writer.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-video-label-'));
});
afterAll(() => rm(folder, { recursive: true }));

const size = { width: 16, height: 16 };
const frames = Array.from({ length: 3 }, (_, t) => new Uint8Array(16 * 16 * 3).fill(t * 40));
const label = contentLabel({
  ...{ world: 'crafter', checksum: 'ab'.repeat(32), seed: 7, frames: 3, version: '0.1.0', producer: '雪玉' },
});
const endings = ['.mp4', '.mkv', '.mov'] as const;

const write = async (name: string): Promise<string> => {
  const path = join(folder, name);
  await writeVideo(path, frames, { ...size, fps: 10, lossless: name.endsWith('.mkv'), label });
  return path;
};

test.each(endings)('FFmpeg reads the label of %s, and the file is the same again', async (ending) => {
  const path = await write(`a${ending}`);
  const { api } = await loadFfmpeg();
  const demuxer = api.Demuxer.openSync(path);
  // Matroska has the names of tags in capitals.
  const tags = Object.entries(demuxer.metadata).map(([name, value]) => [name.toLowerCase(), value]);
  demuxer.closeSync();
  const wanted = Object.entries(videoTags(label)).map(([name, value]) => [name.toLowerCase(), value]);
  expect(Object.fromEntries(tags)).toMatchObject(Object.fromEntries(wanted) as object);
  const bytes = await readFile(path);
  expect(findContentMarks(bytes)).toEqual(['AIGC', 'DigitalSourceType']);
  expect(await readFile(await write(`b${ending}`))).toEqual(bytes);
});

/** Where it is not installed, FFmpeg's library has read the tags above. */
const hasFfprobe = isInstalled('ffprobe', '-version');

test.skipIf(!hasFfprobe).each(endings)('ffprobe, where it is installed, reads it in %s', async (ending) => {
  const path = await write(`c${ending}`);
  const out = execFileSync('ffprobe', ['-v', 'error', '-show_format', '-of', 'json', path], {
    encoding: 'utf8',
  });
  const { format } = JSON.parse(out) as { format: { tags: Record<string, string> } };
  expect(format.tags['AIGC']).toBe(videoTags(label)['AIGC']);
});
