/** A client of a play server: in pages, and in programs that have a WebSocket. */
import { SnowglobeError } from '@snowglobe/graph';
import { decodeImage } from '@snowglobe/media';
import type { Socket } from './channel.js';
import { socketChannel } from './channel.js';
import type { ConnectRequest, RemoteListeners } from './client_types.js';
import { RemoteWorld } from './client.js';

/** Which world of a server is to be played, and how. */
export interface OpenRemoteOptions extends Omit<ConnectRequest, 'decodePng' | 'executor'>, RemoteListeners {
  /** Makes the connection where there is no WebSocket built in, as in Node before 22: the class of npm's `ws`. */
  readonly WebSocket?: new (address: string) => object;
}

/**
 * Opens a world that a server plays (`snowglobe serve`, `snowglobe play`, `createPlayServer`).
 * @param address of the server: `ws:`, `wss:`, or `http:` and `https:` for the same; without a path, `/play`
 * @param options `frames`: how pictures travel, `rgb` (default), `rgba` or `png`, the smallest; `codes`: frames come with their codes;
 *   and listeners
 * @throws SnowglobeError when nobody answers there, the server is full or has no such world; and for bad options
 */
export async function openRemoteWorld(
  address: string | URL,
  options: OpenRemoteOptions,
): Promise<RemoteWorld> {
  const { world, codes, frames = 'rgb', WebSocket: Given, ...listeners } = options;
  const url = socketAddress(address);
  const Built = Given ?? (globalThis as { WebSocket?: new (at: string) => object }).WebSocket;
  if (!Built) {
    throw new SnowglobeError(
      `session: there is no WebSocket here to reach ${url}; give that of npm's ws: { WebSocket }, or use Node 22.`,
    );
  }
  const channel = socketChannel(new Built(url) as Socket);
  const request = { world, frames, ...(codes !== undefined && { codes }) };
  return RemoteWorld.connect(
    channel,
    { ...request, decodePng: (file) => decodeImage(file, 'frame') },
    listeners,
  );
}

const schemes: Readonly<Record<string, string>> = {
  'http:': 'ws:',
  'https:': 'wss:',
  'ws:': 'ws:',
  'wss:': 'wss:',
};

/** @throws SnowglobeError */
function socketAddress(given: string | URL): string {
  let url: URL | undefined;
  try {
    url = new URL(given);
  } catch {
    // Told below.
  }
  const scheme = schemes[url?.protocol ?? ''];
  if (!url || scheme === undefined) {
    throw new SnowglobeError(
      `session: '${String(given)}' is no address of a server; give one such as ws://localhost:8420/play.`,
    );
  }
  url.protocol = scheme;
  if (url.pathname === '/') url.pathname = '/play';
  return url.href;
}
