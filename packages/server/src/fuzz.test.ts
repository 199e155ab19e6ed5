/** Whatever strangers send to a server, at any moment and in any order, someone who plays there meanwhile does not notice. */
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { encode } from '@msgpack/msgpack';
import { RemoteWorld, socketChannel } from '@snowglobe/runtime';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { ChildServer, Leave } from './testing/child_server.js';
import { sendRaw, startChildServer } from './testing/child_server.js';

const long = process.env['SNOWGLOBE_LONG_TESTS'] === '1';
/** Messages, and connections without WebSocket; messages come in connections of up to `most`. */
const budget = long ? { messages: 100_000, raw: 10_000 } : { messages: 2000, raw: 300 };
const most = 50;
const minutes = 60_000;

let folder: string;
let server: ChildServer;
let player: RemoteWorld;
let stopped = false;
let playing: Promise<void>;
let frames = 0;
let slowest = 0;

/** Plays, and reads the catalog, until it is stopped. */
async function play(): Promise<void> {
  while (!stopped) {
    const began = performance.now();
    const { index, rgba } = await player.step(frames % 3 === 0 ? 'up' : 'right');
    expect([index, rgba.length]).toEqual([++frames, 64 * 64 * 4]);
    expect((await fetch(`http://localhost:${server.port}/catalog.json`)).status).toBe(200);
    slowest = Math.max(slowest, performance.now() - began);
    await sleep(20);
  }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-fuzz-'));
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>page</title>');
  server = await startChildServer(folder);
  const socket = new WebSocket(`ws://localhost:${server.port}/play`);
  player = await RemoteWorld.connect(socketChannel(socket as never), { world: 'coinrun' });
  await player.start({ prompt: { width: 8, height: 8, data: new Uint8Array(8 * 8 * 4).fill(90) }, seed: 7 });
  playing = play();
  // A failure is told when the fuzzing is over.
  playing.catch(() => {});
});
beforeEach(() => (slowest = 0));
afterAll(async () => {
  stopped = true;
  await playing;
  await server.stop();
  await rm(folder, { recursive: true });
});

/** The server runs, is no larger for what it heard, has met no bug of its own, and the player has played on. */
async function expectUntouched(framesBefore: number, megabytesBefore: number): Promise<void> {
  await Promise.race([playing, sleep(500)]);
  expect(server.ended()).toBeUndefined();
  expect(server.errors()).toBe('');
  expect(frames).toBeGreaterThan(framesBefore + 5);
  // Two cores that others use, too; a message that claimed gigabytes took a quarter of a minute.
  expect(slowest).toBeLessThan(10_000);
  expect(server.megabytes() - megabytesBefore).toBeLessThan(400);
}

// What a request may have, and what it may not.
const odd = fc.oneof(
  fc.constantFrom(
    null,
    true,
    -1,
    0,
    1.5,
    2 ** 53,
    NaN,
    Infinity,
    '',
    'right',
    'coinrun',
    '__proto__x',
    'x'.repeat(100),
  ),
  fc.string(),
  fc.uint8Array({ maxLength: 40 }),
  fc.array(fc.integer(), { maxLength: 5 }),
  fc.dictionary(
    fc.string({ minLength: 1 }).filter((key) => key !== '__proto__'),
    fc.integer(),
    { maxKeys: 4 },
  ),
);
const orOdd = <T>(right: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 6, arbitrary: right }, { weight: 1, arbitrary: odd });
const picture = fc
  .tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }), fc.integer({ min: 3, max: 4 }))
  .chain(([width, height, channels]) =>
    fc.record({
      width: orOdd(fc.constant(width)),
      height: orOdd(fc.constant(height)),
      data: orOdd(fc.constant(new Uint8Array(width * height * channels))),
    }),
  );
const requestFields = {
  id: orOdd(fc.nat(1000)),
  type: orOdd(fc.constantFrom('open', 'start', 'step', 'rewind', 'snapshot', 'resume')),
  protocol: orOdd(fc.constant(2)),
  world: orOdd(fc.constantFrom('coinrun-int4', 'moon')),
  prompt: orOdd(picture),
  seed: orOdd(fc.integer()),
  temperature: orOdd(fc.double()),
  action: orOdd(fc.constantFrom('right', 'jump', 3)),
  index: orOdd(fc.nat(5)),
  snapshot: orOdd(
    fc.record({
      ...{ index: orOdd(fc.nat()), seed: orOdd(fc.nat()), temperature: orOdd(fc.double()), certainty: odd },
      state: orOdd(
        fc.dictionary(fc.constantFrom('play/frame', 'a', 'b'), orOdd(fc.uint8Array({ maxLength: 64 }))),
      ),
    }),
  ),
};
const fieldsOf = (...names: (keyof typeof requestFields)[]) => {
  const type = fc.constant(names[0] as string);
  const rest = Object.fromEntries(names.slice(1).map((name) => [name, requestFields[name]]));
  return fc.record({ ...rest, id: requestFields.id, type: orOdd(type) });
};
/** Messages that can be decoded, most of them nearly right. */
const decodable = fc
  .oneof(
    fieldsOf('snapshot'),
    fc.record({ ...requestFields, type: requestFields.type }, { requiredKeys: ['type'] }),
    fc.record({
      type: fc.constant('open'),
      id: requestFields.id,
      protocol: requestFields.protocol,
      world: requestFields.world,
    }),
    fc.record({
      type: fc.constant('start'),
      id: requestFields.id,
      prompt: requestFields.prompt,
      seed: requestFields.seed,
    }),
    fc.record({ type: fc.constant('step'), id: requestFields.id, action: requestFields.action }),
    fc.record({ type: fc.constant('rewind'), id: requestFields.id, index: requestFields.index }),
    fc.record({ type: fc.constant('resume'), id: requestFields.id, snapshot: requestFields.snapshot }),
    odd,
  )
  .map((message) => encode(message));

