/** A Redis as a process on loopback. */
import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** Beside the packages. */
const script = new URL(
  `${import.meta.url.endsWith('.ts') ? '../' : ''}../../../scripts/redis.mjs`,
  import.meta.url,
);

export interface RedisCommand {
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
}

/** The Redis of this machine; undefined where there is none, which is an error where `CI` is set. */
export function findRedis(): RedisCommand | undefined {
  try {
    const found = execFileSync(process.execPath, [fileURLToPath(script)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return JSON.parse(found) as RedisCommand;
  } catch (error) {
    if (!process.env['CI']) return undefined;
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
