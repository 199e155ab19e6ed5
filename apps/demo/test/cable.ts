import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';

/** A way to a server that can be cut for some of what goes over it. */
export interface Cable {
  readonly url: string;
  /** Breaks every connection that asked for a path, and refuses new ones. */
  cut(path: string): void;
  close(): Promise<void>;
}

export async function cableTo(port: number): Promise<Cable> {
  const asked = new Map<Socket, string>();
  const broken = new Set<string>();
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
    }
    near.on('data', (bytes) => {
      const path = /^GET (\S+) HTTP/.exec(bytes.subarray(0, 200).toString('latin1'))?.[1];
      if (path !== undefined) asked.set(near, path);
      if (path !== undefined && broken.has(path)) near.destroy();
      else far.write(bytes);
    });
    far.pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}/`,
    cut(path) {
      broken.add(path);
      for (const [socket, at] of asked) if (at === path) socket.destroy();
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of asked.keys()) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