/** Headers that claim more than is there, a byte that is changed, a message that is cut, bytes of no meaning, a text. */
const undecodable = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(0xdd, 0xdf, 0xdb, 0xc6, 0xc9, 0xdc, 0xde, 0x91, 0x81),
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.integer({ min: 1, max: 400 }),
    )
    .map(([kind, length, times]) => Buffer.alloc(times * 5, Uint8Array.of(kind, ...length))),
  fc.tuple(decodable, fc.nat(), fc.nat(255)).map(([bytes, at, value]) => {
    const changed = Uint8Array.from(bytes);
    changed[at % changed.length] = value;
    return changed;
  }),
  fc.tuple(decodable, fc.nat()).map(([bytes, at]) => bytes.slice(0, at % bytes.length)),
  fc.uint8Array({ maxLength: 100 }),
  fc.string(),
);

async function connect(): Promise<WebSocket> {
  for (;;) {
    const socket = new WebSocket(`ws://localhost:${server.port}/play`);
    const opened = await new Promise<boolean>((resolve) => {
      socket.on('open', () => resolve(true));
      socket.on('error', () => resolve(false));
    });
    if (opened) return socket;
    // Those before may not have left yet.
    expect(server.ended()).toBeUndefined();
    await sleep(20);
  }
}

/** Sends messages, then one that must be answered: how the connection stands after them. */
async function afterSending(messages: readonly (Uint8Array | string)[]): Promise<'answers' | number> {
  const socket = await connect();
  const id = 2 ** 40;
  const last = Buffer.from(encode(id));
  const outcome = new Promise<'answers' | number>((resolve) => {
    socket.on('message', (data: Buffer) => data.includes(last) && resolve('answers'));
    socket.on('close', (code) => resolve(code));
    socket.on('error', () => {});
  });
  for (const message of messages) socket.send(message);
  socket.send(encode({ type: 'nothing', id }));
  const how = await Promise.race([outcome, sleep(30_000).then(() => -1)]);
  socket.terminate();
  return how;
}

test(
  'messages of any kind',
  async () => {
    const before = [frames, server.megabytes()] as const;
    let sent = 0;
    const lists = fc.oneof(
      fc.record({
        messages: fc.array(decodable, { minLength: most, maxLength: most }),
        lives: fc.constant(true),
      }),
      fc.record({
        messages: fc
          .tuple(fc.array(decodable, { maxLength: most - 1 }), undecodable)
          .map(([some, end]) => [...some, end]),
        lives: fc.constant(false),
      }),
    );
    while (sent < budget.messages) {
      await fc.assert(
        fc.asyncProperty(lists, async ({ messages, lives }) => {
          const how = await afterSending(messages);
          sent += messages.length + 1;
          expect(server.ended()).toBeUndefined();
          // What can be decoded is answered, whatever it says; what cannot be ends this connection, with the reason's code.
          if (lives) expect(how).toBe('answers');
          else expect(['answers', 1008]).toContain(how);
        }),
        { numRuns: 20, endOnFailure: true },
      );
    }
    expect(sent).toBeGreaterThanOrEqual(budget.messages);
    await expectUntouched(...before);
  },
  (long ? 40 : 3) * minutes,
);

