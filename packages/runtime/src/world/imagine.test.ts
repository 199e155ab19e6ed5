import type { WorldFile } from '@snowglobe/model';
import { createNodeOnnxExecutor } from '../node/onnx.js';
import { describe, expect, it } from 'vitest';
import { hostWorld } from '../remote/host.js';
import { RemoteWorld } from '../remote/client.js';
import { socketPair } from '../remote/testing/channels.js';
import { untrainedPatches, wordyPatches } from '../testing/untrained_patches.js';
import { World } from './world.js';

const open = (file: WorldFile) =>
  World.create(file, 'test', () => Promise.resolve(createNodeOnnxExecutor({ threads: 1 })));

describe('a world that knows words', () => {
  it('draws first frames from a text, and begins with the best of them', async () => {
    const world = await open(wordyPatches());
    expect(world.vocabulary).toEqual(['lake', 'cow', 'west']);
    const { frames, holds, clauses, remark } = await world.imagine('a pond, 2 cows, a ghost', { seed: 3 });
    expect(frames).toHaveLength(8);
    expect(holds.map((each) => each.length)).toEqual(Array(8).fill(2));
    expect(clauses).toEqual(['lake', 'cow']);
    expect(remark).toMatch(/'pond' is read as 'lake'.*'ghost' is not known here/);
    const session = await world.start({ text: 'a pond, 2 cows, a ghost', seed: 3 });
    expect(session.first.rgba).toEqual(frames[0]!.rgba);
    const after = await session.step(0);
    const { width, height, rgba: data } = frames[0]!;
    const same = await world.start({ prompt: { width, height, data }, seed: 3 });
    expect((await same.step(0)).rgba).toEqual(after.rgba);
    await world.close();
  });

  it('refuses what it cannot draw in one sentence, and goes on', async () => {
    const world = await open(wordyPatches());
    const session = await world.start({ text: 'lake' });
    await expect(world.imagine('')).rejects.toThrow(/^text: it has no word/);
    await expect(world.imagine('зомби')).rejects.toThrow(/^text: this world knows none/);
    await expect(world.imagine('lake '.repeat(1000))).rejects.toThrow(
      /^text: it must be a sentence of at most/,
    );
    await expect(world.imagine('lake', { candidates: 17 })).rejects.toThrow(/^imagine: .*candidates/);
    const picture = { width: 1, height: 1, data: new Uint8Array(4) };
    await expect(world.start({ text: 'lake', prompt: picture })).rejects.toThrow(
      /^start: a prompt and a text/,
    );
    expect((await session.step(0)).index).toBe(1);
    await world.close();
  });

  it('says so where it knows none', async () => {
    const world = await open(untrainedPatches());
    expect(world.vocabulary).toEqual([]);
    await expect(world.imagine('lake')).rejects.toThrow(/^text: this world knows no words/);
    await world.close();
  });

  it('draws at the other end of a channel', async () => {
    const world = await open(wordyPatches());
    const [page, server] = socketPair();
    hostWorld(server, {
      open: () => Promise.resolve({ world, executors: [], release: () => world.close() }),
    });
    const remote = await RemoteWorld.connect(page, { world: 'test' });
    expect(remote.info.vocabulary).toEqual(['lake', 'cow', 'west']);
    const there = await remote.imagine('a lake', { candidates: 2, seed: 1 });
    const here = await world.imagine('a lake', { candidates: 2, seed: 1 });
    expect(there.frames.map(({ rgba }) => rgba)).toEqual(here.frames.map(({ rgba }) => rgba));
    expect(there.holds).toEqual(here.holds);
    const { frame } = await remote.start({ text: 'a lake', seed: 1 });
    expect(frame.index).toBe(0);
    await expect(remote.imagine('зомби')).rejects.toThrow(/^text: this world knows none/);
    expect((await remote.step(0)).index).toBe(1);
    remote.close();
  });
});
