/** What ended, or misled, a server once: each from outside, against a process of its own. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { ChildServer } from './testing/child_server.js';
import { sendRaw, startChildServer } from './testing/child_server.js';

let folder: string;
let server: ChildServer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-hostile-'));
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>page</title>');
  server = await startChildServer(folder);
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});
afterEach(async () => {
  await sleep(100);
  expect(server.ended()).toBeUndefined();
  expect((await fetch(`http://localhost:${server.port}/`)).status).toBe(200);
  expect(server.errors()).toBe('');
});

const upgrade = (path: string, headers = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${headers}\r\n`;
const handshake = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n';

test.each(['//', '///', '//play', '/%', '/%zz', 'http://', '*', '/play%', '\\\\', 'x:y'])(
  'an upgrade to %s is answered',
  async (path) => {
    expect(await sendRaw(server.port, upgrade(path, handshake), 'end')).toMatch(/^HTTP\/1\.1 40[04] /);
  },
);

test('upgrades to other paths from clients that reset the connection', async () => {
  for (let i = 0; i < 60; i++) await sendRaw(server.port, upgrade(i % 2 ? '/other' : '//'), 'reset');
});

test('resets at any moment of a request, a download, an upgrade, a session', async () => {
  const texts = [
    'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n',
    'GET /worlds/coinrun.safetensors HTTP/1.1\r\nHost: localhost\r\n\r\n',
    upgrade('/play', handshake),
    upgrade('/play', `Origin: http://evil.example\r\n${handshake}`),
    `${upgrade('/play', handshake)}\u0081\u0005hello`,
  ];
  for (const text of texts) {
    for (let length = 1; length < text.length; length += 23) {
      await sendRaw(server.port, text.slice(0, length), 'reset');
    }
    for (let i = 0; i < 5; i++) await sendRaw(server.port, text, 'reset');
    await sendRaw(server.port, text, 'wait');
  }
});

test.each([
  ['bytes=5-2', 416],
  ['bytes=-', 416],
  ['bytes=99999999999-', 416],
  ['bytes=0-3', 206],
  ['bytes=-4', 206],
  ['elephants=1-2', 200],
])('the part %s of a file', async (range, status) => {
  for (const path of ['', 'worlds/coinrun.safetensors']) {
    const answer = await fetch(`http://localhost:${server.port}/${path}`, { headers: { range } });
    // A range that makes no sense may also be ignored (RFC 9110, 14.2).
    expect(range === 'bytes=-' ? [200, 416] : [status]).toContain(answer.status);
    if (status === 206) expect((await answer.arrayBuffer()).byteLength).toBe(4);
    else await answer.body?.cancel();
  }
});

test('a file that nobody may read, or a folder, is not there', async () => {
  for (const path of [
    'worlds',
    'worlds/',
    'index.html/',
    'index.html/x',
    '.git/config',
    '%00',
    'a'.repeat(5000),
  ]) {
    const { status } = await fetch(`http://localhost:${server.port}/${path}`);
    expect([400, 404], path).toContain(status);
  }
});

test.each([
  ['\u0000\u0001garbage\r\n\r\n', 400],
  [`GET / HTTP/1.1\r\nHost: localhost\r\nx: ${'a'.repeat(40_000)}\r\n\r\n`, 431],
  ['GET / HTTP/1.1\r\n\r\n', 400],
  ['GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n', 400],
])('no HTTP, or too much of it: %#', async (text, status) => {
  expect(await sendRaw(server.port, text, 'end')).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
});
