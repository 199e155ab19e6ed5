import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodePng } from '@snowglobe/media';
import type { Channel, GivenPrompt, HostEvent, SessionKeeper } from '@snowglobe/runtime';
import { hostWorld } from '@snowglobe/runtime';
import type { WebSocket } from 'ws';
import { WebSocketServer } from 'ws';
import type { ServerEvent, Wire } from './events.js';
import type { Places } from './places.js';
import type { WorldPool } from './world_pool.js';

/** Between the questions whether someone is still there. */
const pingMs = 30_000;
/** Until players who are asked to go on elsewhere have left. */
const leavingMs = 2000;
/** Until a connection whose client has broken the rules of WebSocket, or was refused, is cut off. */
const partingMs = 2000;
/** Code of WebSocket for those who may come later (RFC 6455's registry). */
const tryAgainLater = 1013;

/** Who wants to begin with a prompt. */
export interface PlayRequest {
  /** Address of the client, or of what stands between. */
  readonly address: string;
  readonly world: string;
  readonly headers: IncomingMessage['headers'];
}

/** One way to speak with clients. */
export interface WireKind {
  readonly wire: Wire;
  /** Bytes of the largest message that is taken. */
  readonly largest: number;
  channel(socket: WebSocket): Channel;
  /** Says why there is no place, to a client that hears nothing else. */
  refuse(socket: WebSocket, sentence: string): void;
}

export interface SessionOptions {
  readonly pool: WorldPool;
  readonly places: Places;
  readonly idleMs: number;
  /** Keeps sessions for those who ask. */
  readonly keeper?: SessionKeeper | undefined;
  admit?(prompt: GivenPrompt, request: PlayRequest): string | undefined | Promise<string | undefined>;
  onEvent(event: ServerEvent): void;
  onBug(error: unknown): void;
}

export interface Sessions {
  /** Answers a request to speak WebSocket: with a session, or with the reason why not. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Bytes that were sent so far. */
  bytesSent(): number;
  /** Asks those whose sessions are kept to go on elsewhere, waits for them a moment, and ends all. */
  close(): Promise<void>;
}

const endingRefusal = ['places', 'This server is ending; try another one.'] as const;

let lastSession = 0;

/** Plays worlds for those who connect. */
export function createSessions(kind: WireKind, options: SessionOptions): Sessions {
  const { places, onEvent } = options;
  // Frames hardly shrink, and compressing them costs more than the sampling.
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: kind.largest,
    perMessageDeflate: false,
  });
  const refusing = new WebSocketServer({
    noServer: true,
    maxPayload: kind.largest,
    perMessageDeflate: false,
  });
  const alive = new WeakSet<WebSocket>();
  const playing = new Set<() => number>();
  /** Asks the player of each connection to go on elsewhere; true where the session is kept, and the player will leave. */
  const leavings = new Map<WebSocket, () => boolean>();
  let isEnding = false;
  let sentBefore = 0;
  const heartbeat = setInterval(() => {
    for (const socket of server.clients) {
      if (!alive.has(socket)) socket.terminate();
      alive.delete(socket);
      socket.ping();
    }
  }, pingMs);
  heartbeat.unref();

  function refuse(connection: WebSocket, sentence: string): void {
    connection.on('error', () => {});
    kind.refuse(connection, sentence);
    connection.close(tryAgainLater, sentence);
    setTimeout(() => connection.terminate(), partingMs).unref();
  }

  function play(connection: WebSocket, request: IncomingMessage, address: string): void {
    const giveBack = places.take(address);
    const bytes = (): number => request.socket.bytesWritten;
    playing.add(bytes);
    alive.add(connection);
    connection.on('pong', () => alive.add(connection));
    // Too large a message, a broken frame: ws says why in its closing frame, and the error is nobody else's.
    connection.on('error', () => setTimeout(() => connection.terminate(), partingMs).unref());
    const channel = kind.channel(connection);
    const told = hostSession(channel, kind, options, { address, headers: request.headers });
    leavings.set(connection, told.goElsewhere);
    const stopWaiting = endWhenIdle(connection, options.idleMs, (why) => {
      told.leave(why);
      channel.close(why);
    });
    channel.onClose(told.leave);
    connection.on('close', () => {
      stopWaiting();
      leavings.delete(connection);
      giveBack();
      playing.delete(bytes);
      sentBefore += bytes();
      onEvent(told.closed(bytes()));
    });
  }

  return {
    upgrade(request, socket, head) {
      const address = request.socket.remoteAddress ?? '';
      const refused = isEnding ? endingRefusal : places.refusal(address);
      if (!refused) {
        return server.handleUpgrade(request, socket, head, (connection) =>
          play(connection, request, address),
        );
      }
      const [reason, sentence] = refused;
      onEvent({ event: 'refused', reason, sentence, address });
      // Pages hear nothing of what is said before the connection stands.
      refusing.handleUpgrade(request, socket, head, (connection) => refuse(connection, sentence));
    },
    bytesSent: () => [...playing].reduce((sum, bytes) => sum + bytes(), sentBefore),
    async close() {
      clearInterval(heartbeat);
      isEnding = true;
      const leave = [...leavings]
        .filter(([, goElsewhere]) => goElsewhere())
        .map(([connection]) => connection);
      for (const until = performance.now() + leavingMs; performance.now() < until; await sleep(10)) {
        if (leave.every((connection) => !leavings.has(connection))) break;
      }
      for (const connection of [...server.clients, ...refusing.clients]) connection.terminate();
      server.close();
      refusing.close();
    },
  };
}

