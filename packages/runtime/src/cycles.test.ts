import { existsSync, readdirSync } from 'node:fs';
import { MessageChannel } from 'node:worker_threads';
import { expect, test } from 'vitest';
import type { Executor } from '@snowglobe/graph';
import { GraphBuilder } from '@snowglobe/graph';
import { pointwise } from '@snowglobe/kernels';
import { createNodeOnnxExecutor } from './node/onnx.js';
import { createReferenceExecutor } from './reference/reference.js';
import { createWebgpuExecutor } from './webgpu/executor.js';
import { borrowDevice } from './devices/borrow.js';
import { openBestDevice } from './devices/node/discover.js';
import { RemoteWorld, hostWorld, portChannel } from './remote/index.js';
import { collectGarbage } from './testing/garbage.js';
import { untrainedWorld } from './testing/untrained_world.js';
import { Timeline } from './world/timeline.js';
import { World } from './world/world.js';

/** Worlds are opened, played and closed over and over: memory and handles of the process stay what they were. */
const long = process.env['SNOWGLOBE_LONG_TESTS'] === '1';
/** npm has a software driver for this platform, so there is always a device. */
const hasDevice = process.platform === 'linux' && process.arch === 'x64';
const file = untrainedWorld();
const prompt = { width: 4, height: 4, data: new Uint8Array(64).fill(128) };

async function cycle(open: () => Promise<Executor>): Promise<void> {
  const world = await World.create(file, 'test', open);
  const timeline = new Timeline(await world.start({ prompt }), { every: 2 });
  for (const action of ['right', 'left', 'none']) await timeline.step(action);
  await timeline.rewind(1);
  await (await world.resume(await timeline.snapshot())).step('right');
  const { port1, port2 } = new MessageChannel();
  let released!: () => void;
  const ended = new Promise<void>((resolve) => (released = resolve));
  hostWorld(portChannel(port2 as never), {
    open: async () => ({ world, executors: [], release: () => world.close().then(released) }),
  });
  const remote = await RemoteWorld.connect(portChannel(port1 as never), { world: 'w' });
  await remote.start({ prompt });
  await remote.step('left');
  remote.close();
  await ended;
}

interface Held {
  /** Of the whole process. */
  readonly megabytes: number;
  /** Megabytes of JavaScript's objects, and of what they hold outside of its heap. */
  readonly javascript: number;
  /** Of the process, drivers' too; 0 where the system does not tell. */
  readonly threads: number;
  readonly handles: string;
}

async function held(): Promise<Held> {
  for (let i = 0; i < 3; i++) {
    collectGarbage();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  return {
    megabytes: rss / 2 ** 20,
    javascript: (heapUsed + external) / 2 ** 20,
    threads: existsSync('/proc/self/task') ? readdirSync('/proc/self/task').length : 0,
    handles: process
      .getActiveResourcesInfo()
      .filter((each) => each !== 'Timeout' && each !== 'Immediate')
      .sort()
      .join(),
  };
}

/** @returns what is held when caches and pools have filled, and after as many cycles again and again */
async function grow(cycles: number, open: () => Promise<Executor>): Promise<readonly [Held, Held]> {
  for (let i = 0; i < cycles / 2; i++) await cycle(open);
  const before = await held();
  for (let i = cycles / 2; i < cycles; i++) await cycle(open);
  return [before, await held()];
}

test.each([
  ['reference', long ? 200 : 6, async () => createReferenceExecutor()],
  ['onnx', long ? 500 : 20, async () => createNodeOnnxExecutor({ threads: 1 })],
] as const)(
  'worlds on %s that are opened and closed leave nothing behind',
  async (kind, cycles, open) => {
    const [before, after] = await grow(cycles, open);
    if (long) console.log(kind, cycles, before, after);
    expect(after.handles).toBe(before.handles);
    expect(after.megabytes).toBeLessThan(before.megabytes + 60);
  },
  600_000,
);

/** A device that was opened, has computed and was closed, as nobody but the collector sees it. */
async function usedDevice(lend: boolean): Promise<WeakRef<GPUDevice>> {
  const opened = (await openBestDevice()).opened!;
  const executor = createWebgpuExecutor(lend ? borrowDevice(opened.device) : opened);
  const builder = new GraphBuilder();
  builder.output('twice', pointwise.mul(builder.input('x', [4]), 2));
  const program = await executor.compile(builder.build());
  const { twice } = await program.run({ x: Float32Array.of(1, 2, 3, 4) });
  expect([...twice!]).toEqual([2, 4, 6, 8]);
  await executor.close();
  opened.close();
  await opened.device.lost;
  return new WeakRef(opened.device);
}

test.runIf(hasDevice).each([
  ['owns', false],
  ['borrows', true],
])('a device that its executor %s is collected when it is closed', async (_, lend) => {
  const used = [await usedDevice(lend), await usedDevice(lend), await usedDevice(lend)];
  await held();
  expect(used.map((device) => device.deref())).toEqual([undefined, undefined, undefined]);
});

// A driver that computes on the CPU compiles a world for seconds, on each device anew.
test.runIf(long && hasDevice)(
  'worlds on webgpu that are opened and closed leave nothing behind',
  async () => {
    const devices: WeakRef<GPUDevice>[] = [];
    const cycles = 16;
    const [before, after] = await grow(cycles, async () => {
      const { opened: next } = await openBestDevice();
      devices.push(new WeakRef(next!.device));
      return createWebgpuExecutor(next!);
    });
    console.log('webgpu', cycles, before, after);
    expect(devices).toHaveLength(cycles);
    expect(devices.filter((device) => device.deref() !== undefined)).toEqual([]);
    expect(after.handles).toBe(before.handles);
    // A driver has threads of its own, a few a device.
    expect(after.threads).toBe(before.threads);
    expect(after.javascript).toBeLessThan(before.javascript + 4);
    expect(after.megabytes).toBeLessThan(before.megabytes + 60);
  },
  600_000,
);

test('what worlds had on an executor that stays open is freed with them', async () => {
  const { opened } = await openBestDevice();
  if (!opened) return;
  const { device } = opened;
  const living = new Map<string, number>();
  const createBuffer = device.createBuffer.bind(device);
  device.createBuffer = (descriptor) => {
    const buffer = createBuffer(descriptor);
    const destroy = buffer.destroy.bind(buffer);
    const label = descriptor.label ?? '';
    living.set(label, (living.get(label) ?? 0) + 1);
    buffer.destroy = () => {
      living.set(label, living.get(label)! - 1);
      return destroy();
    };
    return buffer;
  };
  const executor = createWebgpuExecutor(opened);
  const kept: Executor = {
    ...{ kind: executor.kind, device: executor.device, lost: executor.lost },
    createStore: () => executor.createStore(),
    compile: (...given) => executor.compile(...given),
    close: async () => {},
  };
  for (let i = 0; i < 3; i++) {
    const world = await World.create(file, 'test', async () => kept);
    await (await world.start({ prompt })).step('right');
    await world.close();
    // Those for reading are kept for the next reading, and go with the device.
    expect([...living].filter(([label, count]) => label !== 'readback' && count !== 0)).toEqual([]);
  }
  await executor.close();
  expect([...living].filter(([, count]) => count !== 0)).toEqual([]);
});
