import { MessageChannel } from 'node:worker_threads';
import type { Executor } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import type { WorldFile } from '@snowglobe/model';
import { decodeWorld, encodeWorld } from '@snowglobe/model';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openBestDevice } from '../devices/node/index.js';
import { createNodeOnnxExecutor } from '../node/onnx.js';
import { createReferenceExecutor } from '../reference/reference.js';
import { findRowWrites } from '../onnx/row_writes.js';
import { portChannel } from '../remote/channel.js';
import { RemoteWorld } from '../remote/client.js';
import { hostWorld } from '../remote/host.js';
import { roundedWorld } from '../testing/rounded_world.js';
import { untrainedWorld } from '../testing/untrained_world.js';
import { createWebgpuExecutor } from '../webgpu/index.js';
import { checkWeights } from './engine.js';
import type { Session } from './session.js';
import { Timeline } from './timeline.js';
import { World } from './world.js';

const prompt = {
  width: 32,
  height: 32,
  data: new Uint8ClampedArray(32 * 32 * 4).map((_, i) => (i * 37) % 256),
};
const start = { prompt, seed: 7, temperature: 0 };
const script = Array.from({ length: 14 }, (_, t) => ['right', 'left', 'none', 'up', 5][t % 5]!);

/** A world in eight bits, with the KV cache as floats or bytes, as it comes from a file. */
function worldFile(kvCache: boolean): WorldFile {
  const { metadata, tensors } = roundedWorld(untrainedWorld(), () => ({
    bits: 8,
    group: 16,
    zeroPoints: false,
  }));
  const quantization = { ...metadata.quantization!, ...(kvCache && { kvCache: { bits: 8 as const } }) };
  const file = { metadata: { ...metadata, quantization }, tensors };
  return decodeWorld(encodeWorld(file), 'w.safetensors');
}

const cpu = () => createNodeOnnxExecutor({ threads: 1 });
const open = (executor: Executor, kvCache = true): Promise<World> =>
  World.create(worldFile(kvCache), 'w', () => Promise.resolve(executor));

async function codesOf(session: Session, actions: readonly (string | number)[] = script): Promise<string[]> {
  const codes: string[] = [];
  for (const action of actions) codes.push(String((await session.step(action, { codes: true })).codes));
  return codes;
}

let world: World;
let float: World;
beforeAll(async () => {
  [world, float] = [await open(cpu()), await open(cpu(), false)];
});
afterAll(async () => {
  await Promise.all([world.close(), float.close()]);
});

