/** Sessions that are kept: whoever comes back, at any moment, finds them where it saw them last. */
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { RemoteWorld } from '../remote/client.js';
import { hostWorld } from '../remote/host.js';
import { portPair } from '../remote/testing/channels.js';
import { executors, script, start, useHostedWorld } from '../remote/testing/hosted_world.js';
import type { SessionToken } from './identity.js';
import { SessionKeeper } from './keeper.js';
import { createMemoryStore } from './memory.js';

const hosted = useHostedWorld();
const bugs: unknown[] = [];

/** Connects to a place that keeps sessions in `store`; `cut` breaks the connection on this side alone. */
async function connect(store: ReturnType<typeof createMemoryStore>) {
  const [here, there] = portPair();
  const onBug = (error: unknown) => bugs.push(error);
  const keeper = new SessionKeeper(store, { every: 24, onBug });
  const { world } = hosted;
  hostWorld(there, { keeper, onBug, open: async () => ({ world, executors, release: async () => {} }) });
  return { remote: await RemoteWorld.connect(here, { world: 'tiny' }), cut: () => there.close('cut') };
}

const key = ({ index, codes }: { readonly index: number; readonly codes?: Int32Array }): string =>
  `${index} ${codes?.join()}`;

test('a session that is cut at any moment goes on where its player saw it last', async () => {
  const actions = ['right', 'left', 'up', 'none'];
  const store = createMemoryStore();
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.oneof(
          { weight: 8, arbitrary: fc.record({ steps: fc.integer({ min: 1, max: 30 }) }) },
          { weight: 2, arbitrary: fc.record({ back: fc.integer({ min: 1, max: 70 }) }) },
          // So many answers of those that are asked for arrive.
          {
            weight: 3,
            arbitrary: fc.record({ cutAfter: fc.nat(14), asked: fc.integer({ min: 1, max: 15 }) }),
          },
        ),
        { minLength: 2, maxLength: 14 },
      ),
      async (script) => {
        const options = { ...start, temperature: 1, confidenceThreshold: 0 };
        const alone = await hosted.world.start(options);
        /** What a session that was never cut shows, frame by frame; and what was done on the way to each. */
        const walk: string[] = [];
        const done: string[] = [];
        let { remote, cut } = await connect(store);
        const { kept } = await remote.start(options, { keep: true });
        let answered = 0;
        const nextAction = () => actions[(done.length * 7 + answered) % 4]!;
        const seen: string[] = [];
        let snapshots = [await alone.snapshot()];
        for (const each of script) {
          if ('steps' in each) {
            for (let i = 0; i < each.steps; i++) {
              const action = nextAction();
              const frame = await remote.step(action, { codes: true });
              done.push(action);
              answered++;
              seen.push(key(frame));
              walk.push(key(await alone.step(action, { codes: true })));
              snapshots.push(await alone.snapshot());
            }
          } else if ('back' in each) {
            const index = Math.max(0, done.length - each.back);
            const frame = await remote.rewind(index).catch(() => undefined);
            if (!frame) continue;
            answered++;
            for (const list of [done, seen, walk]) list.length = index;
            snapshots = snapshots.slice(0, index + 1);
            await alone.restore(snapshots.at(-1)!);
          } else {
            // What is asked for and not answered is undone.
            const asked = Array.from({ length: each.asked }, () => remote.step('up', { codes: true }));
            let arrived = 0;
            for (const answer of asked.slice(0, each.cutAfter)) {
              seen.push(key(await answer));
              arrived++;
            }
            cut();
            await Promise.allSettled(asked);
            for (let i = 0; i < arrived; i++) {
              done.push('up');
              answered++;
              walk.push(key(await alone.step('up', { codes: true })));
              snapshots.push(await alone.snapshot());
            }
            ({ remote, cut } = await connect(store));
            const again = await remote.rejoin(kept!, answered);
            expect([again.frame.index, again.kept]).toEqual([done.length, kept]);
          }
          expect(seen).toEqual(walk);
        }
        remote.close();
        await alone.close();
      },
    ),
    { numRuns: 5 },
  );
  expect(bugs).toEqual([]);
});

test('who knows no token, or plays elsewhere, is told', async () => {
  const store = createMemoryStore();
  const [a, b] = await Promise.all([connect(store), connect(store)]);
  const { kept } = await a.remote.start(start, { keep: true });
  expect(kept).toMatchObject({ session: expect.stringMatching(/^[0-9a-f]{32}$/) as string, durable: false });
  await a.remote.step('right');
  const join = (token: Partial<SessionToken>, answered: number) =>
    b.remote.rejoin({ ...kept!, ...token }, answered);
  const unknown = 'session: it is not kept here, or its token is another one; start a new one.';
  await expect(join({ token: 'x' }, 1)).rejects.toThrow(unknown);
  await expect(join({ session: 'x' }, 1)).rejects.toThrow(unknown);
  await expect(join({}, 9)).rejects.toThrow('session: its player saw 9 operations, and 0 to 1 are kept');
  // The old place is fenced off by the new one.
  expect((await join({}, 1)).frame.index).toBe(1);
  await expect(a.remote.step('up')).rejects.toThrow(/went on in another place/);
  expect((await b.remote.step('up')).index).toBe(2);
  b.remote.close();

  const nobody = await hosted.connect(portPair());
  expect((await nobody.start(start, { keep: true })).kept).toBeUndefined();
  await expect(nobody.rejoin(kept!, 2)).rejects.toThrow(unknown);
  nobody.close();
});

test('a place that ends asks its players to go on elsewhere, which samples nothing anew', async () => {
  const store = createMemoryStore();
  const [here, there] = portPair();
  const { world } = hosted;
  const place = {
    keeper: new SessionKeeper(store),
    open: async () => ({ world, executors, release: async () => {} }),
  };
  const host = hostWorld(there, place);
  const onLeaving = vi.fn();
  const remote = await RemoteWorld.connect(here, { world: 'tiny' }, { onLeaving });
  const { kept } = await remote.start(start, { keep: true });
  for (const action of script) await remote.step(action);
  host.leave();
  await vi.waitFor(() => expect(onLeaving).toHaveBeenCalledTimes(1));
  await remote.leave();
  const { remote: next } = await connect(store);
  const { frame } = await next.rejoin(kept!, script.length);
  expect(frame).toMatchObject({ index: script.length, ms: 0 });
  expect((await next.step('up')).index).toBe(script.length + 1);
  next.close();
  remote.close();
});

test('what nobody comes back for is forgotten after a while, or when there is no room', async () => {
  const saved = new Uint8Array(1000);
  const store = createMemoryStore({ mostBytes: 2500, keepMs: 50 });
  const keys = ['a', 'b', 'c'].map((session) => ({ session, tokenHash: 'x' }));
  for (const each of keys) await (await store.create(each, { operations: 0, saved })).release();
  await expect(store.acquire(keys[0]!, 0)).rejects.toThrow(/not kept here/);
  const { lease } = await store.acquire(keys[2]!, 0);
  await sleep(80);
  await expect(store.acquire(keys[1]!, 0)).rejects.toThrow(/not kept here/);
  // What is played stays.
  await lease.append(saved);
  await lease.drop();
  await expect(lease.append(saved)).rejects.toThrow(/another place/);
});
