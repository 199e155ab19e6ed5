import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { extname } from 'node:path';
import sirv from 'sirv';
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

const contentTypes: Readonly<Record<string, string>> = {
  '.png': 'image/png',
  '.safetensors': 'application/octet-stream',
};

/** Answers requests for the page, the catalog and the files of the worlds; for nothing else. */
export function staticFiles(site: Site, play: string): RequestListener {
  const files = worldFiles(site);
  const catalog = JSON.stringify(catalogOf(site, play));
  // Looks into its folder alone, also for paths that try to leave it. Read at each request: a page may be built anew.
  const page = sirv(site.page, { dev: true, etag: true });

  return (request, response) => {
    for (const [name, value] of Object.entries(pageHeaders)) response.setHeader(name, value);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      return end(response, 405, 'Only GET and HEAD are answered here.');
    }
    const path = pathOf(request);
    if (path === undefined) return end(response, 400, 'The path of this address makes no sense.');
    if (path === 'catalog.json') {
      response.setHeader('cache-control', 'no-cache');
      response.setHeader('content-type', 'application/json');
      response.setHeader('content-length', Buffer.byteLength(catalog));
      response.end(request.method === 'HEAD' ? undefined : catalog);
      return;
    }
    const file = files.get(path);
    if (file !== undefined) return void sendFile(request, response, file);
    // Names of hashed files change with their contents.
    response.setHeader(
      'cache-control',
      path.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    );
    page(request, response, () => end(response, 404, `There is no '/${path}' here.`));
  };
}

/** The decoded path without the first slash. */
function pathOf({ url }: IncomingMessage): string | undefined {
  try {
    return decodeURIComponent(new URL(url ?? '', 'http://host').pathname).slice(1);
  } catch {
    return undefined;
  }
}

async function sendFile(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
  try {
    const { size, mtimeMs } = await stat(path);
    const etag = `"${size.toString(16)}-${Math.round(mtimeMs).toString(16)}"`;
    response.setHeader('etag', etag);
    response.setHeader('cache-control', 'no-cache');
    if (request.headers['if-none-match'] === etag) return void response.writeHead(304).end();
    response.setHeader('content-type', contentTypes[extname(path)] ?? 'application/octet-stream');
    response.setHeader('content-length', size);
    if (request.method === 'HEAD') return void response.end();
    // A file that shrinks meanwhile, or a reader that leaves, ends the answer early; the page sees that it is cut off.
    const stream = createReadStream(path, { end: Math.max(0, size - 1) });
    stream.on('error', () => response.destroy());
    response.on('close', () => stream.destroy());
    stream.pipe(response);
  } catch {
    end(response, 404, 'This file is gone; start the server again.');
  }
}

export function end(response: ServerResponse, status: number, sentence: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
  response.end(`${sentence}\n`);
}
