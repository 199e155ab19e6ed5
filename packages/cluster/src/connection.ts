import { SnowglobeError } from '@snowglobe/graph';
import { afterSilence } from '@snowglobe/runtime/internal';

/** Where the Redis or Valkey is. */
export interface RedisAddress {
  /** `redis://host:port`, or `rediss://` over TLS; user, password and number of the database as usual. */
  readonly url?: string;
  /** Path of a Unix socket, in place of an address. */
  readonly socket?: string;
}

/** A connection that runs scripts, and is made anew whenever it ends. */
export interface RedisConnection {
  /** Whether it stands at the moment. */
  readonly isReady: boolean;
  /** Sends at once, and rejects when it cannot, or is not answered in time. */
  run(script: string, keys: readonly string[], args: readonly (string | Uint8Array)[]): Promise<unknown>;
  close(): void;
}

const oldest = 6;
/** Between attempts to connect again, at most. */
const mostRetryMs = 500;

/**
 * @param timeoutMs until an answer is given up
 * @throws SnowglobeError where nobody answers, or the server would lose sessions: an old version, or one that evicts keys
 */
export async function connectRedis(
  { url, socket }: RedisAddress,
  timeoutMs: number,
): Promise<RedisConnection> {
  const { createClient, RESP_TYPES } = await import('@redis/client').catch((cause: unknown) => {
    throw new SnowglobeError('cluster: sessions in Redis need a package: npm install @redis/client.', {
      cause,
    });
  });
  const where = socket ?? withoutPassword(url);
  let isOpen = false;
  const client = createClient({
    ...(url !== undefined && { url }),
    socket: {
      ...(socket !== undefined && { path: socket, tls: false as const }),
      connectTimeout: timeoutMs,
      // The first connection stands or fails; later ones come back.
      reconnectStrategy: (retries) =>
        isOpen ? Math.min(20 * 2 ** Math.min(retries, 9), mostRetryMs) : false,
    },
    disableOfflineQueue: true,
    RESP: 2,
  });
  // Whoever asks meanwhile is told.
  client.on('error', () => {});
  try {
    await client.connect();
    isOpen = true;
    check(await client.info(), where);
  } catch (cause) {
    client.destroy();
    if (cause instanceof SnowglobeError) throw cause;
    const { message, code } = cause as NodeJS.ErrnoException;
    throw new SnowglobeError(
      `cluster: no Redis answers at ${where} (${message || (code ?? 'unknown reason')}); start one, or correct the address.`,
      { cause },
    );
  }
  const binary = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  return {
    get isReady() {
      return client.isReady;
    },
    run(script, keys, args) {
      const buffers = args.map((each) => (typeof each === 'string' ? each : asBuffer(each)));
      const answer = binary.eval(script, { keys: [...keys], arguments: buffers });
      return within(answer, timeoutMs);
    },
    close: () => client.destroy(),
  };
}

/** @throws SnowglobeError */
function check(info: string, where: string): void {
  const fields = new Map(
    info.split(/\r?\n/).map((line): [string, string] => {
      const at = line.indexOf(':');
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
  const version = fields.get('redis_version') ?? '0';
  if (parseInt(version) < oldest) {
    throw new SnowglobeError(
      `cluster: the Redis at ${where} has version ${version}, and sessions need ${oldest} or newer; update it, or use Valkey.`,
    );
  }
  const policy = fields.get('maxmemory_policy') ?? 'noeviction';
  if (policy !== 'noeviction') {
    throw new SnowglobeError(
      `cluster: the Redis at ${where} throws keys away when its memory is full (maxmemory-policy ${policy}), sessions among them; set maxmemory-policy noeviction.`,
    );
  }
}

function withoutPassword(url: string | undefined): string {
  try {
    const { protocol, host } = new URL(url ?? 'redis://localhost:6379');
    return `${protocol}//${host}`;
  } catch {
    return 'an address that is none';
  }
}

const asBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);

async function within<T>(answer: Promise<T>, ms: number): Promise<T> {
  let stop: (() => void) | undefined;
  const late = new Promise<never>((_, reject) => {
    stop = afterSilence(ms, () => reject(new Error(`it did not answer within ${ms} ms`)));
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    stop?.();
  }
}
