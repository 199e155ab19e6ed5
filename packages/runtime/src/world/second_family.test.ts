import type { Executor } from '@snowglobe/graph';
import {
  allFamilies,
  decodeWorld,
  encodeWorld,
  familyNamed,
  registerFamily,
  worldFileOf,
} from '@snowglobe/model';
import { nextFrame } from '@snowglobe/model/testing';
import ort from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBestDevice } from '../devices/node/index.js';
import { exportWorld } from '../export/export_world.js';
import { createNodeOnnxExecutor } from '../node/onnx.js';
import { createReferenceExecutor } from '../reference/reference.js';
import { decodeReplay, encodeReplay } from '../replay/replay.js';
import { nextFrameWorld } from '../testing/next_frame_world.js';
import { createWebgpuExecutor } from '../webgpu/index.js';
import type { PromptImage } from './prompt.js';
import { promptFrame } from './prompt.js';
import { World } from './world.js';

/** A world of another family plays, is kept and exported as those of the first one: nothing above `model` knows it. */
registerFamily(nextFrame);

const [width, height] = [24, 16];
const script = ['right', 'left', 'none', 'right', 'right'];
const prompt = { width, height, data: new Uint8Array(width * height * 4).map((_, i) => (i * 37) % 256) };

const file = worldFileOf(nextFrameWorld(), 'test');
const open = (executor: () => Promise<Executor> = async () => createReferenceExecutor()): Promise<World> =>
  World.create(file, 'test', executor);

describe('a world of a second family', () => {
  let world: World;
  beforeAll(async () => {
    world = await open();
  });
  afterAll(() => world.close());

  it('names its family in its file, and comes back as it was', () => {
    const again = decodeWorld(encodeWorld(file), 'again');
    expect(again.model.family).toBe('next-frame');
    expect(again.metadata).toEqual(file.metadata);
    expect(again.tensors.size).toBe(file.tensors.size);
  });

  it('a file of a family that nobody knows is refused with those that are known', () => {
    const unknown = { ...file, metadata: { ...file.metadata, family: 'other' } };
    expect(() => decodeWorld(encodeWorld(unknown), 'w')).toThrow(
      `w: there is no family of worlds called 'other' among ${allFamilies()
        .map(({ name }) => name)
        .join(', ')}; update Snowglobe, or register that family first.`,
    );
    expect(familyNamed('next-frame')).toBe(nextFrame);
    expect(() => registerFamily({ ...nextFrame })).toThrow("another one is called 'next-frame' already");
  });

  it('gives the same frames on every executor', async () => {
    const device = (await openBestDevice()).opened;
    const others = [
      await open(async () => createNodeOnnxExecutor({ threads: 1 })),
      ...(device ? [await open(async () => createWebgpuExecutor(device))] : []),
    ];
    const expected = await walk(world);
    expect(new Set(expected.map(String)).size).toBe(script.length);
    for (const other of others) {
      const found = await walk(other);
      found.forEach((frame, t) =>
        frame.forEach((value, i) => expect(Math.abs(value - expected[t]![i]!)).toBeLessThanOrEqual(1)),
      );
      await other.close();
    }
  });

  it('goes back to a snapshot, and a replay gives what was played', async () => {
    const play = await world.start({ prompt });
    await play.step('right');
    const snapshot = await play.snapshot();
    expect(Object.keys(snapshot.state)).toEqual(['play/frame']);
    expect(world.stats.stateBytes).toBe(file.model.stateBytes());
    const next = await play.step('left');
    await play.restore(snapshot);
    expect((await play.step('left')).rgba).toEqual(next.rgba);
    const resumed = await world.resume(snapshot);
    expect((await resumed.step('left')).rgba).toEqual(next.rgba);
    const sampling = { seed: 0, temperature: 1, confidenceThreshold: 0 };
    const replay = encodeReplay({ ...sampling, world: 'w', prompt, fps: 10, actions: script });
    const { actions, prompt: first } = decodeReplay(replay, 'replay');
    expect(await walk(world, first, actions)).toEqual(await walk(world));
    await expect(play.step('left', { codes: true })).rejects.toThrow(
      'frames of this world are not made of codes',
    );
  });

  it('is exported, and ONNX Runtime alone samples the frames that a session samples', async () => {
    const { bytes, inputs, outputs, actions } = exportWorld(file, 'w');
    expect(inputs.map(({ name }) => name)).toEqual(['action', 'state/index', 'state/frame']);
    expect(outputs.map(({ name }) => name)).toEqual(['rgb', 'chosenAction', 'next/index', 'next/frame']);
    const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3 });
    let state: ort.Tensor = new ort.Tensor(promptFrame(prompt, width, height), [1, height, width, 3]);
    let index: ort.Tensor = new ort.Tensor('int32', [0], [1]);
    const onnx = await open(async () => createNodeOnnxExecutor({ threads: 1 }));
    const expected = await walk(onnx);
    await onnx.close();
    for (const [t, name] of script.entries()) {
      const action = new ort.Tensor('int32', [actions.indexOf(name)], [1]);
      const run = await session.run({ action, 'state/index': index, 'state/frame': state });
      expect([...(run['rgb']!.data as Uint8Array)]).toEqual(expected[t]);
      [state, index] = [run['next/frame']!, run['next/index']!];
    }
    await session.release();
  });
});

/** Pixels (H, W, 3) of each frame of a walk. */
async function walk(
  world: World,
  from: PromptImage = prompt,
  actions: readonly (string | number)[] = script,
): Promise<number[][]> {
  const play = await world.start({ prompt: from });
  const frames: number[][] = [];
  for (const action of actions) {
    const { rgba } = await play.step(action);
    frames.push([...rgba].filter((_, i) => i % 4 !== 3));
  }
  await play.close();
  return frames;
}
