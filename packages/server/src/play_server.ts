import { existsSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SnowglobeError } from '@snowglobe/graph';
import type { OpenExecutorOptions, World } from '@snowglobe/runtime';
import { refuseHost } from './guard.js';
import { answer, createGuardedServer, end, pathOf } from './guarded_server.js';
import type { ConnectionLimits } from './sessions.js';
import { createSessions } from './sessions.js';
import type { Site } from './site.js';
import { pageOf } from './site.js';
import { staticFiles } from './static_files.js';
import { WorldPool } from './world_pool.js';

export interface PlayServerOptions extends Site {
  /** Address to listen on; default 127.0.0.1, which only this machine reaches. */
  readonly host?: string;
  /** Default: 8420, or the next one that is free. 0: any free one. */
  readonly port?: number;
  /** What worlds run on. */
  readonly executor?: OpenExecutorOptions;
  readonly limits?: ConnectionLimits;
  /** Told of failures that are no client's fault. */
  onBug?(error: unknown): void;
}

/** A server that is listening. */
export interface PlayServer {
  /** For a browser on this machine. */
  readonly url: string;
  readonly port: number;
  /** Opens a world ahead of the first session. @throws SnowglobeError when it cannot be opened */
  warm(world: string): Promise<World>;
  /** Ends sessions, worlds and the listening. */
  close(): Promise<void>;
}

const defaultPort = 8420;
/** How many ports are tried when nobody asked for one. */
const tries = 20;
/** The path of sessions, in the catalog and here. */
const playPath = 'play';

/**
 * Serves a page, worlds for it, and sessions over WebSocket for browsers that have no GPU.
 * @throws SnowglobeError when the page is not built, or the address is taken or not ours
 */
export async function createPlayServer(options: PlayServerOptions): Promise<PlayServer> {
  const { host = '127.0.0.1', port, executor = {}, limits = {}, onBug = () => {} } = options;
  if (!existsSync(pageOf(options))) {
    throw new SnowglobeError(`play: ${options.page} holds no built page; run npm run build first.`);
  }
  const pool = new WorldPool(options.worlds, executor);
  const files = staticFiles(options, playPath);
  const sessions = createSessions(pool, host, limits, onBug);
  const server = createGuardedServer({
    request(request, response) {
      const refused = refuseHost(request, host);
      if (refused !== undefined) end(response, 403, refused);
      else files(request, response);
    },
    upgrade(request, socket, head) {
      const path = pathOf(request);
      if (path === `/${playPath}`) sessions.upgrade(request, socket, head);
      else if (path === undefined) answer(socket, 400, 'The path of this address makes no sense.');
      else answer(socket, 404, `Sessions are played at /${playPath}.`);
    },
    onBug,
  });

  const taken = await listen(server, host, port);
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return {
    url: `http://${name === '127.0.0.1' ? 'localhost' : name}:${taken}/`,
    port: taken,
    warm: async (world) => (await pool.get(world)).world,
    async close() {
      sessions.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      await pool.close();
    },
  };
}

async function listen(server: Server, host: string, port: number | undefined): Promise<number> {
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
