/** Sessions in a real Redis: one place at a time, and a sentence for what it cannot do. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import type { RedisStoreOptions } from './redis_store.js';
import { createRedisStore } from './redis_store.js';
import type { RedisProcess } from './trial/redis.js';
import { findRedis, startRedis } from './trial/redis.js';

const command = findRedis();
let redis: RedisProcess | undefined;
const begin = async (...settings: string[]): Promise<RedisProcess> =>
  (redis = await startRedis(command!, undefined, settings));
afterEach(async () => {
  await redis?.kill();
  redis = undefined;
});
const key = { session: 's', tokenHash: 't' };
const saved = Uint8Array.of(0, 1, 2, 255);
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const storeOf = (more: Partial<RedisStoreOptions> = {}) =>
  createRedisStore({ url: redis!.url, leaseMs: 300, timeoutMs: 300, ...more });

test.skipIf(!command)('a session is played in one place, and goes on in another one', async () => {
  await begin();
  const [a, b] = [await storeOf(), await storeOf()];
  const first = await a.create(key, { operations: 0, saved });
  expect([first.isDurable, first.needsCheckpoint]).toEqual([true, false]);
  await first.append(bytes(1));
  // Who plays on keeps it; who does not, loses it after a while.
  const playing = setInterval(() => void first.append(bytes(2)), 50);
  await expect(b.acquire(key, 1)).rejects.toThrow(
    'session: it is being played in another place; close it there, or try again later.',
  );
  clearInterval(playing);
  const unknown = 'session: it is not kept here, or its token is another one; start a new one.';
  await expect(b.acquire({ ...key, tokenHash: 'x' }, 1)).rejects.toThrow(unknown);
  await expect(b.acquire({ ...key, session: 'x' }, 1)).rejects.toThrow(unknown);
  await sleep(350);
  await expect(b.acquire(key, 999)).rejects.toThrow(/its player saw 999 operations, and 0 to \d+ are kept/);
  const { lease, stored } = await b.acquire(key, 2);
  expect([stored.operations, [...stored.saved], stored.log.map((each) => [...each])]).toEqual([
    0,
    [...saved],
    [[1], [2]],
  ]);
  await lease.check();
  const late = [first.append(bytes(9)), first.checkpoint({ ...stored, log: [] }), first.release()];
  for (const each of [...late, first.check()]) {
    await expect(each).rejects.toThrow('session: it went on in another place; connect anew.');
  }
  await lease.append(bytes(3));
  await lease.checkpoint({ operations: 2, saved: bytes(7), log: [bytes(3)] });
  await lease.release();
  const again = await a.acquire(key, 3);
  expect([again.stored.operations, [...again.stored.saved], again.stored.log.length]).toEqual([2, [7], 1]);
  await again.lease.drop();
  await expect(a.acquire(key, 3)).rejects.toThrow(unknown);
  await Promise.all([a.close(), b.close()]);
});

test.skipIf(!command)('who has left takes a session from nobody, however long it is held', async () => {
  await begin();
  const [a, b] = [await storeOf({ leaseMs: 2000 }), await storeOf({ leaseMs: 2000 })];
  const lease = await a.create(key, { operations: 0, saved });
  const leaving = new AbortController();
  const waited = performance.now();
  const asked = b.acquire(key, 0, leaving.signal);
  setTimeout(() => leaving.abort(new Error('the player left')), 50);
  await expect(asked).rejects.toThrow('the player left');
  expect(performance.now() - waited).toBeLessThan(1500);
  await lease.check();
  await lease.append(bytes(1));
  // What the store has lost is no reason to give up: it is written anew.
  await redis!.kill();
  await lease.check();
  expect(lease.isDurable).toBe(false);
  await Promise.all([a.close(), b.close()]);
});

test.skipIf(!command)('without Redis players play on and are told, or do not, as was chosen', async () => {
  const { port } = await begin();
  const problems: string[] = [];
  const loose = await storeOf({ onProblem: (sentence) => problems.push(sentence) });
  const strict = await storeOf({ durability: 'strict' });
  const lease = await loose.create(key, { operations: 0, saved });
  const strictLease = await strict.create({ ...key, session: 'strict' }, { operations: 0, saved });
  await redis!.kill();
  await lease.append(bytes(1));
  expect([lease.isDurable, lease.needsCheckpoint]).toEqual([false, false]);
  await expect(strictLease.append(bytes(1))).rejects.toThrow(
    /^session: its store does not keep it \(.*\); try again\.$/,
  );
  await expect(loose.acquire(key, 0)).rejects.toThrow(/^session: the store that keeps it cannot be reached/);
  redis = await startRedis(command!, port);
  for (let tries = 0; !lease.needsCheckpoint && tries < 100; tries++) await sleep(50);
  await lease.checkpoint({ operations: 1, saved, log: [] });
  expect([lease.isDurable, lease.needsCheckpoint]).toEqual([true, false]);
  expect((await loose.acquire(key, 1)).stored.operations).toBe(1);
  // What it lost is not kept, and that is noticed.
  await expect(strictLease.append(bytes(1))).rejects.toThrow(/it has lost the session/);
  expect(problems).toEqual([
    expect.stringMatching(/^cluster: Redis does not keep a session at the moment: .*\.$/) as string,
    'cluster: Redis is back, and keeps a session again.',
  ]);
  await Promise.all([loose.close(), strict.close()]);
});

test.skipIf(!command)(
  'a node that computes for longer than it waits takes that for no silence of Redis',
  async () => {
    await begin();
    const problems: string[] = [];
    const store = await storeOf({ leaseMs: 5000, onProblem: (sentence) => problems.push(sentence) });
    const lease = await store.create(key, { operations: 0, saved });
    for (let i = 0; i < 3; i++) {
      const appended = lease.append(bytes(i));
      // As a compilation does: nothing is read off the socket, and timers come due meanwhile.
      for (const until = performance.now() + 700; performance.now() < until;);
      await appended;
    }
    expect([lease.isDurable, problems]).toEqual([true, []]);
    expect((await store.acquire(key, 3)).stored.log).toHaveLength(3);
    await store.close();
  },
);

test.skipIf(!command)('a Redis that would lose sessions is refused, and a full one is told of', async () => {
  await begin('--maxmemory-policy', 'allkeys-lru');
  await expect(storeOf()).rejects.toThrow(
    /throws keys away when its memory is full \(maxmemory-policy allkeys-lru\)/,
  );
  await redis!.kill();
  await begin('--maxmemory', '1mb');
  const full = await storeOf({ durability: 'strict' });
  await expect(full.create(key, { operations: 0, saved: new Uint8Array(2_000_000) })).rejects.toThrow(
    /its memory is full \(raise its maxmemory\)/,
  );
  await full.close();
  await redis!.kill();
  await expect(storeOf()).rejects.toThrow(
    /cluster: no Redis answers at redis:\/\/127\.0\.0\.1:\d+ \(.*\); start one/,
  );
});
