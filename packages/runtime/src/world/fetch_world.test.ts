import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fetchWorld } from './fetch_world.js';

const file = Uint8Array.from({ length: 50_000 }, (_, i) => (i * 31) % 256);
let server: Server;
let address: string;
let requests: string[];
let answer: (request: IncomingMessage, response: ServerResponse) => void;

const whole =
  (etag: string, bytes = file) =>
  (request: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(200, { etag, 'content-length': bytes.length });
    response.end(request.method === 'HEAD' ? undefined : bytes);
  };

beforeEach(async () => {
  requests = [];
  answer = whole('"1"');
  server = createServer((request, response) => {
    requests.push(request.method!);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/w.safetensors`;
});
afterEach(() => new Promise((resolve) => (server.closeAllConnections(), server.close(resolve))));

/** A browser's cache storage, in memory. */
function memoryCaches(): CacheStorage & { readonly kept: Map<string, Response> } {
  const kept = new Map<string, Response>();
  const cache = {
    match: async (url: string) => kept.get(url)?.clone(),
    put: async (url: string, response: Response) => void kept.set(url, response),
  };
  return { kept, open: async () => cache } as never;
}

test('loads a file with progress', async () => {
  const seen: [number, number][] = [];
  expect(await fetchWorld(address, { onProgress: (...each) => seen.push(each) })).toEqual(file);
  expect(seen.at(-1)).toEqual([file.length, file.length]);
  expect(seen.every(([done, total], i) => total === file.length && done > (seen[i - 1]?.[0] ?? 0))).toBe(
    true,
  );
});

test('loads it once, and again only when the server has another version', async () => {
  const caches = memoryCaches();
  await fetchWorld(address, { caches });
  expect(await fetchWorld(address, { caches })).toEqual(file);
  expect(requests).toEqual(['GET', 'HEAD']);
  const newer = file.map((byte) => byte ^ 1);
  answer = whole('"2"', newer);
  expect(await fetchWorld(address, { caches })).toEqual(newer);
  expect(requests).toEqual(['GET', 'HEAD', 'HEAD', 'GET']);
});

test.each([405, 404, 403, 501])('a host that answers HEAD with %i is asked by GET', async (status) => {
  const caches = memoryCaches();
  const getOnly =
    (etag: string, bytes = file): typeof answer =>
    (request, response) =>
      request.method === 'HEAD'
        ? void response.writeHead(status).end()
        : whole(etag, bytes)(request, response);
  answer = getOnly('"1"');
  await fetchWorld(address, { caches });
  expect(await fetchWorld(address, { caches })).toEqual(file);
  const newer = file.map((byte) => byte ^ 1);
  answer = getOnly('"2"', newer);
  expect(await fetchWorld(address, { caches })).toEqual(newer);
});

test('a host that says nothing of versions is asked each time', async () => {
  const caches = memoryCaches();
  const plain =
    (bytes: Uint8Array): typeof answer =>
    (_, response) =>
      void response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
  answer = plain(file);
  await fetchWorld(address, { caches });
  const newer = file.map((byte) => byte ^ 1);
  answer = plain(newer);
  expect(await fetchWorld(address, { caches })).toEqual(newer);
});

test.each<[string, typeof answer]>([
  ['a server out of order', (_, response) => void response.writeHead(503).end('later')],
  ['a busy server', (_, response) => void response.writeHead(429).end()],
  [
    'a page in its place',
    (_, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Log in</h1>'),
  ],
])('uses the kept file where %s answers', async (_, handler) => {
  const caches = memoryCaches();
  await fetchWorld(address, { caches });
  answer = handler;
  expect(await fetchWorld(address, { caches })).toEqual(file);
  await expect(fetchWorld(address, { caches: memoryCaches() })).rejects.toThrow(
    /cannot be loaded \(the server/,
  );
  answer = whole('"1"');
  expect(await fetchWorld(address, { caches })).toEqual(file);
});

test('a file that was taken away is missed, though it is kept', async () => {
  const caches = memoryCaches();
  await fetchWorld(address, { caches });
  answer = (_, response) => void response.writeHead(404).end();
  await expect(fetchWorld(address, { caches })).rejects.toThrow(/the server says 404/);
});

test('a file of the disk is refused with what to do', async () => {
  await expect(fetchWorld('file:///home/me/w.safetensors')).rejects.toThrow(/open it through a web server/);
});

test('uses the kept file where there is no network', async () => {
  const caches = memoryCaches();
  await fetchWorld(address, { caches });
  const offline = () => Promise.reject(new TypeError('Failed to fetch'));
  expect(await fetchWorld(address, { caches, fetch: offline })).toEqual(file);
});

test('does not trust a kept file that has changed', async () => {
  const caches = memoryCaches();
  await fetchWorld(address, { caches });
  const { headers } = caches.kept.get(address)!;
  caches.kept.set(
    address,
    new Response(
      file.map((byte) => byte ^ 255),
      { headers },
    ),
  );
  expect(await fetchWorld(address, { caches })).toEqual(file);
});

test('plays on with a cache that is full or forbidden', async () => {
  const full = {
    open: async () => ({ match: async () => undefined, put: () => Promise.reject(new Error('quota')) }),
  };
  expect(await fetchWorld(address, { caches: full as never })).toEqual(file);
  const forbidden = { open: () => Promise.reject(new Error('SecurityError')) };
  expect(await fetchWorld(address, { caches: forbidden as never })).toEqual(file);
});

test.each<[string, typeof answer, RegExp]>([
  ['is not there', (_, response) => response.writeHead(404).end(), /the server says 404/],
  [
    'is cut off',
    (_, response) => {
      response.writeHead(200, { 'content-length': file.length });
      response.write(file.subarray(0, 1000), () => response.destroy());
    },
    /cannot be loaded .*; check the address and the network/,
  ],
  [
    'says that it is enormous',
    (_, response) => response.writeHead(200, { 'content-length': 5e9 }).flushHeaders(),
    /5000000000 bytes are too many/,
  ],
])('a file that %s is one sentence', async (_, handler, message) => {
  answer = handler;
  await expect(fetchWorld(address)).rejects.toThrow(message);
});
