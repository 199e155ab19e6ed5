import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { captionsOfFrames, eventsOfFrames, readCaptions } from './captions.js';
import { openRecordings } from './index.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-captions-'));
});
afterAll(() => rm(folder, { recursive: true }));

const read = async (json: unknown, text?: string) => {
  const path = join(folder, 'clip.json');
  await writeFile(path, JSON.stringify(json));
  await rm(join(folder, 'clip.txt'), { force: true });
  if (text !== undefined) await writeFile(join(folder, 'clip.txt'), text);
  return readCaptions(path);
};

describe('readCaptions', () => {
  it('reads views and a caption of the key log, and lines of text beside the video', async () => {
    const views = [
      [0, { Cow: [1, 'west'] }, 'a cow in the west'],
      [8, {}, 'a meadow'],
    ];
    const log = await read({ views, caption: 'a farm', actions: [0, 1, null] }, '\n a walk \r\nby day\n');
    expect(log.texts).toEqual(['a farm', 'a walk', 'by day']);
    expect(log.frames).toBe(3);
    expect(log.views[0]).toEqual({
      ...{ frame: 0, things: { Cow: [1, 'west'] }, sentence: 'a cow in the west' },
    });
    expect(await readCaptions(join(folder, 'none.json'))).toEqual({ views: [], events: [], texts: [] });
  });

  it('names what is damaged', async () => {
    await expect(read({ views: [[0, 'cow', 'a cow']] })).rejects.toThrow(
      /clip\.json: the field 'views\.0\.1'/,
    );
    await expect(read({}, 'x'.repeat(401))).rejects.toThrow(/clip\.txt has a line of 401 characters/);
  });
});

describe('captionsOfFrames', () => {
  const view = (frame: number) => ({ frame, sentence: `frame ${frame}` });

  it('keeps captions of kept frames, and moves them with the rate', () => {
    const log = { views: [view(0), view(8), view(16)], events: [], texts: [], frames: 17 };
    expect(captionsOfFrames(log, 17).map(({ frame }) => frame)).toEqual([0, 8, 16]);
    expect(captionsOfFrames(log, 9).map(({ frame }) => frame)).toEqual([0, 4, 8]);
    expect(captionsOfFrames({ views: [view(5), view(30)], events: [], texts: [] }, 20)).toEqual([view(5)]);
  });

  it('spreads what is said of a whole recording', () => {
    const spread = captionsOfFrames({ views: [], events: [], texts: ['a farm'] }, 20);
    expect(spread.map(({ frame }) => frame)).toEqual([0, 8, 16]);
  });
});

describe('events', () => {
  it('are read of what a game was told, and of nothing else that is called so', async () => {
    const told = { actions: [0, 0, null], events: [[1, 'night falls']] };
    expect((await read(told)).events).toEqual([{ frame: 1, sentence: 'night falls' }]);
    for (const events of [undefined, 'none', [1, 2], [{ kind: 'jump' }], [[-1, 'night falls']]]) {
      expect((await read({ events })).events).toEqual([]);
    }
  });

  it('are of kept frames, and move with the rate; what shows in no frame is left out', () => {
    const event = (frame: number) => ({ frame, sentence: 'night falls' });
    const log = { views: [], texts: [], events: [event(0), event(7), event(16)], frames: 17 };
    expect(eventsOfFrames(log, 17)).toEqual([event(0), event(7)]);
    expect(eventsOfFrames(log, 9)).toEqual([event(0), event(3)]);
  });
});

it('recordings give the captions of their clips, also of some of them', async () => {
  const data = await openRecordings('dungeon:3', { width: 64, height: 64, cacheFolder: folder });
  const captions = await data.captions();
  expect(captions).toHaveLength(data.clips.length);
  expect(captions[1]![1]!.frame).toBe(8);
  expect(captions[1]![1]!.sentence).toMatch(/^a \w+/);
  expect(await data.subset([1]).captions()).toEqual([captions[1]]);
  data.close();
});
