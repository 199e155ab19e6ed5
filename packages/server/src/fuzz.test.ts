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
import { decodable, undecodable } from './testing/messages.js';
import { anything } from './testing/requests.js';

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

/** The code of those for whom there is no place: connections before may not have left yet. */
const full = 1013;

/** Sends messages, then one that must be answered: how the connection stands after them. */
async function afterSending(messages: readonly (Uint8Array | string)[]): Promise<'answers' | number> {
  for (;;) {
    const how = await afterSendingOnce(messages);
    if (how !== full) return how;
    await sleep(20);
  }
}

async function afterSendingOnce(messages: readonly (Uint8Array | string)[]): Promise<'answers' | number> {
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
