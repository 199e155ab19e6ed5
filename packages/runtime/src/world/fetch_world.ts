import { SnowglobeError } from '@snowglobe/graph';
import { fileChecksum } from '../checksum.js';

/** How a world file is fetched. */
export interface FetchWorldOptions {
  /** Bytes that have come, of how many. */
  onProgress?(done: number, total: number): void;
  /** Where the file is kept between visits; default the browser's cache storage, where it has one. */
  readonly caches?: CacheStorage | undefined;
  /** Asks the network; default `fetch`. */
  readonly fetch?: typeof fetch;
}

const cacheName = 'snowglobe-worlds';
/** Worlds have a few megabytes; what is larger than this is something else. */
const maxBytes = 1_000_000_000;
const checksumHeader = 'x-snowglobe-sha256';
const versionHeader = 'x-snowglobe-version';

/**
 * Loads a world file. It is kept in the browser's cache with a checksum, and read from there while the server has the same
 * version; without a network, or while the server is out of order, the kept one is used.
 *
 * @throws SnowglobeError when it cannot be loaded whole
 */
export async function fetchWorld(address: string, options: FetchWorldOptions = {}): Promise<Uint8Array> {
  const { onProgress, fetch: load = fetch } = options;
  const cache = await openCache(options);
  const kept = await readKept(await cache?.match(address).catch(() => undefined));
  const use = (bytes: Uint8Array): Uint8Array => {
    onProgress?.(bytes.length, bytes.length);
    return bytes;
  };
  if (kept && (await isSame(address, kept.version, load))) return use(kept.bytes);
  let response: Response;
  try {
    // Asks once more where a host answers no HEAD; the file itself travels only where it is another one.
    response = await load(address, { cache: 'no-cache' });
  } catch (cause) {
    if (kept) return use(kept.bytes);
    throw failure(address, cause);
  }
  if (kept && (isPassing(response) || kept.version === versionOf(response))) {
    await response.body?.cancel();
    return use(kept.bytes);
  }
  try {
    if (!response.ok) throw new Error(`the server says ${response.status} ${response.statusText}`.trim());
    if (isPage(response)) throw new Error('the server sends a page in its place');
    const bytes = await download(response, onProgress);
    if (cache) {
      const headers = { [versionHeader]: versionOf(response), [checksumHeader]: await fileChecksum(bytes) };
      // A full disk costs the next visit a download, no more.
      await cache.put(address, new Response(bytes, { headers })).catch(() => undefined);
    }
    return bytes;
  } catch (cause) {
    throw failure(address, cause);
  }
}

/** Whether the server says, without sending it, that its file is of this version. Many say nothing. */
async function isSame(address: string, version: string, load: typeof fetch): Promise<boolean> {
  try {
    const response = await load(address, { method: 'HEAD', cache: 'no-cache' });
    return response.ok && versionOf(response) === version;
  } catch {
    return false;
  }
}

/** Absent outside https, refused in private windows and sandboxed frames: then every visit loads the file. */
async function openCache(options: FetchWorldOptions): Promise<Cache | undefined> {
  try {
    const storage = 'caches' in options ? options.caches : globalThis.caches;
    return await storage?.open(cacheName);
  } catch {
    return undefined;
  }
}

/** @returns undefined for a file that is not what was put there */
async function readKept(
  kept: Response | undefined,
): Promise<{ readonly bytes: Uint8Array<ArrayBuffer>; readonly version: string } | undefined> {
  if (!kept) return undefined;
  const bytes = new Uint8Array(await kept.arrayBuffer());
  if (kept.headers.get(checksumHeader) !== (await fileChecksum(bytes))) return undefined;
  return { bytes, version: kept.headers.get(versionHeader) ?? '' };
}

/**
 * Whether an answer says nothing about the file: the server is out of order or too busy, or what stands between the two
 * answers with a page of its own.
 */
const isPassing = (response: Response): boolean =>
  response.status >= 500 || response.status === 408 || response.status === 429 || isPage(response);

const isPage = ({ headers }: Response): boolean => /html/.test(headers.get('content-type') ?? '');

/** What tells one version of a file from another. A host that says nothing of it has another one each time. */
function versionOf({ headers }: Response): string {
  const mark = headers.get('etag') ?? headers.get('last-modified');
  return mark === null ? `none ${Math.random()}` : `${mark} ${headers.get('content-length') ?? ''}`.trim();
}

function failure(address: string, cause: unknown): SnowglobeError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new SnowglobeError(`world: ${address} cannot be loaded (${reason}); ${remedyFor(address, cause)}.`, {
    cause,
  });
}

/** Browsers say the same of all that goes wrong on the way. */
function remedyFor(address: string, cause: unknown): string {
  const base = globalThis.location?.href ?? 'http://localhost';
  const { protocol, origin } = URL.canParse(address, base) ? new URL(address, base) : new URL(base);
  if (protocol === 'file:') return 'browsers let no page read files: open it through a web server';
  const isFar = globalThis.origin !== undefined && origin !== globalThis.origin;
  const allow = `that ${origin} allows other pages (Access-Control-Allow-Origin), and this page's Content-Security-Policy ${origin} (connect-src)`;
  return `check the address and the network${isFar && cause instanceof TypeError ? `, ${allow}` : ''}, and try again`;
}

async function download(
  response: Response,
  onProgress: FetchWorldOptions['onProgress'],
): Promise<Uint8Array<ArrayBuffer>> {
  const encoded = response.headers.has('content-encoding');
  const total = encoded ? 0 : Number(response.headers.get('content-length') ?? 0);
  const bytes = await readAll(response, total, onProgress);
  if (total > 0 && bytes.length !== total) throw new Error(`${bytes.length} of ${total} bytes came`);
  return bytes;
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
