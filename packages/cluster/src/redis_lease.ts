import type { SessionLease, StoredSession } from '@snowglobe/runtime';
import { SessionInterrupted, refusals } from '@snowglobe/runtime/internal';
import type { RedisConnection } from './connection.js';
import { append, check, checkpoint, drop, outcomes, release } from './scripts.js';

export interface LeaseOptions {
  readonly redis: RedisConnection;
  readonly node: string;
  /** Of the session: meta, log, lease. */
  readonly keys: readonly string[];
  readonly tokenHash: string;
  readonly epoch: number;
  readonly leaseMs: number;
  readonly keepMs: number;
  readonly isStrict?: boolean;
  onProblem(sentence: string): void;
}

/** The right to play a session that Redis keeps: a number, its epoch, which every place that takes it over raises. */
export class RedisLease implements SessionLease {
  readonly #options: LeaseOptions;
  /** Whether Redis lacks something that was done. */
  #isBehind = false;

  constructor(options: LeaseOptions) {
    this.#options = options;
  }

  get keys(): readonly string[] {
    return this.#options.keys;
  }

  get isDurable(): boolean {
    return !this.#isBehind;
  }

  get needsCheckpoint(): boolean {
    return this.#isBehind && this.#options.redis.isReady;
  }

  async check(): Promise<void> {
    if (!this.#isBehind) await this.#write(check, []);
  }

  async append(operation: Uint8Array): Promise<void> {
    // What is missing before it is written with the next checkpoint, and this with it.
    if (this.#isBehind) return;
    const { node, leaseMs, keepMs } = this.#options;
    await this.#write(append, [node, String(leaseMs), String(keepMs), operation]);
  }

  async checkpoint({ operations, saved, log }: StoredSession): Promise<void> {
    const { node, leaseMs, keepMs, tokenHash } = this.#options;
    const wasBehind = this.#isBehind;
    // What is appended from now on comes after it, on the same connection.
    this.#isBehind = false;
    const args = [node, String(leaseMs), String(keepMs), tokenHash, String(operations), saved, ...log];
    await this.#write(checkpoint, args);
    if (wasBehind && !this.#isBehind)
      this.#options.onProblem('cluster: Redis is back, and keeps a session again.');
  }

  async release(): Promise<void> {
    if (!this.#isBehind) await this.#write(release, [String(this.#options.keepMs)]);
  }

  async drop(): Promise<void> {
    if (!this.#isBehind) await this.#write(drop, []);
  }

  async #write(script: string, args: readonly (string | Uint8Array)[]): Promise<void> {
    const { redis, keys, epoch } = this.#options;
    let outcome: unknown;
    try {
      outcome = await redis.run(script, keys, [String(epoch), ...args]);
    } catch (cause) {
      return this.#fail(reasonOf(cause as Error), cause);
    }
    if (outcome === outcomes.fenced) throw refusals.fenced();
    if (outcome === outcomes.gone) this.#fail('it has lost the session');
  }

  /** Plays on without Redis, or does not. */
  #fail(reason: string, cause?: unknown): void {
    const { isStrict, onProblem } = this.#options;
    if (isStrict) {
      throw new SessionInterrupted(`session: its store does not keep it (${reason}); try again.`, { cause });
    }
    if (!this.#isBehind) onProblem(`cluster: Redis does not keep a session at the moment: ${reason}.`);
    this.#isBehind = true;
  }
}

/** Why Redis did not do what it was told. */
function reasonOf({ message }: Error): string {
  return /\bOOM\b/.test(message) ? 'its memory is full (raise its maxmemory)' : message;
}