describe('a world whose file asks for a KV cache of bytes', () => {
  test('samples the same codes on every executor', async () => {
    const expected = await codesOf(await world.start(start));
    expect(new Set(expected).size).toBeGreaterThan(2);
    const { opened: device } = await openBestDevice();
    for (const executor of [createReferenceExecutor(), ...(device ? [createWebgpuExecutor(device)] : [])]) {
      const elsewhere = await open(executor);
      expect(await codesOf(await elsewhere.start(start)), executor.kind).toEqual(expected);
      await elsewhere.close();
    }
    // A software adapter compiles a world's shaders for half a minute.
  }, 240_000);

  test('has new rows written where its rings lie', () => {
    const graph = checkWeights(worldFile(true), 'w');
    const rings = [...graph.variables.keys()].filter((name) => name.startsWith('play/layer'));
    expect(rings.map((name) => name.split('/')[2])).toEqual(['keys', 'keyScales', 'values', 'valueScales']);
    expect([...findRowWrites(graph).keys()].sort()).toEqual(rings.sort());
  });

  test('keeps its rings as words and scales', async () => {
    const session = await world.start(start);
    await codesOf(session, script.slice(0, 6));
    const { state } = await session.snapshot();
    const other = await float.start(start);
    await codesOf(other, script.slice(0, 6));
    const { state: floats } = await other.snapshot();
    const bytes = (of: typeof state) =>
      Object.values(of).reduce((sum, { byteLength }) => sum + byteLength, 0);
    expect(world.stats.stateBytes).toBe(bytes(state));
    expect(float.stats.stateBytes).toBe(bytes(floats));
    for (const name of ['play/layer0/keys', 'play/layer0/values']) {
      const [packed, scales] = [state[name]!, state[name.replace(/s$/, 'Scales')] as Float32Array];
      expect(packed).toBeInstanceOf(Uint32Array);
      expect(packed.length).toBe(floats[name]!.length / 4);
      const head = floats[name]!.length / scales.length;
      expect(head).toBe(4);
      new Int8Array(packed.slice().buffer).forEach((byte, i) =>
        expect(Math.abs(byte * scales[Math.floor(i / head)]! - floats[name]![i]!)).toBeLessThan(0.05),
      );
      expect(packed.some((word) => word !== 0)).toBe(true);
    }
  });

  test('goes on from a snapshot as it went on then, also on another executor and over a connection', async () => {
    const session = await world.start(start);
    await codesOf(session, script.slice(0, 6));
    const snapshot = await session.snapshot();
    const rest = await codesOf(session, script.slice(6));
    await session.restore(snapshot);
    expect(await codesOf(session, script.slice(6))).toEqual(rest);
    const elsewhere = await open(createReferenceExecutor());
    expect(await codesOf(await elsewhere.resume(snapshot), script.slice(6))).toEqual(rest);
    await elsewhere.close();

    const connect = () => {
      const { port1, port2 } = new MessageChannel();
      hostWorld(portChannel(port2 as never), {
        open: () => Promise.resolve({ world, executors: [], release: () => Promise.resolve() }),
      });
      return RemoteWorld.connect(portChannel(port1 as never), { world: 'w' });
    };
    const [here, there] = await Promise.all([connect(), connect()]);
    await here.start(start);
    for (const action of script.slice(0, 6)) await here.step(action);
    await there.resume(await here.snapshot());
    const again: string[] = [];
    for (const action of script.slice(6)) {
      again.push(String((await there.step(action, { codes: true })).codes));
    }
    expect(again).toEqual(rest);
    here.close();
    there.close();
  });

  test('is wound back to any frame, and on from it exactly as before', async () => {
    const timeline = new Timeline(await world.start({ ...start, temperature: 1 }), { every: 4 });
    const seen = [[...timeline.first.rgba]];
    for (const action of script) seen.push([...(await timeline.step(action)).rgba]);
    for (const index of [13, 9, 2]) expect([...(await timeline.rewind(index)).rgba]).toEqual(seen[index]);
    for (const [i, action] of script.slice(2).entries()) {
      expect([...(await timeline.step(action)).rgba]).toEqual(seen[i + 3]);
    }
  });

  test('refuses what is no snapshot of it, and the session goes on', async () => {
    const session = await world.start(start);
    await session.step('right');
    const good = await session.snapshot();
    const other = await float.start(start);
    await other.step('right');
    const foreign = await other.snapshot();
    const [keys, scales] = ['play/layer0/keys', 'play/layer0/keyScales'] as const;
    const { length } = good.state[keys]!;
    const withState = (name: string, values: unknown) => ({
      ...good,
      state: { ...good.state, [name]: values },
    });
    for (const [bad, message] of [
      [withState(keys, new Float32Array(length)), /'play\/layer0\/keys' is not what .* packed words/],
      [withState(keys, new Int32Array(length)), /packed words/],
      [withState(keys, new Uint32Array(length - 1)), /packed words/],
      [
        withState(
          keys,
          Array.from({ length }, () => 0),
        ),
        /packed words/,
      ],
      [
        withState(
          scales,
          good.state[scales]!.map(() => NaN),
        ),
        /keyScales' .* finite numbers/,
      ],
      [withState(scales, Uint32Array.from(good.state[scales]!)), /finite numbers/],
      [withState('play/layer0/moreKeys', new Uint32Array(4)), /more than this world needs/],
      [foreign, /packed words/],
    ] as const) {
      await expect(session.restore(bad as never)).rejects.toThrow(SnowglobeError);
      await expect(session.restore(bad as never)).rejects.toThrow(message);
    }
    await expect(other.restore(good)).rejects.toThrow(/finite numbers/);
    expect((await session.step('right')).index).toBe(2);
  });
});