/** Plays for one connection, and tells what happens in it. */
function hostSession(
  channel: Channel,
  { wire, largest }: WireKind,
  { pool, keeper, admit, onEvent, onBug }: SessionOptions,
  { address, headers }: Omit<PlayRequest, 'world'>,
) {
  const session = ++lastSession;
  const began = performance.now();
  let world: string | undefined;
  let frames = 0;
  let reason: string | undefined;
  let declined: string | undefined;
  onEvent({ event: 'connected', session, wire, address });

  function observe(event: HostEvent): void {
    switch (event.what) {
      case 'open':
        world = event.world;
        return;
      case 'start':
      case 'resume':
        return onEvent({
          event: event.what === 'start' ? 'started' : 'resumed',
          session,
          world: event.world,
        });
      case 'frame': {
        const { stepMs, answerMs, periodMs } = event;
        frames++;
        return onEvent({ event: 'frame', session, world: world!, stepMs, answerMs, periodMs });
      }
      case 'move':
        return onEvent({ event: 'moved', session, kind: event.kind, device: event.device });
      case 'refusal':
        if (event.sentence === declined) return;
        return onEvent({ event: 'refused', reason: 'request', sentence: event.sentence, address, session });
    }
  }

  const host = hostWorld(channel, {
    messageBytes: largest,
    // Agents and planners wait for people.
    priority: wire === 'env' ? 'batch' : 'interactive',
    encodePng,
    keeper,
    observe,
    open: async ({ world: name }) => ({ ...(await pool.get(name)), release: async () => {} }),
    async admit(prompt) {
      const sentence = await admit?.(prompt, { address, headers, world: world! });
      declined = sentence;
      if (sentence !== undefined) onEvent({ event: 'refused', reason: 'prompt', sentence, address, session });
      return sentence;
    },
    onBug,
  });
  return {
    /** Why it ends: what is said first. */
    leave: (why: string) => void (reason ??= why),
    goElsewhere: () => host.leave(),
    closed: (bytes: number): ServerEvent => ({
      ...{ event: 'closed', session, ...(world !== undefined && { world }) },
      ...{
        seconds: Math.round(performance.now() - began) / 1000,
        frames,
        bytes,
        reason: reason ?? 'it was closed',
      },
    }),
  };
}

/** @returns stops it */
function endWhenIdle(connection: WebSocket, idleMs: number, close: (why: string) => void): () => void {
  if (idleMs === Infinity) return () => {};
  const seconds = Math.round(idleMs / 1000);
  const time = seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} minutes`;
  const end = (): void => {
    close(`nobody played for ${time}`);
    setTimeout(() => connection.terminate(), partingMs).unref();
  };
  let timer = setTimeout(end, idleMs);
  connection.on('message', () => {
    clearTimeout(timer);
    timer = setTimeout(end, idleMs);
  });
  return () => clearTimeout(timer);
}
