import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { encode } from '@msgpack/msgpack';
import type { LocatedWorld } from '@snowglobe/runtime';
import { RemoteWorld, locateWorlds, openWorld, socketChannel } from '@snowglobe/runtime';
import { parseCatalog, protocolVersion } from '@snowglobe/runtime/internal';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { createPlayServer } from './play_server.js';
import { writeSite } from './write_site.js';
import type { PlayServer } from './play_server.js';

const executor = { executor: 'onnx', threads: 1 } as const;
const prompt = {
  width: 16,
  height: 16,
  data: Uint8Array.from({ length: 16 * 16 * 3 }, (_, i) => (i * 7) % 256),
};
const start = { prompt, seed: 7, temperature: 0 };
const script = Array.from({ length: 20 }, (_, i) => ['right', 'right', 'up', 'left'][i % 4]!);

let folder: string;
let page: string;
let worlds: readonly LocatedWorld[];
let server: PlayServer;
const bugs: unknown[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-server-'));
  page = join(folder, 'page');
  await mkdir(join(page, 'assets'), { recursive: true });
  await writeFile(join(page, 'index.html'), '<!doctype html><title>page</title>');
  await writeFile(join(page, 'assets', 'a-123.js'), 'export {};');
  await writeFile(join(folder, 'secret.txt'), 'secret');
  ({ worlds } = await locateWorlds());
  server = await createPlayServer({ page, worlds, port: 0, executor, onBug: (bug) => bugs.push(bug) });
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
  expect(bugs).toEqual([]);
});

const socketUrl = (at = server): string => `ws://localhost:${at.port}/play`;
const connect = (world = 'coinrun', at = server): Promise<RemoteWorld> =>
  RemoteWorld.connect(socketChannel(new WebSocket(socketUrl(at)) as never), { world });

/** The codes of `script`. */
async function play(remote: RemoteWorld): Promise<number[][]> {
  await remote.start(start);
  const codes: number[][] = [];
  for (const action of script) codes.push([...(await remote.step(action, { codes: true })).codes!]);
  return codes;
}

/** A request as no browser would send it: the path and the headers are as they are given. */
async function ask(path: string, headers: Record<string, string> = {}, method = 'GET') {
  const request = httpRequest({ host: '127.0.0.1', port: server.port, path, headers, method }).end();
  const [response] = (await once(request, 'response')) as [import('node:http').IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks) };
}

/** How an attempt to connect ends. */
function attempt(options: object = {}, at = server): Promise<string> {
  const socket = new WebSocket(socketUrl(at), options);
  return new Promise((resolve) => {
    socket.on('open', () => (resolve('open'), socket.terminate()));
    socket.on('unexpected-response', (_, response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve(`${response.statusCode} ${text.trim()}`));
    });
    socket.on('error', () => resolve('error'));
  });
}

