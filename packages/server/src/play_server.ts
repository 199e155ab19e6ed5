import { existsSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { SnowglobeError } from '@snowglobe/graph';
import type { GivenPrompt, OpenWorldOptions, SessionStore, World } from '@snowglobe/runtime';
import { SessionKeeper, socketChannel } from '@snowglobe/runtime';
import { messageBytes } from '@snowglobe/runtime/internal';
import { envChannel } from './env/env_channel.js';
import { envError, envMessageBytes } from './env/messages.js';
import type { ServerEvent } from './events.js';
import { refuseHost, refuseOrigin } from './guard.js';
import { answer, createGuardedServer, end, pathOf } from './guarded_server.js';
import { listen } from './listen.js';
import type { SessionLimits } from './places.js';
import { Places, readLimits } from './places.js';
import { createProbes } from './probes.js';
import type { PlayRequest, WireKind } from './sessions.js';
import { createSessions } from './sessions.js';
import type { Site } from './site.js';
import { pageOf } from './site.js';
import { staticFiles } from './static_files.js';
import { WorldPool } from './world_pool.js';

export interface PlayServerOptions extends Omit<Site, 'page'> {
  /** Folder of the built page; without one, sessions are served and no files. */
  readonly page?: string;
  /** Address to listen on; default 127.0.0.1, which only this machine reaches. */
  readonly host?: string;
  /** Names under which others reach it, such as a balancer's; its own ones need not be named. */
  readonly names?: readonly string[];
  /** Origins of pages elsewhere that may play here, as `https://a.example`; default: its own page alone. */
  readonly origins?: readonly string[];
  /** Default: 8420, or the next one that is free. 0: any free one. */
  readonly port?: number;
  /** What worlds run on. */
  readonly executor?: OpenWorldOptions;
  readonly limits?: SessionLimits;
  /**
   * Keeps the sessions of players who ask for it (`RemoteSession`), so that they outlive a connection or, where nodes share the store, a node. It stays
   * its owner's to close, after the server. Default: none is kept.
   */
  readonly store?: SessionStore;
  /** Whether `/healthz`, `/metrics` and `/devices` are answered; default not. */
  readonly probes?: boolean;
  /**
   * Asked before a session begins from a picture or a sentence, or goes on with what was played elsewhere, whose picture it is given then.
   * @returns the sentence that refuses it, or undefined; where it fails, the session does not begin
   */
  admit?(prompt: GivenPrompt, request: PlayRequest): string | undefined | Promise<string | undefined>;
  /** Told what happens, for logs. */
  onEvent?(event: ServerEvent): void;
  /** Told of failures that are no client's fault. */
  onBug?(error: unknown): void;
}

/** A server that is listening. */
export interface PlayServer {
  /** For a browser on this machine. */
  readonly url: string;
  readonly port: number;
  /** Opens a world ahead of the first session, and makes it ready for so many at once, see `World.prepare`. @throws SnowglobeError when it cannot be opened */
  warm(world: string, sessions?: number): Promise<World>;
  /** Ends sessions, worlds and the listening. */
  close(): Promise<void>;
}

/** The path of sessions, in the catalog and here. */
const playPath = 'play';

/**
 * Serves sessions over WebSocket, at `/play` in MessagePack and at `/env` in JSON, and a page with its worlds where it is given one.
 * @throws SnowglobeError when the page is not built, a limit makes no sense, or the address is taken or not ours
 */
export async function createPlayServer(options: PlayServerOptions): Promise<PlayServer> {
  const { host = '127.0.0.1', names = [], origins = [], port, executor = {} } = options;
  const limits = readLimits(options.limits);
  const { page, admit } = options;
  if (page !== undefined && !existsSync(pageOf({ page }))) {
    throw new SnowglobeError(`play: ${page} holds no built page; run npm run build first.`);
  }
  const pool = new WorldPool(options.worlds, executor);
  const places = new Places(limits);
  const metrics = options.probes
    ? (await import('./metrics.js')).createMetrics({
        places,
        devices: () => pool.devices(),
        bytesSent: () => all.reduce((sum, each) => sum + each.bytesSent(), 0),
      })
    : undefined;
  const onEvent = (event: ServerEvent): void => {
    metrics?.observe(event);
    options.onEvent?.(event);
  };
  const onBug = (error: unknown): void => {
    onEvent({ event: 'fault', message: error instanceof Error ? error.message : String(error) });
    options.onBug?.(error);
  };
  const keeper = options.store && new SessionKeeper(options.store, { onBug });
  const common = { pool, places, keeper, idleMs: limits.idleMs, onEvent, onBug, ...(admit && { admit }) };
  const sessions = createSessions(playWire(pool), common);
  const environments = createSessions(envWire(pool), common);
  const all = [sessions, environments];
  const wires = new Map([
    [`/${playPath}`, sessions],
    ['/env', environments],
    // The path that OpenEnv's clients add to an address.
    ['/env/ws', environments],
  ]);
  let isEnding = false;
  const probes = metrics && createProbes({ pool, places, metrics, isEnding: () => isEnding, onBug });
  const files =
    page === undefined
      ? undefined
      : staticFiles({ ...options, page }, { play: playPath, ...(probes && { devices: 'devices' }) });

  const server = createGuardedServer({
    request(request, response) {
      if (probes?.(pathOf(request), request, response)) return;
      const refused = refuseHost(request, host, names);
      if (refused !== undefined) {
        onEvent({ event: 'refused', reason: 'stranger', sentence: refused, address: addressOf(request) });
        end(response, 403, refused);
      } else if (files) files(request, response);
      else end(response, 404, `This server has no page; sessions are played at /${playPath} and /env.`);
    },
    upgrade(request, socket, head) {
      const path = pathOf(request);
      const wire = wires.get(path ?? '');
      if (wire === undefined) {
        if (path === undefined) answer(socket, 400, 'The path of this address makes no sense.');
        else answer(socket, 404, `Sessions are played at /${playPath} and /env.`);
        return;
      }
      const stranger = refuseHost(request, host, names) ?? refuseOrigin(request, origins);
      if (stranger === undefined) return wire.upgrade(request, socket, head);
      onEvent({ event: 'refused', reason: 'stranger', sentence: stranger, address: addressOf(request) });
      answer(socket, 403, stranger);
    },
    onBug,
  });

  const taken = await listen(server, host, port);
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return {
    url: `http://${name === '127.0.0.1' ? 'localhost' : name}:${taken}/`,
    port: taken,
    async warm(name, sessions = 1) {
      const { world } = await pool.get(name);
      await world.prepare(sessions);
      return world;
    },
    async close() {
      isEnding = true;
      await Promise.all(all.map((each) => each.close()));
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      await pool.close();
    },
  };
}

const addressOf = (request: IncomingMessage): string => request.socket.remoteAddress ?? '';

/** Sessions in MessagePack: pages, and `openRemoteWorld`. */
function playWire({ stateBytes }: WorldPool): WireKind {
  return {
    wire: 'play',
    largest: messageBytes(stateBytes),
    channel: (socket) => socketChannel(socket as never),
    // An answer without a number is what is wrong with the connection.
    refuse: (socket, message) => socketChannel(socket as never).send({ type: 'failed', message }),
  };
}

/** Sessions in JSON. */
function envWire(pool: WorldPool): WireKind {
  return {
    wire: 'env',
    largest: envMessageBytes,
    channel: (socket) => envChannel(socket, pool),
    refuse: (socket, message) => socket.send(JSON.stringify(envError('CAPACITY_REACHED', message))),
  };
}
