import { SnowglobeError } from '@snowglobe/graph';
import { expect, test } from 'vitest';
import { createWebgpuExecutor } from '../webgpu/executor.js';
import { openBestDevice } from '../devices/node/discover.js';
import type { DeviceCall } from '../testing/lossy_executor.js';
import { LossyExecutor } from '../testing/lossy_executor.js';
import { createStirringExecutor } from '../testing/stirring_executor.js';
import { untrainedWorld } from '../testing/untrained_world.js';
import { Timeline } from './timeline.js';
import { World } from './world.js';

const long = process.env['SNOWGLOBE_LONG_TESTS'] === '1';
const file = untrainedWorld();
const prompt = { width: 4, height: 4, data: Uint8Array.from({ length: 48 }, (_, i) => (i * 37) % 256) };
const start = { prompt, seed: 7, temperature: 1 };
const actions = ['right', 'left', 'none', 'up'];

/** A world whose device is lost at the moments of all its life that are listed, counted from the first. */
const losing = (moments: readonly number[], count: { moment: number }): Promise<World> =>
  World.create(
    file,
    'test',
    async () =>
      new LossyExecutor(createStirringExecutor(), 'fragile', () => moments.includes(++count.moment)),
  );

/** Two sessions of which one is parked for the other, a keep, a snapshot, and a rewind: all that needs the device. */
async function everything(world: World): Promise<string[]> {
  const seen: string[] = [];
  const note = ({ index, rgba }: { index: number; rgba: Uint8ClampedArray }): void =>
    void seen.push(`${index} ${rgba.slice(0, 40).join()}`);
  const session = await world.start(start);
  const timeline = new Timeline(await world.start({ ...start, seed: 8 }), { every: 4 });
  // The 64th is followed by a copy of the state to the host.
  for (let i = 0; i < 66; i++) note(await session.step(actions[i % 4]!, { codes: i === 63 }));
  for (let i = 0; i < 6; i++) note(await timeline.step(actions[i % 4]!));
  note(await session.step('left'));
  note(await timeline.rewind(3));
  note(await timeline.step('up'));
  const snapshot = await session.snapshot();
  seen.push(`${snapshot.index} ${Object.values(snapshot.state).map((values) => values.slice(0, 9).join())}`);
  note(await (await world.resume(snapshot)).step('right'));
  await world.close();
  return seen;
}

test('a device that is lost at any moment, once or twice in a row, changes nothing that is seen', async () => {
  const count = { moment: 0 };
  const expected = await everything(await losing([], count));
  const all = count.moment;
  expect(all).toBeGreaterThan(150);
  for (let moment = 1; moment <= all; moment += long ? 1 : 3) {
    expect(await everything(await losing([moment], { moment: 0 })), `lost at ${moment}`).toEqual(expected);
  }
  for (let moment = 1; moment <= all; moment += long ? 2 : 11) {
    const twice = [moment, moment + 1 + (moment % 5)];
    expect(await everything(await losing(twice, { moment: 0 })), `lost at ${twice.join()}`).toEqual(expected);
  }
}, 300_000);

test('a request that fails when it has sampled already has changed nothing', async () => {
  const [world, other] = [await losing([], { moment: 0 }), await losing([], { moment: 0 })];
  const [session, expected] = [await world.start(start), await other.start(start)];
  for (let i = 0; i < 3; i++) {
    const half = session.transact(async (transaction) => {
      await transaction.step('up', false);
      if (i === 1) transaction.restore(await transaction.keep());
      if (i === 2) await transaction.keep();
      throw new SnowglobeError('changed my mind');
    });
    await expect(half).rejects.toThrow('changed my mind');
    expect(session.index).toBe(i);
    expect((await session.step('left')).rgba).toEqual((await expected.step('left')).rgba);
  }
  await Promise.all([world.close(), other.close()]);
});