describe('sessions', () => {
  test('sample what they would sample here, alone and side by side', async () => {
    const world = await openWorld('coinrun', executor);
    const here = await world.start(start);
    const expected: number[][] = [];
    for (const action of script) expected.push([...(await here.step(action, { codes: true })).codes!]);
    await world.close();

    const remote = await connect();
    expect(remote.info).toMatchObject({ width: 64, height: 64, fps: 15, executor: { kind: 'onnx' } });
    expect(remote.info.executors).toMatchObject([
      { kind: 'onnx', chosen: true, reason: 'runs on the server' },
    ]);
    expect(await play(remote)).toEqual(expected);
    remote.close();

    const several = await Promise.all([connect(), connect(), connect()]);
    for (const codes of await Promise.all(several.map(play))) expect(codes).toEqual(expected);
    for (const each of several) each.close();
  });

  test('an unknown world is refused with those that there are', async () => {
    for (const name of ['moon', '../secret', '/etc/passwd', 'https://example.org/w.safetensors']) {
      await expect(connect(name)).rejects.toThrow(/this server has no '.*'; it has crafter/);
    }
  });

  test('a text, garbage, or an enormous message ends that session, and others play on', async () => {
    const other = await connect();
    await other.start(start);
    for (const [message, ...end] of [
      ['hello', 1008, 'a message cannot be read: it is a text, not MessagePack'],
      [
        new Uint8Array([0xc1, 1, 2]),
        1008,
        'a message cannot be read: it has a value of the unknown kind 0xc1',
      ],
      [new Uint8Array(17 * 2 ** 20), 1009, ''],
    ] as const) {
      const socket = new WebSocket(socketUrl());
      await once(socket, 'open');
      socket.send(message);
      const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
      expect([code, reason.toString()]).toEqual(end);
      expect((await other.step('right')).rgba).toHaveLength(64 * 64 * 4);
    }
    other.close();
  });

  test('the largest prompt fits, several at once, and a larger one is a sentence', async () => {
    const remote = await connect();
    const largest = { width: 2048, height: 2048, data: new Uint8Array(2048 * 2048 * 4).fill(90) };
    const starts = await Promise.all(
      Array.from({ length: 6 }, () => remote.start({ ...start, prompt: largest })),
    );
    for (const { frame } of starts) expect([...frame.rgba.subarray(0, 4)]).toEqual([32, 32, 32, 255]);
    const larger = { width: 2049, height: 1, data: new Uint8Array(2049 * 4) };
    await expect(remote.start({ prompt: larger })).rejects.toThrow(/start: the field 'prompt\.width'.*2049/);
    expect((await remote.step('right')).index).toBe(1);
    remote.close();
  });

  test('who asks and does not read is cut off, and nothing piles up', async () => {
    const socket = new WebSocket(socketUrl());
    await once(socket, 'open');
    const closed = once(socket, 'close');
    socket.send(encode({ type: 'open', id: 1, protocol: protocolVersion, world: 'coinrun' }));
    await once(socket, 'message');
    socket.send(encode({ type: 'start', id: 2, ...start }));
    await once(socket, 'message');
    socket.pause();
    let id = 3;
    while (id < 100) {
      socket.send(encode({ type: 'step', id: id++, action: 'right' }));
      await sleep(id % 10 === 0 ? 40 : 0);
    }
    // All at once, faster than any machine draws.
    while (id < 700) socket.send(encode({ type: 'step', id: id++, action: 'right' }));
    await sleep(500);
    socket.resume();
    const [code, reason] = (await closed) as [number, Buffer];
    expect([code, reason.toString()]).toEqual([1008, 'more than 16 requests wait, and more keep coming']);
    const other = await connect();
    expect((await other.start(start)).frame.index).toBe(0);
    other.close();
  });

  test('random bytes do no harm', async () => {
    const other = await connect();
    await other.start(start);
    let index = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 4 }), async (messages) => {
        const socket = new WebSocket(socketUrl());
        await once(socket, 'open');
        for (const message of messages) socket.send(message);
        socket.terminate();
        expect((await other.step('right')).index).toBe(++index);
      }),
      { numRuns: 30 },
    );
    // No WebSocket at all, and no HTTP either.
    const raw = connectTcp(server.port, '127.0.0.1');
    raw.on('error', () => {});
    raw.resume().end('\u0000\u0001garbage\r\n\r\n');
    await once(raw, 'close');
    expect((await other.step('right')).index).toBe(++index);
    other.close();
  });

  test('one client gets a few, all together some more, and who leaves makes room', async () => {
    const small = await createPlayServer({
      ...{ page, worlds, port: 0, executor, limits: { sessions: 12, perAddress: 5 } },
    });
    const sockets = Array.from({ length: 100 }, () => new WebSocket(socketUrl(small)));
    const outcomes = Promise.all(
      sockets.map(
        (socket) =>
          new Promise<string>((resolve) => {
            socket.on('close', (code, reason) => resolve(`${code} ${reason.toString()}`));
            // Those who have a place hear nothing unasked.
            socket.on('open', () => setTimeout(resolve, 3000, 'open'));
          }),
      ),
    );
    const heard = await outcomes;
    expect(heard.filter((each) => each === 'open')).toHaveLength(5);
    const sentence = 'No more than 5 sessions of one address are played here at once; close one.';
    expect(heard.filter((each) => each === `1013 ${sentence}`)).toHaveLength(95);
    await expect(connect('coinrun', small)).rejects.toThrow(sentence);
    for (const socket of sockets) socket.terminate();
    await sleep(200);
    const remote = await connect('coinrun', small);
    expect((await remote.start(start)).frame.index).toBe(0);
    await small.close();
    await expect(remote.step('right')).rejects.toThrow(/the connection ended/);
  });
});

describe('who is answered', () => {
  test('only who asks for this host', async () => {
    for (const host of ['evil.example', 'evil.example:80', '169.254.169.254', 'localhost.evil.example']) {
      expect((await ask('/', { host })).status, host).toBe(403);
      expect(await attempt({ headers: { host } }), host).toMatch(/^403 This server is not/);
    }
    for (const host of ['localhost', `localhost:${server.port}`, '127.0.0.1', '[::1]:99']) {
      expect((await ask('/', { host })).status, host).toBe(200);
    }
  });

  test('only sessions of its own page', async () => {
    const own = `localhost:${server.port}`;
    for (const origin of ['https://evil.example', 'http://localhost:1', 'null']) {
      expect(await attempt({ headers: { origin, host: own } })).toMatch(/^403 Pages of/);
    }
    expect(await attempt({ headers: { origin: `http://${own}`, host: own } })).toBe('open');
  });
});

