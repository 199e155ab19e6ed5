/** Sessions that are taken over: what is sampled anew is bounded, wanted by somebody, and sampled once. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { createNodeOnnxExecutor } from '../node/onnx.js';
import { RemoteWorld } from '../remote/client.js';
import type { HostEvent } from '../remote/host.js';
import { hostWorld } from '../remote/host.js';
import { RemoteSession } from '../remote/remote_session.js';
import { portPair } from '../remote/testing/channels.js';
import { executors, start } from '../remote/testing/hosted_world.js';
import { delayedExecutor } from '../testing/delayed_executor.js';
import { untrainedWorld } from '../testing/untrained_world.js';
import { World } from '../world/world.js';
import { hashOfToken } from './identity.js';
import { SessionKeeper } from './keeper.js';
import { createMemoryStore } from './memory.js';
import type { SessionStore } from './store.js';
import { refusals } from './store.js';

/** Frames that the world has drawn, those that are drawn anew among them, and how long each takes. */
let drawn = 0;
let frameMs = 0;
let world: World;
beforeAll(async () => {
  const msOf = (): number => {
    drawn++;
    return frameMs;
  };
  const open = async () => delayedExecutor(createNodeOnnxExecutor({ threads: 1 }), msOf, 'cpu');
  world = await World.create(untrainedWorld(), 'tiny', open);
});
afterAll(() => world.close());
beforeEach(() => {
  frameMs = 0;
});

function placeOf(store: SessionStore, every?: number) {
  const bugs: unknown[] = [];
  const onBug = (error: unknown) => bugs.push(error);
  const keeper = new SessionKeeper(store, { every, onBug });
  const events: HostEvent['what'][] = [];
  return {
    bugs,
    events,
    channel(cut?: (cut: () => void) => void) {
      const [here, there] = portPair();
      cut?.(() => there.close('cut'));
      const open = async () => ({ world, executors, release: async () => {} });
      hostWorld(there, { keeper, onBug, open, observe: ({ what }) => events.push(what) });
      return here;
    },
    connect() {
      return RemoteWorld.connect(this.channel(), { world: 'tiny' });
    },
  };
}

/** A session of so many frames, which nobody plays any more and whose store has no state but the first. */
async function leftBehind(store: SessionStore, frames: number) {
  const remote = await placeOf(store, 1e6).connect();
  const { kept } = await remote.start({ ...start, temperature: 1 }, { keep: true });
  for (let i = 0; i < frames; i++) await remote.step('right');
  remote.close();
  await sleep(20);
  return { token: kept!, key: { session: kept!.session, tokenHash: await hashOfToken(kept!.token) } };
}

test.each([
  [16, 16],
  [undefined, 32],
])(
  'with a checkpoint every %s steps %i are sampled anew at most, for players who say what they have',
  async (every, most) => {
    const inner = createMemoryStore();
    /** Of the log, after each operation. */
    const lengths: number[] = [];
    let length = 0;
    const store: SessionStore = {
      ...inner,
      async create(sessionKey, first) {
        const lease = await inner.create(sessionKey, first);
        return {
          ...lease,
          async append(operation) {
            lengths.push(++length);
            await lease.append(operation);
          },
          async checkpoint(checkpoint) {
            length = checkpoint.log.length;
            await lease.checkpoint(checkpoint);
          },
        };
      },
    };
    const place = placeOf(store, every);
    const remote = await place.connect();
    const { kept } = await remote.start({ ...start, temperature: 1 }, { keep: true });
    const key = { session: kept!.session, tokenHash: await hashOfToken(kept!.token) };
    for (let i = 1; i <= 100; i++) {
      await remote.step('right');
      // A checkpoint is written beside the frames that follow.
      if (i % (most / 2) === 2) await sleep(15);
    }
    remote.close();
    await sleep(20);
    const { stored } = await store.acquire(key, 100);
    expect(stored.operations + stored.log.length).toBe(100);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(most + 4);
    expect(lengths.length).toBeGreaterThan(90);
    expect(place.bugs).toEqual([]);
  },
);

test('a state is never newer than what its player has: of answers that were lost nothing is', async () => {
  const store = createMemoryStore();
  const remote = await placeOf(store, 16).connect();
  const { kept } = await remote.start({ ...start, temperature: 1 }, { keep: true });
  const asked = Array.from({ length: 14 }, () => remote.step('right'));
  await Promise.all(asked);
  // All are drawn, and none of them is said to have come.
  await Promise.all(Array.from({ length: 16 }, () => remote.step('up')));
  remote.close();
  await sleep(20);
  const again = await (await placeOf(store).connect()).rejoin(kept!, 14);
  expect(again.frame.index).toBe(14);
});

