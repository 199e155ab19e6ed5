/** Players of worlds that are open in this thread: in Node, on a canvas that is none of a page's. */
import { SnowglobeError } from '@snowglobe/graph';
import { decodeWorld, encodeWorld } from '@snowglobe/model';
import { World, createNodeOnnxExecutor, openBestDevice } from '@snowglobe/runtime';
import { openWorld } from '@snowglobe/runtime/browser';
import { untrainedWorld } from '@snowglobe/runtime/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CreatePlayerOptions, Frame } from './create_player.js';
import { createPlayer } from './create_player.js';
import { MemoryCanvas } from './testing/memory_canvas.js';

const bytes = encodeWorld(untrainedWorld());
const prompt = { width: 8, height: 8, data: Uint8Array.from({ length: 256 }, (_, i) => (i * 37) % 256) };
const begin = { prompt, seed: 7, temperature: 1 } as const;
const script = ['right', 'up', 'left', 'right', 'none'];

/** What a session shows alone. */
async function walkAlone(world: World): Promise<number[][]> {
  const alone = await world.start(begin);
  const frames = [];
  for (const action of script) frames.push([...(await alone.step(action)).rgba]);
  await alone.close();
  return frames;
}

describe('a world that is open already', () => {
  let world: World;
  beforeAll(async () => {
    const open = async () => createNodeOnnxExecutor({ threads: 1 });
    world = await World.create(decodeWorld(bytes, 'tiny'), 'worlds/tiny.safetensors', open);
  });
  afterAll(() => world.close());

  test('is played in this thread, drawn where it was asked for, and stays open', async () => {
    const expected = await walkAlone(world);
    const canvas = new MemoryCanvas();
    const frames: Frame[] = [];
    const player = await createPlayer({
      ...{ world, canvas, ...begin, clock: 'manual' },
      onFrame: (frame) => frames.push(frame),
    });
    expect([player.place, player.places.length, player.info.executor.kind]).toEqual(['cpu', 1, 'onnx']);
    for (const [i, action] of script.entries()) {
      expect((await player.step(action)).index).toBe(i + 1);
      expect([...canvas.pixels]).toEqual(expected[i]);
    }
    expect([canvas.width, canvas.height, frames.length]).toEqual([32, 32, 6]);
    await player.goTo(2);
    expect([...canvas.pixels]).toEqual(expected[1]);
    await player.step('left');
    expect([...canvas.pixels]).toEqual(expected[2]);
    expect(player.replay()).toMatchObject({ world: 'tiny', seed: 7, actions: ['right', 'up', 'left'] });
    await expect(player.step('fly')).rejects.toThrow(/knows no 'fly'/);
    player.destroy();
    await expect(player.step('left')).rejects.toThrow(/it was destroyed; create another one/);
    expect(await walkAlone(world)).toEqual(expected);
  });

  test('plays by its own clock, beside others', async () => {
    const played = await Promise.all(
      [1, 2].map(async (seed) => {
        const player = await createPlayer({ world, prompt, seed, fps: 100 });
        await expect.poll(() => player.index).toBeGreaterThan(4);
        player.destroy();
        return player.state;
      }),
    );
    expect(played).toEqual(['idle', 'idle']);
  });

  test('what makes no sense beside it is refused in a sentence', async () => {
    const refused = (options: object) => expect(createPlayer(options as CreatePlayerOptions)).rejects;
    await refused({ world, prompt, src: 'a.safetensors' }).toThrow(
      "player: a world that is open and src were given; leave src out, or give the world's name in place of it.",
    );
    await refused({ world, prompt, run: 'gpu' }).toThrow(/and run were given; leave run out/);
    await refused({ world: null, prompt }).toThrow(/what was given as world is none; give the world that/);
    await refused({ world: { world }, prompt }).toThrow(/what was given as world is none/);
    await refused({ world }).toThrow(/nothing to start from; give a prompt/);
    await refused({ world, text: 'a tree' }).toThrow(SnowglobeError);
    await refused({ world, prompt, temperature: -1 }).toThrow(/temperature/);
  });

  test('a world that its owner closes is told of, and played no more', async () => {
    const open = async () => createNodeOnnxExecutor({ threads: 1 });
    const own = await World.create(decodeWorld(bytes, 'tiny'), 'tiny', open);
    const player = await createPlayer({ world: own, prompt, clock: 'manual' });
    await own.close();
    await expect(player.step('left')).rejects.toThrow(/closed/);
    player.destroy();
    await expect(createPlayer({ world: own, prompt })).rejects.toThrow(/closed/);
  });
});

test('a GPUDevice that was handed in draws its frames, and stays its maker’s', async () => {
  const { opened } = await openBestDevice();
  if (!opened) return;
  const { device } = opened;
  const { world } = await openWorld('https://here/tiny.safetensors', {
    ...{ device, executor: 'webgpu' },
    fetch: async () => new Response(bytes as Uint8Array<ArrayBuffer>),
  });
  const expected = await walkAlone(world);
  const canvas = new MemoryCanvas();
  const player = await createPlayer({ world, canvas, ...begin, clock: 'manual' });
  expect([player.place, player.replay().world]).toEqual(['gpu', 'tiny']);
  for (const [i, action] of script.entries()) {
    await player.step(action);
    expect([...canvas.pixels]).toEqual(expected[i]);
  }
  player.destroy();
  await world.close();
  const buffer = device.createBuffer({ size: 4, usage: 9 });
  await buffer.mapAsync(1);
  buffer.destroy();
  opened.close();
});
