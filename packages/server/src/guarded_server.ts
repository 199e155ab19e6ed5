/** The one place where the server hears from the network: whatever a client sends, at most its own connection ends. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { STATUS_CODES, createServer } from 'node:http';
import type { Duplex } from 'node:stream';

export interface Listeners {
  request(request: IncomingMessage, response: ServerResponse): void;
  /** Answers a request to speak another protocol. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Told of what is no client's fault. */
  onBug(error: unknown): void;
}

/** Connections at once, of all clients: file descriptors are finite. */
const mostConnections = 1000;
/** A connection on which nothing moves for so long is closed, in ms; sessions answer pings instead. */
const idleMs = 120_000;
/** Until a client that does not close its end is cut off, in ms. */
const partingMs = 2000;

/**
 * A server whose listeners may throw: the client is told that something went wrong, `onBug` what. Every socket has a listener
 * for errors from its first moment to its last, so that a reset is never anybody else's matter.
 */
export function createGuardedServer({ request, upgrade, onBug }: Listeners): Server {
  const server = createServer((asked, response) => {
    // Someone who leaves before the answer is no failure.
    response.on('error', () => response.destroy());
    try {
      request(asked, response);
    } catch (error) {
      onBug(error);
      end(response, 500, 'This server failed to answer; see what it prints.');
    }
  });
  server.maxConnections = mostConnections;
  server.timeout = idleMs;
  server.on('connection', (socket) => socket.on('error', () => socket.destroy()));
  server.on('upgrade', (asked, socket, head) => {
    try {
      upgrade(asked, socket, head);
    } catch (error) {
      onBug(error);
      answer(socket, 500, 'This server failed to answer; see what it prints.');
    }
  });
  // A request that is no HTTP, is too large or takes too long ends its own connection.
  server.on('clientError', ({ code }: NodeJS.ErrnoException, socket) => {
    if (code === 'ECONNRESET' || !socket.writable) socket.destroy();
    else if (code === 'HPE_HEADER_OVERFLOW') answer(socket, 431, 'The headers of this request are too long.');
    else if (code === 'ERR_HTTP_REQUEST_TIMEOUT') answer(socket, 408, 'This request took too long.');
    else answer(socket, 400, 'This is no HTTP request.');
  });
  // While it listens: a connection that could not be accepted.
  server.on('listening', () => server.on('error', onBug));
  return server;
}

/** A sentence in answer to a request; an answer that has begun is cut off. */
export function end(response: ServerResponse, status: number, sentence: string): void {
  if (response.headersSent) return void response.destroy();
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
  response.end(`${sentence}\n`);
}

/** The same on a connection that Node has handed over, which ends with it. */
export function answer(socket: Duplex, status: number, sentence: string): void {
  const body = `${sentence}\n`;
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: text/plain; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
  // What still arrives is thrown away; the end that the client owes is not waited for.
  socket.resume();
  setTimeout(() => socket.destroy(), partingMs).unref();
}

/**
 * The path of a request as its address spells it, with `..` taken out.
 * @returns undefined for what is no path: another form of address, one that begins with two slashes, a broken escape
 */
export function pathOf({ url = '' }: IncomingMessage): string | undefined {
  try {
    const { pathname } = new URL(url.startsWith('/') ? `http://host${url}` : url);
    decodeURIComponent(pathname);
    return pathname.startsWith('//') ? undefined : pathname;
  } catch {
    return undefined;
  }
}