test('a session that begins does not take over how much was seen of the one before', async () => {
  const store = createMemoryStore();
  const place = placeOf(store, 16);
  const remote = await place.connect();
  await remote.start(start, { keep: true });
  for (let i = 0; i < 40; i++) await remote.step('right');
  // Asked for while it is not known yet which session comes next.
  const begun = remote.start(start, { keep: true });
  const asked = Array.from({ length: 15 }, () => remote.step('up'));
  const { kept } = await begun;
  await Promise.all(asked);
  await Promise.all(Array.from({ length: 8 }, () => remote.step('up')));
  remote.close();
  await sleep(20);
  expect((await (await place.connect()).rejoin(kept!, 15)).frame.index).toBe(15);
});

test('nothing is sampled for a player who has left, and the session is free at once', async () => {
  const store = createMemoryStore();
  const { token } = await leftBehind(store, 150);
  const place = placeOf(store);
  frameMs = 5;
  const before = drawn;
  const remote = await place.connect();
  const rejoining = remote.rejoin(token, 150);
  rejoining.catch(() => {});
  await vi.waitFor(() => expect(drawn - before).toBeGreaterThan(5), { interval: 1 });
  remote.close();
  await sleep(100);
  const wasted = drawn - before;
  expect(wasted).toBeLessThan(60);
  await sleep(200);
  expect(drawn - before).toBe(wasted);
  frameMs = 0;
  expect((await (await placeOf(store).connect()).rejoin(token, 150)).frame.index).toBe(150);
  expect(place.bugs).toEqual([]);
});

test('nothing more is sampled of a session that went on in another place', async () => {
  const store = createMemoryStore();
  const { token, key } = await leftBehind(store, 400);
  frameMs = 5;
  const place = placeOf(store);
  const before = drawn;
  const remote = await place.connect();
  const rejoining = remote.rejoin(token, 400);
  await vi.waitFor(() => expect(drawn - before).toBeGreaterThan(5), { interval: 1 });
  await store.acquire(key, 400);
  await expect(rejoining).rejects.toThrow(/session: it went on in another place; connect anew\./);
  expect(drawn - before).toBeLessThan(250);
  expect(place.bugs).toEqual([]);
});

test('who asks again while a session is restored gets what comes of that, and who asked before does not', async () => {
  const store = createMemoryStore();
  const { token } = await leftBehind(store, 100);
  const acquired = vi.spyOn(store, 'acquire');
  const place = placeOf(store);
  frameMs = 3;
  const [a, b] = await Promise.all([place.connect(), place.connect()]);
  const before = drawn;
  const first = a.rejoin(token, 100);
  const refused = expect(first).rejects.toThrow(/session: it went on in another place; connect anew\./);
  await vi.waitFor(() => expect(drawn - before).toBeGreaterThan(20), { interval: 1 });
  const { frame } = await b.rejoin(token, 100);
  await refused;
  expect(frame.index).toBe(100);
  expect(acquired).toHaveBeenCalledTimes(1);
  expect(drawn - before).toBeLessThan(110);
  expect((await b.step('up')).index).toBe(101);
  // The token of somebody else does not.
  await expect((await place.connect()).rejoin({ ...token, token: 'x' }, 101)).rejects.toThrow(/another one/);
  expect((await b.step('up')).index).toBe(102);
  b.close();
  expect(place.bugs).toEqual([]);
});

test('a durable session that is held or cannot be reached for a while is waited for, not begun again', async () => {
  const inner = createMemoryStore();
  const refused: Error[] = [];
  const store: SessionStore = {
    ...inner,
    async create(key, first) {
      const lease = await inner.create(key, first);
      return Object.create(lease, { isDurable: { value: true } }) as typeof lease;
    },
    async acquire(...asked) {
      const error = refused.shift();
      if (error) throw error;
      return inner.acquire(...asked);
    },
  };
  const place = placeOf(store);
  let cut: (() => void) | undefined;
  const recovered = vi.fn();
  const session = await RemoteSession.open({
    world: 'tiny',
    connect: () => place.channel((end) => (cut = end)),
    listeners: { onRecovered: recovered },
  });
  await session.start({ ...start, temperature: 1 });
  expect(session.isDurable).toBe(true);
  for (let i = 0; i < 60; i++) await session.step('right');
  refused.push(refusals.held(), refusals.held(), refusals.held());
  const before = drawn;
  cut!();
  expect((await session.step('up')).index).toBe(61);
  expect(recovered).toHaveBeenCalledTimes(1);
  expect(refused).toEqual([]);
  // Begun once, and taken over once: of 61 frames those since the last state were drawn again.
  expect(place.events.filter((what) => what === 'start' || what === 'resume')).toEqual(['start', 'resume']);
  expect(drawn - before).toBeLessThan(40);
  session.close();
});
