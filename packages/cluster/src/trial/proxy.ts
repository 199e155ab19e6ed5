/** Proxies on loopback that can be cut. */
import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';

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
