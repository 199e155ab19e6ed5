import { SnowglobeError } from '@snowglobe/graph';
import { encodeWorld } from '@snowglobe/model';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Executor } from '@snowglobe/graph';
import { createNodeOnnxExecutor } from '../node/onnx.js';
import { createReferenceExecutor } from '../reference/reference.js';
import { createWebgpuExecutor } from '../webgpu/executor.js';
import { openBestDevice } from '../devices/node/discover.js';
import { openWebgpuExecutor } from '../webgpu/node/open.js';
import { openWorld } from './node/open_world.js';
import { untrainedConfig as config, untrainedWorld } from '../testing/untrained_world.js';
import type { Session } from './session.js';
import { World } from './world.js';

const prompt = {
  width: 50,
  height: 40,
  data: Uint8Array.from({ length: 50 * 40 * 4 }, (_, i) => (i % 4 === 3 ? 255 : (i * 7919) % 256)),
};
const start = { prompt, seed: 7, temperature: 0 };
const script = Array.from({ length: 16 }, (_, t) => ['right', 'left', 'none', 'jump', 5][t % 5]!);

const open = (executor: Executor): Promise<World> =>
  World.create(untrainedWorld(), 'test', async () => executor);
const cpu = () => createNodeOnnxExecutor({ threads: 1 });

async function walk(session: Session, actions: readonly (string | number)[] = script) {
  const frames = [];
  for (const action of actions) frames.push(await session.step(action, { codes: true }));
  return frames;
}
const codesOf = (frames: Awaited<ReturnType<typeof walk>>) => frames.map(({ codes }) => [...codes!]);
const pixelsOf = (frames: Awaited<ReturnType<typeof walk>>) => frames.map(({ rgba }) => [...rgba]);

