import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { SnowglobeError } from '@snowglobe/graph';
import type { SessionStore, StoredSession } from '@snowglobe/runtime';
import { SessionInterrupted, refusals } from '@snowglobe/runtime/internal';
import type { RedisAddress } from './connection.js';
import { connectRedis } from './connection.js';
import type { LeaseOptions } from './redis_lease.js';
import { RedisLease } from './redis_lease.js';
import { acquire } from './scripts.js';

export interface RedisStoreOptions extends RedisAddress {
  /**
   * What happens while Redis cannot be reached: `best-effort`, the default, plays on, and tells players that their sessions do not outlive their place
   * until it is back; `strict` shows no frame that is not kept.
   */
  readonly durability?: 'best-effort' | 'strict';
  /** Milliseconds after its last frame in which a session is not taken from a node that may be alive. Default 500. */
  readonly leaseMs?: number;
  /** Milliseconds that a session is kept after its last frame. Default ten minutes. */
  readonly keepMs?: number;
  /** Milliseconds after which a Redis that does not answer counts as away. Default 1000. */
  readonly timeoutMs?: number;
  /** What keys begin with. Default `sg`. */
  readonly prefix?: string;
  /** Told in a sentence when Redis fails, and when it is back. */
  onProblem?(sentence: string): void;
}

/**
 * Keeps sessions in Redis (6 or newer) or Valkey, so that any node that shares it goes on with them: through npm's `@redis/client`, which is to be
 * installed beside this package.
 * @throws SnowglobeError where none answers, or it would lose sessions
 */
export async function createRedisStore(options: RedisStoreOptions): Promise<SessionStore> {
  const { durability = 'best-effort', leaseMs = 500, keepMs = 600_000, timeoutMs = 1000 } = options;
  const { prefix = 'sg', onProblem = () => {} } = options;
  const redis = await connectRedis(options, timeoutMs);
  const node = randomBytes(8).toString('hex');
  const leaseOf = (session: string, tokenHash: string, epoch: number): RedisLease => {
    // One hash tag, so that all of a session is in one slot of a Redis cluster.
    const keys = ['meta', 'log', 'lease'].map((part) => `${prefix}:{${session}}:${part}`);
    const lease: LeaseOptions = { redis, node, keys, tokenHash, epoch, leaseMs, keepMs, onProblem };
    return new RedisLease({ ...lease, isStrict: durability === 'strict' });
  };
  return {
    async create({ session, tokenHash }, first) {
      const lease = leaseOf(session, tokenHash, 1);
      await lease.checkpoint({ ...first, log: [] });
      return lease;
    },
    async acquire({ session, tokenHash }, answered, signal) {
      const { keys } = leaseOf(session, tokenHash, 0);
      const args = [node, String(leaseMs), String(keepMs), tokenHash, String(answered)];
      // Whoever had it may be gone: its lease then ends by itself.
      for (const until = performance.now() + leaseMs + timeoutMs; ;) {
        signal?.throwIfAborted();
        const answer = await redis.run(acquire, keys, args).catch((cause: unknown) => {
          throw away(cause, durability === 'strict');
        });
        const [outcome, first, second, saved, ...log] = answer as [
          number,
          number,
          number,
          Buffer,
          ...Buffer[],
        ];
        if (outcome === 1) {
          const stored: StoredSession = { operations: second, saved, log };
          return { lease: leaseOf(session, tokenHash, first), stored };
        }
        if (outcome === 2) throw refusals.gone(answered, first, second);
        if (outcome === -1) throw refusals.unknown();
        if (performance.now() > until) throw refusals.held();
        await sleep(Math.min(Math.max(first, 0) + 5, 100));
      }
    },
    async close() {
      redis.close();
    },
  };
}

function away(cause: unknown, isStrict: boolean): SnowglobeError {
  const sentence = `session: the store that keeps it cannot be reached (${(cause as Error).message}); try again.`;
  return isStrict ? new SessionInterrupted(sentence, { cause }) : new SnowglobeError(sentence, { cause });
}
