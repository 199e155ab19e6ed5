import { SnowglobeError } from '@snowglobe/graph';
import type { RemoteListeners } from '@snowglobe/runtime/browser';
import { RemoteWorld } from '@snowglobe/runtime/browser';
import { baseAddress } from './files.js';
import type { Place, PlaceReport } from './places.js';
import { executorOf, findPlaces, openChannel } from './places.js';

/** Where a world is to be had. */
export interface WorldSource {
  /** Address of its file, relative to the page. */
  readonly src: string;
  /** Address of a server that plays worlds, and the world's name there. */
  readonly server: string;
  readonly name: string;
}

/** The places where a world can run, and the ways there. */
export interface WorldPlaces {
  /** Best first. */
  find(): Promise<readonly PlaceReport[]>;
  /**
   * Opens the world in a place.
   * @param signal ends what was begun for it, in the middle of it
   * @throws SnowglobeError when the world cannot be opened there, or nobody wants it any more
   */
  connect(run: Place, listeners: RemoteListeners, signal: AbortSignal): Promise<RemoteWorld>;
}

/** A worker of this page on its GPU or CPU, and a server, for a world that is to be had somewhere. */
export const placesFor = (source: () => WorldSource): WorldPlaces => ({
  find: () => findPlaces(source().server !== ''),
  connect: (run, listeners, signal) => connectAt(run, source(), listeners, signal),
});

async function connectAt(
  run: Place,
  { src, server, name }: WorldSource,
  listeners: RemoteListeners,
  signal: AbortSignal,
): Promise<RemoteWorld> {
  signal.throwIfAborted();
  const where = run === 'server' ? { world: name } : { world: addressOf(src), executor: executorOf[run] };
  // For other art, and for pages that read frames of tiles.
  const request = { ...where, codes: true };
  const channel = openChannel(run, server);
  const end = (): void => channel.close();
  signal.addEventListener('abort', end);
  try {
    return await RemoteWorld.connect(channel, request, listeners);
  } finally {
    signal.removeEventListener('abort', end);
  }
}

function addressOf(src: string): string {
  let address: URL;
  try {
    address = new URL(src, baseAddress());
  } catch (cause) {
    throw new SnowglobeError(`world: '${src}' is no address; give src that of a world file.`, { cause });
  }
  if (address.protocol !== 'file:') return address.href;
  throw new SnowglobeError(
    `world: browsers let no page read ${address.href}; open the page through a web server (npx http-server, for one).`,
  );
}