describe('a world', () => {
  it('samples the same codes on every executor at temperature 0, in one submit a frame on webgpu', async () => {
    const { executor: gpu } = await openWebgpuExecutor();
    const executors = [createReferenceExecutor(), cpu(), ...(gpu ? [gpu] : [])];
    const runs = [];
    for (const executor of executors) {
      const world = await open(executor);
      runs.push(codesOf(await walk(await world.start(start))));
      if (executor === gpu) expect(world.stats.submitsPerRun).toBe(1);
      await world.close();
    }
    for (const run of runs) expect(run).toEqual(runs[0]);
    expect(new Set(runs[0]!.map(String)).size).toBeGreaterThan(2);
  }, 180_000);

  it('repeats itself for the same seed, and not for another one', async () => {
    const world = await open(cpu());
    const walkWith = async (seed: number) =>
      pixelsOf(await walk(await world.start({ prompt, seed, temperature: 1 })));
    const first = await walkWith(1);
    expect(await walkWith(1)).toEqual(first);
    expect(await walkWith(2)).not.toEqual(first);
    await world.close();
  });

  it('plays sessions side by side as it plays each alone', async () => {
    const world = await open(cpu());
    const alone = [1, 2].map(async (seed) =>
      pixelsOf(await walk(await world.start({ ...start, seed, temperature: 1 }))),
    );
    const expected = [await alone[0]!, await alone[1]!];
    const [a, b] = await Promise.all([1, 2].map((seed) => world.start({ ...start, seed, temperature: 1 })));
    const both = [[], []] as number[][][];
    for (const action of script) {
      const frames = await Promise.all([a!.step(action), b!.step(action)]);
      frames.forEach(({ rgba }, i) => both[i]!.push([...rgba]));
    }
    expect(both).toEqual(expected);
    await world.close();
  });

  it('goes on from a snapshot as it went on then, also on another executor', async () => {
    const world = await open(cpu());
    const session = await world.start(start);
    await walk(session, script.slice(0, 6));
    const snapshot = await session.snapshot();
    expect(snapshot.index).toBe(6);
    const rest = codesOf(await walk(session, script.slice(6)));
    expect((await session.restore(snapshot)).index).toBe(6);
    expect(session.index).toBe(6);
    expect(codesOf(await walk(session, script.slice(6)))).toEqual(rest);
    expect(codesOf(await walk(await world.resume(snapshot), script.slice(6)))).toEqual(rest);
    const elsewhere = await open(createReferenceExecutor());
    expect(codesOf(await walk(await elsewhere.resume(snapshot), script.slice(6)))).toEqual(rest);
    await Promise.all([world.close(), elsewhere.close()]);
  }, 180_000);

  it('refuses what is no snapshot of it, and the session goes on', async () => {
    const world = await open(cpu());
    const session = await world.start(start);
    await session.step('right');
    const good = await session.snapshot();
    const [name] = Object.keys(good.state);
    for (const bad of [
      null,
      { ...good, index: -1 },
      { ...good, state: null },
      { ...good, state: {} },
      { ...good, state: { ...good.state, [name!]: new Float32Array(3) } },
      { ...good, state: { ...good.state, more: new Float32Array(3) } },
      { ...good, state: { ...good.state, [name!]: good.state[name!]!.map(() => NaN) } },
    ]) {
      await expect(session.restore(bad as never)).rejects.toThrow(SnowglobeError);
    }
    expect((await session.step('right')).index).toBe(2);
    await world.close();
  });

  it('refuses unknown actions and bad prompts in one sentence, and the session goes on', async () => {
    const world = await open(cpu());
    const session = await world.start(start);
    await expect(session.step('fly')).rejects.toThrow(/no 'fly'; it knows left, none, right, up/);
    await expect(session.step(8)).rejects.toThrow(/use 0 to 7/);
    await expect(session.step(1.5)).rejects.toThrow(SnowglobeError);
    expect((await session.step('right')).index).toBe(1);
    for (const bad of [
      { width: 0, height: 0, data: new Uint8Array() },
      { width: 20_000, height: 20_000, data: new Uint8Array(4) },
      { width: 2, height: 2, data: new Uint8Array(5) },
    ]) {
      await expect(world.start({ prompt: bad })).rejects.toThrow(SnowglobeError);
    }
    await expect(world.start({ prompt, temperature: -1 })).rejects.toThrow(/temperature -1/);
    await expect(world.start({ prompt, seed: 0.5 })).rejects.toThrow(/seed 0.5/);
    await world.close();
  });

  it('takes what the world says of a key, else the first code that does it', async () => {
    const world = await open(cpu());
    const likeliest = (action: string, direction: number): number => {
      const row = [...world.actions.logitsOf(action)].slice(8 * direction, 8 * direction + 8);
      return row.indexOf(Math.max(...row));
    };
    expect([4, 7].map((direction) => likeliest('right', direction))).toEqual([3, 2]);
    expect([4, 7].map((direction) => likeliest('left', direction))).toEqual([1, 1]);
    expect(likeliest('jump', 4)).toBe(4);
    await world.close();
  });

  it('lets the likeliest happen where nothing is preferred and nobody knows what a code does', async () => {
    const untrained = untrainedWorld();
    const { keys: _, ...rest } = untrained.metadata;
    const names = Array.from({ length: 8 }, (__, code) => `code ${code}`);
    const nameless = { ...untrained, metadata: { ...rest, actionNames: names, codeToAction: names } };
    const world = await World.create(nameless, 'test', async () => cpu());
    expect(world.actions.names).toEqual([...names, 'none', 'stay', 'wait']);
    expect(world.actions.logitsOf('none').every((value) => value === 0)).toBe(true);
    const free = codesOf(await walk(await world.start(start), ['none']));
    const all = await Promise.all(
      names.map(async (name) => codesOf(await walk(await world.start(start), [name]))),
    );
    expect(all).toContainEqual(free);
    await world.close();
  });

  it('plays a key as the code that goes with it, and a number as that code', async () => {
    const world = await open(cpu());
    const key = codesOf(await walk(await world.start(start), ['right', 'left', 'jump']));
    const first = codesOf(await walk(await world.start(start), [3, 1, 4]));
    const other = codesOf(await walk(await world.start(start), [2, 1, 4]));
    expect([first, other]).toContainEqual(key);
    await world.close();
  });

  it('moves to another executor when the device is lost, and loses no frame', async () => {
    const { opened } = await openBestDevice();
    if (!opened) return;
    const expected = await (async () => {
      const world = await open(cpu());
      const frames = codesOf(await walk(await world.start(start)));
      await world.close();
      return frames;
    })();
    const executors: Executor[] = [createWebgpuExecutor(opened), cpu()];
    const world = await World.create(untrainedWorld(), 'test', async () => executors.shift()!);
    const session = await world.start(start);
    const before = codesOf(await walk(session, script.slice(0, 5)));
    opened.device.destroy();
    const after = codesOf(await walk(session, script.slice(5)));
    expect([...before, ...after]).toEqual(expected);
    expect(world.executor.kind).toBe('onnx');
    await world.close();
  }, 180_000);
});

describe('openWorld', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'snowglobe-world-'));
    await writeFile(join(folder, 'noise.safetensors'), encodeWorld(untrainedWorld()));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('opens a world by path, by name and by address', async () => {
    const server = createServer((request, response) => {
      if (request.url !== '/noise.safetensors') return void response.writeHead(404).end();
      void readFile(join(folder, 'noise.safetensors')).then((bytes) => response.end(bytes));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    process.env['SNOWGLOBE_WORLDS'] = folder;
    try {
      for (const name of [join(folder, 'noise.safetensors'), 'noise', `${address}/noise.safetensors`]) {
        const world = await openWorld(name, { executor: 'onnx', threads: 1 });
        expect(world.metadata.config).toEqual(config);
        await world.close();
      }
      await expect(openWorld('nowhere')).rejects.toThrow(/no 'nowhere' among .*noise/);
      await expect(openWorld(`${address}/other.safetensors`)).rejects.toThrow(/404/);
    } finally {
      delete process.env['SNOWGLOBE_WORLDS'];
      server.close();
    }
  });

  it('names the weight that a file lacks', async () => {
    const { metadata, tensors } = untrainedWorld();
    const [first, ...rest] = tensors;
    const path = join(folder, 'lacking.safetensors');
    await writeFile(path, encodeWorld({ metadata, tensors: new Map(rest) }));
    await expect(openWorld(path, { executor: 'onnx' })).rejects.toThrow(first![0]);
  });
});
