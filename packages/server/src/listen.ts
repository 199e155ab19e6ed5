import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SnowglobeError } from '@snowglobe/graph';

const defaultPort = 8420;
/** How many ports are tried when nobody asked for one. */
const tries = 20;

/**
 * @param port default: 8420, or the next one that is free
 * @returns the port
 * @throws SnowglobeError when the address is taken or not ours
 */
export async function listen(server: Server, host: string, port: number | undefined): Promise<number> {
  const first = port ?? defaultPort;
  for (let next = first; ; next++) {
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(next, host, () => {
          server.off('error', reject);
          resolve();
        });
      });
      return (server.address() as AddressInfo).port;
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === 'EADDRINUSE' && port === undefined && next < first + tries - 1) continue;
      throw new SnowglobeError(explain(code, next, host), { cause });
    }
  }
}

function explain(code: string | undefined, port: number, host: string): string {
  switch (code) {
    case 'EADDRINUSE':
      return `play: port ${port} of ${host} is in use; choose another one with --port, or --port 0 for any.`;
    case 'EACCES':
      return `play: port ${port} may not be used without special rights; choose one above 1023 with --port.`;
    default:
      return `play: this machine cannot listen on ${host} (${code ?? 'unknown reason'}); choose one of its own addresses with --host.`;
  }
}
