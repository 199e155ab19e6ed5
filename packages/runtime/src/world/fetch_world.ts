import { SnowglobeError } from '@snowglobe/graph';

export interface FetchWorldOptions {
  onProgress?(done: number, total: number): void;
  /** Where the file is kept between visits; default the browser's cache storage, where it has one. */
  readonly caches?: CacheStorage | undefined;
  readonly fetch?: typeof fetch;
}

const cacheName = 'snowglobe-worlds';
/** Worlds have a few megabytes; what is larger than this is something else. */
const maxBytes = 1_000_000_000;
const checksumHeader = 'x-snowglobe-sha256';
const versionHeader = 'x-snowglobe-version';

/**
 * Loads a world file. It is kept in the browser's cache with a checksum, and loaded anew when the server has another
 * version; without a network the kept one is used.
 *
 * @throws SnowglobeError when it cannot be loaded whole
 */
export async function fetchWorld(address: string, options: FetchWorldOptions = {}): Promise<Uint8Array> {
  const { onProgress, fetch: load = fetch, caches: storage = globalThis.caches } = options;
  // Absent outside https, refused in private windows: then every visit loads the file.
  const cache = await storage?.open(cacheName).catch(() => undefined);
  const kept = await cache?.match(address).catch(() => undefined);
  if (kept && (await isCurrent(kept, address, load))) {
    const bytes = new Uint8Array(await kept.arrayBuffer());
    if (kept.headers.get(checksumHeader) === (await checksum(bytes))) {
      onProgress?.(bytes.length, bytes.length);
      return bytes;
    }
  }
  const { bytes, version } = await download(address, load, onProgress);
  const headers = { [versionHeader]: version, [checksumHeader]: await checksum(bytes) };
  // A full disk costs the next visit a download, no more.
  await cache?.put(address, new Response(bytes, { headers })).catch(() => undefined);
  return bytes;
}

/** What tells one version of a file from another. */
const versionOf = ({ headers }: Response): string =>
  [headers.get('etag') ?? headers.get('last-modified') ?? '', headers.get('content-length') ?? ''].join(' ');

async function isCurrent(kept: Response, address: string, load: typeof fetch): Promise<boolean> {
  try {
    const now = await load(address, { method: 'HEAD', cache: 'no-cache' });
    return !now.ok || versionOf(now) === kept.headers.get(versionHeader);
  } catch {
    return true;
  }
}

async function checksum(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  // Pages without https have no `subtle`; they have no cache either.
  const digest = await globalThis.crypto?.subtle?.digest('SHA-256', bytes);
  return digest
    ? Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
    : '';
}

async function download(
  address: string,
  load: typeof fetch,
  onProgress: FetchWorldOptions['onProgress'],
): Promise<{ readonly bytes: Uint8Array<ArrayBuffer>; readonly version: string }> {
  try {
    const response = await load(address, { cache: 'no-cache' });
    if (!response.ok) throw new Error(`the server says ${response.status} ${response.statusText}`.trim());
    const encoded = response.headers.has('content-encoding');
    const total = encoded ? 0 : Number(response.headers.get('content-length') ?? 0);
    const bytes = await readAll(response, total, onProgress);
    if (total > 0 && bytes.length !== total) throw new Error(`${bytes.length} of ${total} bytes came`);
    return { bytes, version: versionOf(response) };
  } catch (cause) {
    throw new SnowglobeError(
      `world: ${address} cannot be loaded (${(cause as Error).message}); check the address and the network, and try again.`,
      { cause },
    );
  }
}

async function readAll(
  response: Response,
  total: number,
  onProgress: FetchWorldOptions['onProgress'],
): Promise<Uint8Array<ArrayBuffer>> {
  if (total > maxBytes) throw new Error(`${total} bytes are too many for a world`);
  const parts: Uint8Array[] = [];
  let done = 0;
  const reader = response.body?.getReader();
  for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
    parts.push(read.value);
    done += read.value.length;
    if (done > maxBytes) throw new Error(`more than ${maxBytes} bytes came, too many for a world`);
    onProgress?.(done, Math.max(done, total));
  }
  const bytes = new Uint8Array(done);
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
