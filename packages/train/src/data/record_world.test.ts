import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { driving, factory, type World } from '@snowglobe/worlds';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRecordings } from './open_recordings.js';
import { recordWorld } from './record_world.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'snowglobe-record-world-'));
});
afterAll(() => rm(root, { recursive: true }));

test.each<[string, World<never>]>([
  ['driving', driving as unknown as World<never>],
  ['factory', factory as unknown as World<never>],
])('%s comes with the names of its patches, and with what it was told', async (name, world) => {
  const folder = join(root, name);
  const [video] = await recordWorld(world, { folder, clips: 1, frames: 24, seed: 3, events: 6 });
  expect(JSON.parse(await readFile(join(folder, 'legend.json'), 'utf8'))).toEqual(world.legend!());
  const log = JSON.parse(await readFile(video!.replace('.mp4', '.json'), 'utf8')) as {
    level: number;
    actions: (number | null)[];
    events: [number, string][];
    states: number[][];
  };
  expect(log.events.length).toBeGreaterThan(0);
  // Playing the keys again, and telling the same, must lead to the logged states.
  let state = world.create({ seed: log.level });
  const states = log.actions.map((action, frame) => {
    const measured = world.measure(state);
    for (const [at, sentence] of log.events) if (at === frame) state = world.tell!(state, sentence);
    if (action !== null) state = world.step(state, action);
    return measured;
  });
  expect(states).toEqual(log.states);
  // The legend beside clips is no clip.
  const data = await openRecordings(folder, { width: 64, height: 64, cacheFolder: join(root, 'cache') });
  expect(data.clips.length).toBe(1);
  data.close();
});
