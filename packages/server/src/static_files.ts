import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { basename, dirname } from 'node:path';
import type { SendOptions } from 'send';
import send from 'send';
import { end, pathOf } from './guarded_server.js';
import type { Catalog } from '@snowglobe/runtime/internal';
import type { Site } from './site.js';
import { catalogOf, worldFiles } from './site.js';

/**
 * A page that computes needs WebAssembly and workers; it needs nothing from anywhere else. Isolated (COOP, COEP), it may use
 * several threads.
 */
const pageHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'self'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self' blob:",
    "img-src 'self' data: blob:",
    "media-src 'self' blob:",
    "style-src 'self' 'unsafe-inline'",
    "connect-src 'self' data: blob:",
    "object-src 'none'",
    "base-uri 'self'",
    "frame-ancestors 'self'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** Answers requests for the page, the catalog and the files of the worlds; for nothing else. */
export function staticFiles(site: Site, served: Pick<Catalog, 'devices' | 'play'>): RequestListener {
  const files = worldFiles(site);
  const catalog = JSON.stringify(catalogOf(site, served));

  return (request, response) => {
    for (const [name, value] of Object.entries(pageHeaders)) response.setHeader(name, value);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      return end(response, 405, 'Only GET and HEAD are answered here.');
    }
    const address = pathOf(request);
    if (address === undefined) return end(response, 400, 'The path of this address makes no sense.');
    const path = decodeURIComponent(address).slice(1);
    // Names of hashed files change with their contents.
    const isHashed = path.startsWith('assets/');
    response.setHeader('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache');
    if (path === 'catalog.json') {
      response.setHeader('content-type', 'application/json');
      response.setHeader('content-length', Buffer.byteLength(catalog));
      response.end(request.method === 'HEAD' ? undefined : catalog);
      return;
    }
    const file = files.get(path);
    if (file !== undefined) {
      const name = encodeURIComponent(basename(file));
      const gone = 'This file is gone; start the server again.';
      return sendFile(request, response, name, { root: dirname(file), dotfiles: 'allow' }, gone);
    }
    // Read at each request: a page may be built anew. Paths that try to leave its folder are refused.
    sendFile(request, response, address, { root: site.page }, `There is no '/${path.slice(0, 100)}' here.`);
  };
}

/**
 * Sends a file, or the part of it that is asked for.
 * @param missing the answer where there is no such file
 */
function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  options: SendOptions,
  missing: string,
): void {
  send(request, path, { ...options, cacheControl: false })
    .on('directory', () => end(response, 404, missing))
    .on('error', ({ status, headers }: { status: number; headers?: Record<string, string> }) => {
      // A file that shrinks meanwhile ends the answer early; the page sees that it is cut off.
      if (response.headersSent) return void response.destroy();
      for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, value);
      if (status === 416) end(response, 416, 'This file has no such part.');
      else if (status === 412) end(response, 412, 'This file is another one by now.');
      else end(response, status < 500 ? 404 : 500, status < 500 ? missing : 'This file cannot be read.');
    })
    .pipe(response);
}