describe('files', () => {
  test('the page, the catalog, worlds and prompts', async () => {
    const home = await ask('/');
    expect(home.body.toString()).toContain('<title>page</title>');
    expect(home.headers).toMatchObject({
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-cache',
    });
    expect((await ask('/assets/a-123.js')).headers['cache-control']).toMatch(/immutable/);
    const catalog = parseCatalog(JSON.parse((await ask('/catalog.json')).body.toString()), 'catalog');
    expect(catalog.play).toBe('play');
    const [world] = catalog.worlds;
    const file = await ask(`/${world!.file}`);
    expect(file.body.equals(await readFile(worlds[0]!.path))).toBe(true);
    expect(Number(file.headers['content-length'])).toBe(world!.bytes);
    const again = await ask(`/${world!.file}`, { 'if-none-match': file.headers.etag! });
    expect([again.status, again.body.length]).toEqual([304, 0]);
    const head = await ask(`/${world!.file}`, {}, 'HEAD');
    expect([head.status, Number(head.headers['content-length']), head.body.length]).toEqual([
      200,
      world!.bytes,
      0,
    ]);
    const picture = await ask(`/${world!.prompts[0]!.file}`);
    expect([picture.headers['content-type'], picture.body[1]]).toEqual(['image/png', 'P'.charCodeAt(0)]);
  });

  test.each([
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/../../secret.txt',
    '/worlds/../../secret.txt',
    '/worlds/..%2f..%2fpackage.json',
    '/worlds/coinrun.safetensors/..',
    '/worlds/',
    '/worlds/prompts/',
    '//etc/passwd',
    '/%00',
    '/%zz',
    '/secret.txt',
  ])('nothing else: %s', async (path) => {
    const { status, body } = await ask(path);
    expect([400, 403, 404]).toContain(status);
    expect(body.toString()).not.toContain('secret\n');
    expect(body.length).toBeLessThan(200);
  });

  test('other methods are refused', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS'])
      expect((await ask('/', {}, method)).status).toBe(405);
  });
});

describe('starting', () => {
  test('a port in use is one sentence; without a wish the next one is taken', async () => {
    const again = createPlayServer({ page, worlds, port: server.port });
    await expect(again).rejects.toThrow(
      `play: port ${server.port} of 127.0.0.1 is in use; choose another one with --port`,
    );
    const [a, b] = [await createPlayServer({ page, worlds }), await createPlayServer({ page, worlds })];
    expect(b.port).toBeGreaterThan(a.port);
    await Promise.all([a.close(), b.close()]);
  });

  test('an address that is not ours, or no page, is one sentence', async () => {
    await expect(createPlayServer({ page, worlds, host: '192.0.2.1', port: 0 })).rejects.toThrow(
      /cannot listen on 192\.0\.2\.1 .*--host/,
    );
    await expect(createPlayServer({ page: folder, worlds, port: 0 })).rejects.toThrow(/holds no built page/);
  });
});

describe('a site for static hosts', () => {
  test('has all that the page asks for, and can be written again', async () => {
    const out = join(folder, 'site');
    const written = await writeSite({ page, worlds }, out);
    const [world] = worlds;
    // Variants of a world share its prompts and its art.
    const own = worlds.flatMap(({ entry: { file, prompts, skins, thumbnail } }) => [
      file,
      ...[...prompts, ...skins].map((picture) => picture.file),
      ...(thumbnail === undefined ? [] : [thumbnail]),
    ]);
    expect(written.files).toBe(2 + 1 + new Set(own).size);
    expect(written.bytes).toBeGreaterThan(world!.entry.bytes);
    const catalog = parseCatalog(JSON.parse(await readFile(join(out, 'catalog.json'), 'utf8')), 'catalog');
    expect(catalog.play).toBeUndefined();
    for (const { file, prompts, skins } of catalog.worlds) {
      for (const each of [file, ...[...prompts, ...skins].map((one) => one.file)]) {
        expect((await readFile(join(out, decodeURIComponent(each)))).length).toBeGreaterThan(0);
      }
    }
    expect(await writeSite({ page, worlds: [] }, out)).toMatchObject({ files: 3 });
  });

  test('overwrites nothing that is no site', async () => {
    const own = join(folder, 'own');
    await mkdir(own);
    await writeFile(join(own, 'thesis.txt'), 'years');
    await expect(writeSite({ page, worlds }, own)).rejects.toThrow(/holds 1 files that are no site/);
    expect(await readFile(join(own, 'thesis.txt'), 'utf8')).toBe('years');
    await expect(writeSite({ page, worlds }, join(own, 'thesis.txt'))).rejects.toThrow(
      /no folder that can be read/,
    );
  });
});
