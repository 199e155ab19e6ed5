/** Nodes as processes on loopback, and proxies before them that can be cut. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

/** Other packages come from their builds, which start in a third of the time. */
const runner = ['--import', import.meta.resolve('tsx')];
const nodeScript = fileURLToPath(new URL('node.ts', import.meta.url));

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