test('a request whose devices all fail says so and changes nothing, and the next one tries again', async () => {
  let failing: DeviceCall | undefined;
  let opened = 0;
  const world = await World.create(file, 'test', async () => {
    opened++;
    return new LossyExecutor(createStirringExecutor(), `device ${opened}`, (call) => call === failing);
  });
  const session = await world.start(start);
  const expected = await everythingAfter(await losing([], { moment: 0 }));
  await session.step('right');
  for (const call of ['run', 'write', 'compile'] as const) {
    // On the device that is open, then on all that are opened.
    failing = call;
    await expect(session.step('left')).rejects.toThrow(SnowglobeError);
    await expect(session.snapshot()).rejects.toThrow(/'device \d+' was lost/);
    expect(session.index).toBe(1);
  }
  failing = undefined;
  const { index, rgba } = await session.step('left');
  expect([index, ...rgba]).toEqual(expected);
  await world.close();
});

async function everythingAfter(world: World): Promise<number[]> {
  const session = await world.start(start);
  await session.step('right');
  const { index, rgba } = await session.step('left');
  await world.close();
  return [index, ...rgba];
}

test('an executor that cannot be opened fails the request alone', async () => {
  let broken = false;
  let last!: LossyExecutor;
  const world = await World.create(file, 'test', async () => {
    if (broken) throw new SnowglobeError('webgpu: there is no adapter.');
    return (last = new LossyExecutor(createStirringExecutor(), 'fragile'));
  });
  const session = await world.start(start);
  await session.step('right');
  broken = true;
  last.lose();
  await expect(session.step('left')).rejects.toThrow(/there is no adapter/);
  await expect(session.step('left')).rejects.toThrow(/there is no adapter/);
  expect([session.index, world.executor.device]).toEqual([1, 'fragile']);
  broken = false;
  expect((await session.step('left')).index).toBe(2);
  await world.close();
});

test('a device that is lost while the world is closed is not followed by another one', async () => {
  let opened = 0;
  const lost = { now: false };
  const world = await World.create(file, 'test', async () => {
    opened++;
    return new LossyExecutor(createStirringExecutor(), 'fragile', () => lost.now);
  });
  const session = await world.start(start);
  const steps = Promise.allSettled([session.step('right'), session.step('right')]);
  const closing = world.close();
  lost.now = true;
  expect((await steps).map((each) => each.status === 'rejected' && String(each.reason))).toEqual(
    Array(2).fill('SnowglobeError: world: it was closed; open it again.'),
  );
  await closing;
  expect([opened, session.index]).toEqual([1, 0]);
});

test('on a real device: a loss while the 64th frame is read, or the state that is kept then', async () => {
  const { opened } = await openBestDevice();
  if (!opened) return;
  opened.close();
  let [devices, mappings, loseAt] = [0, -Infinity, 0];
  const world = await World.create(file, 'test', async () => {
    const { opened: next } = await openBestDevice();
    const { device } = next!;
    devices++;
    const createBuffer = device.createBuffer.bind(device);
    device.createBuffer = (descriptor) => {
      const buffer = createBuffer(descriptor);
      const mapAsync = buffer.mapAsync.bind(buffer);
      buffer.mapAsync = (...given) => {
        if (++mappings === loseAt) device.destroy();
        return mapAsync(...given);
      };
      return buffer;
    };
    return createWebgpuExecutor(next!);
  });
  const walk = async (): Promise<string[]> => {
    const session = await world.start(start);
    const frames: string[] = [];
    for (let i = 0; i < 66; i++) {
      mappings = i === 63 ? 0 : -Infinity;
      const { index, rgba } = await session.step(actions[i % 4]!);
      frames.push(`${index} ${rgba.join()}`);
    }
    await session.close();
    return frames;
  };
  const expected = await walk();
  expect(devices).toBe(1);
  // The picture's mapping, the first of the state's, a later one.
  const moments = long ? [2, 1, 4] : [2];
  for (const [i, at] of moments.entries()) {
    loseAt = at;
    expect(await walk()).toEqual(expected);
    expect(devices).toBe(2 + i);
  }
  await world.close();
}, 240_000);
