import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { encodePng } from '@snowglobe/media';
import { hostWorld, socketChannel } from '@snowglobe/runtime';
import { messageBytes } from '@snowglobe/runtime/internal';
import type { WebSocket } from 'ws';
import { WebSocketServer } from 'ws';
import { refuseHost, refuseOrigin } from './guard.js';
import { answer } from './guarded_server.js';
import type { WorldPool } from './world_pool.js';

/** How much strangers may ask of a server. */
export interface ConnectionLimits {
  /** Connections at once; default 16. */
  readonly connections?: number;
  /** Connections at once of one address; default 8. */
  readonly perClient?: number;
}

/** Between the questions whether someone is still there. */
const pingMs = 30_000;
/** Until a connection whose client has broken the rules of WebSocket is cut off. */
const partingMs = 2000;

export interface Sessions {
  /** Answers a request to speak WebSocket: with a session, or with the reason why not. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  close(): void;
}

/** Plays worlds for those who connect. */
export function createSessions(
  pool: WorldPool,
  listening: string,
  { connections = 16, perClient = 8 }: ConnectionLimits,
  onBug: (error: unknown) => void,
): Sessions {
  const largest = messageBytes(pool.stateBytes);
  // Frames hardly shrink, and compressing them costs more than the sampling.
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: largest,
    perMessageDeflate: false,
  });
  const clients = new Map<string, number>();
  const alive = new WeakSet<WebSocket>();
  const heartbeat = setInterval(() => {
    for (const socket of server.clients) {
      if (!alive.has(socket)) socket.terminate();
      alive.delete(socket);
      socket.ping();
    }
  }, pingMs);
  heartbeat.unref();

  function refusal(request: IncomingMessage, client: string): [status: number, reason: string] | undefined {
    const stranger = refuseHost(request, listening) ?? refuseOrigin(request);
    if (stranger !== undefined) return [403, stranger];
    if (server.clients.size >= connections) {
      return [
        503,
        `All ${connections} places on this server are taken; try again later, or play on your own machine.`,
      ];
    }
    if ((clients.get(client) ?? 0) >= perClient) {
      return [429, `${perClient} sessions of one address are the most that this server plays; close one.`];
    }
    return undefined;
  }

  return {
    upgrade(request, socket, head) {
      const client = request.socket.remoteAddress ?? '';
      const refused = refusal(request, client);
      if (refused) return answer(socket, ...refused);
      server.handleUpgrade(request, socket, head, (connection) => {
        clients.set(client, (clients.get(client) ?? 0) + 1);
        connection.on('close', () => {
          const left = (clients.get(client) ?? 1) - 1;
          if (left > 0) clients.set(client, left);
          else clients.delete(client);
        });
        alive.add(connection);
        connection.on('pong', () => alive.add(connection));
        // Too large a message, a broken frame: ws says why in its closing frame, and the error is nobody else's.
        connection.on('error', () => setTimeout(() => connection.terminate(), partingMs).unref());
        hostWorld(socketChannel(connection), {
          messageBytes: largest,
          encodePng,
          open: async ({ world }) => ({ ...(await pool.get(world)), release: async () => {} }),
          onBug,
        });
      });
    },
    close() {
      clearInterval(heartbeat);
      for (const connection of server.clients) connection.terminate();
      server.close();
    },
  };
}