const path = fc
  .array(
    fc.constantFrom(
      ...[
        '/',
        '//',
        '/',
        '..',
        '.',
        '%2e',
        '%',
        '%00',
        '%c0%af',
        '\\',
        '*',
        '?',
        '#',
        ':',
        '@',
        'http://',
        'x',
      ],
      ...[
        'play',
        'worlds',
        'coinrun',
        '.safetensors',
        'prompts',
        'catalog.json',
        'index.html',
        'a'.repeat(300),
        '\u00e9',
      ],
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join('') || '/');
const header = fc.oneof(
  fc.constantFrom(
    ...[
      'Host: localhost',
      'Host: localhost',
      'Host: 127.0.0.1.evil.example',
      'Host: [::1',
      'Host:',
      'Host: a@localhost',
    ],
    ...[
      'Connection: Upgrade',
      'Connection: keep-alive',
      'Upgrade: websocket',
      'Upgrade: h2c',
      'Expect: 100-continue',
    ],
    ...[
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Version: x',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
      'Sec-WebSocket-Key: 1',
    ],
    ...[
      'Sec-WebSocket-Protocol: ,',
      'Sec-WebSocket-Extensions: permessage-deflate; a=',
      'Origin: null',
      'Origin: http://localhost',
    ],
    ...[
      'Range: bytes=5-2',
      'Range: bytes=-',
      'Range: bytes=0-3',
      'Range: bytes=-0',
      'Range: bytes=99999999999-',
      'Range: x',
    ],
    ...[
      'If-None-Match: *',
      'If-Match: "x"',
      'If-Modified-Since: x',
      'If-Range: "x"',
      'Accept-Encoding: gzip',
    ],
    ...[
      'Content-Length: 5',
      'Content-Length: -1',
      'Transfer-Encoding: chunked',
      'Transfer-Encoding: x',
      'Trailer: x',
    ],
  ),
  fc
    .tuple(fc.string({ maxLength: 8 }), fc.string({ maxLength: 20 }))
    .map(([name, value]) => `${name}: ${value}`),
);
const request = fc
  .record({
    method: fc.constantFrom('GET', 'GET', 'GET', 'HEAD', 'POST', 'OPTIONS', 'CONNECT', 'PRI', 'x'),
    path,
    version: fc.constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'x'),
    headers: fc.array(header, { maxLength: 8 }),
    body: fc.string({ maxLength: 20 }),
  })
  .map(({ method, path: at, version, headers, body }) =>
    Buffer.from(`${[`${method} ${at} ${version}`, ...headers].join('\r\n')}\r\n\r\n${body}`),
  );
const handshake = Buffer.from(
  'GET /play HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
    'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
);
/** Frames of WebSocket of any kind, length and mask, right or not (RFC 6455, 5.2). */
const wireFrames = fc
  .array(
    fc.tuple(
      fc.oneof(fc.constantFrom(0x01, 0x02, 0x81, 0x82, 0x80, 0x88, 0x89, 0x8a), fc.nat(255)),
      fc.oneof(fc.constantFrom(0x80, 0x85, 0xfe, 0xff, 0x05, 0x7e, 0x7f), fc.nat(255)),
      fc.uint8Array({ maxLength: 24 }),
    ),
    { minLength: 1, maxLength: 5 },
  )
  .map((all) => Buffer.concat([handshake, ...all.map(([a, b, rest]) => Uint8Array.of(a, b, ...rest))]));
const anything = fc.oneof(
  { weight: 5, arbitrary: request },
  { weight: 1, arbitrary: fc.array(request, { maxLength: 3 }).map((all) => Buffer.concat(all)) },
  { weight: 3, arbitrary: wireFrames },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
);

test(
  'bytes of any kind, from clients that leave at any moment',
  async () => {
    const before = [frames, server.megabytes()] as const;
    await fc.assert(
      fc.asyncProperty(
        anything,
        fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
        fc.constantFrom<Leave>('end', 'reset', 'wait'),
        async (bytes, part, leave) => {
          const got = await sendRaw(server.port, bytes.subarray(0, Math.ceil(bytes.length * part)), leave);
          expect(server.ended()).toBeUndefined();
          if (got !== '') expect(got).toMatch(/^HTTP\/1\.1 \d{3} /);
          expect(got).not.toMatch(/^HTTP\/1\.1 5/);
        },
      ),
      { numRuns: budget.raw, endOnFailure: true },
    );
    await expectUntouched(...before);
  },
  (long ? 20 : 3) * minutes,
);

test('a message that claims gigabytes ends the connection that it came on, at once', async () => {
  const before = [frames, server.megabytes()] as const;
  const bombs = [
    Buffer.alloc(200, Uint8Array.of(0xdd, 0x01, 0xff, 0xff, 0xff)),
    Buffer.alloc(200, Uint8Array.of(0xdf, 0x01, 0xff, 0xff, 0xff)),
    Buffer.alloc(8 * 2 ** 20, 0x91),
    Buffer.alloc(9 * 2 ** 20, Uint8Array.of(0x81, 0xa1, 0x61)),
  ];
  for (const bomb of [...bombs, ...bombs]) {
    const socket = await connect();
    socket.send(bomb);
    const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
    expect([code, reason.toString()]).toEqual([
      1008,
      expect.stringMatching(/^a message cannot be read: it /),
    ]);
  }
  await sleep(500);
  await expectUntouched(...before);
});
