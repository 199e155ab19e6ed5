/** A Redis and nodes as processes on loopback, and proxies between them that can be cut. */
import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const scripts = new URL('../../../../scripts/', import.meta.url);
/** Other packages come from their builds, which start in a third of the time. */
const runner = ['--import', import.meta.resolve('tsx')];
const nodeScript = fileURLToPath(new URL('node.ts', import.meta.url));

export interface RedisCommand {
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
}

/** The Redis of this machine; undefined where there is none, which CI does not let pass. */
export function findRedis(): RedisCommand | undefined {
  try {
    const script = fileURLToPath(new URL('redis.mjs', scripts));
    const stdio = ['ignore', 'pipe', 'pipe'] as const;
    return JSON.parse(
      execFileSync(process.execPath, [script], { encoding: 'utf8', stdio: [...stdio] }),
    ) as RedisCommand;
  } catch (error) {
    if (process.env['CI'] === undefined) return undefined;
    throw error;
  }
}

export interface RedisProcess {
  readonly port: number;
  readonly url: string;
  /** Kills it; nothing that it kept is left. */
  kill(): Promise<void>;
}

export async function startRedis(
  { path, env }: RedisCommand,
  port?: number,
  more: readonly string[] = [],
): Promise<RedisProcess> {
  const at = port ?? (await freePort());
  const settings = ['--port', String(at), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', ...more];
  const child = spawn(path, settings, { stdio: 'ignore', env: { ...process.env, ...env } });
  const closed = once(child, 'close');
  await reachable(at, child);
  return {
    port: at,
    url: `redis://127.0.0.1:${at}`,
    async kill() {
      child.kill('SIGKILL');
      await closed;
    },
  };
}

export interface NodeProcess {
  readonly port: number;
  signal(signal: NodeJS.Signals): void;
  /** What it has said so far. */
  said(): string;
  /** Until it is gone. */
  readonly gone: Promise<unknown>;
}

export async function startNode(
  world: string,
  redisUrl: string,
  durability: 'best-effort' | 'strict' = 'best-effort',
): Promise<NodeProcess> {
  const child = spawn(process.execPath, [...runner, nodeScript, world, redisUrl, durability], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const gone = once(child, 'close');
  const { port, pid } = await new Promise<{ readonly port: number; readonly pid: number }>(
    (resolve, reject) => {
      child.stdout.setEncoding('utf8').on('data', (text: string) => resolve(JSON.parse(text) as never));
      void gone.then(() => reject(new Error(`a node did not start: ${errors}`)));
    },
  );
  return {
    port,
    gone,
    said: () => errors,
    signal(signal) {
      try {
        process.kill(pid, signal);
      } catch {
        // It is gone.
      }
    },
  };
}

export interface Proxy {
  readonly port: number;
  /** Where it leads, from the next connection on. */
  target: number;
  /** Lets nothing through in either direction, and says so to nobody. */
  stall(): void;
  /** Goes on. What was under way meanwhile is lost with its connections. */
  heal(): void;
  close(): void;
}

/** A wire that can be cut. */
export async function startProxy(target: number): Promise<Proxy> {
  const sockets = new Set<Socket>();
  let isStalled = false;
  const server: Server = createServer((near) => {
    const far = connect(proxy.target, '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on('data', (bytes) => !isStalled && other.write(bytes));
      one.on('error', () => {});
      one.on('close', () => {
        sockets.delete(one);
        if (!isStalled) other.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const end = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const proxy: Proxy = {
    port: (server.address() as { readonly port: number }).port,
    target,
    stall: () => void (isStalled = true),
    heal() {
      isStalled = false;
      end();
    },
    close() {
      server.close();
      end();
    },
  };
  return proxy;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { readonly port: number };
  server.close();
  await once(server, 'close');
  return port;
}

async function reachable(port: number, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.on('connect', () => resolve(true));
      socket.on('error', () => resolve(false));
    });
    socket.destroy();
    if (isOpen) return;
    if (child.exitCode !== null) throw new Error(`Redis ended at once (${child.exitCode})`);
    await sleep(20);
  }
  throw new Error('Redis does not listen');
}
