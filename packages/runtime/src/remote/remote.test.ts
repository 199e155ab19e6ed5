import { setTimeout as sleep } from 'node:timers/promises';
import { MessageChannel } from 'node:worker_threads';
import { encode } from '@msgpack/msgpack';
import { SnowglobeError } from '@snowglobe/graph';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Executor } from '../executor.js';
import { createNodeOnnxExecutor } from '../index.js';
import { LossyExecutor, untrainedWorld } from '../testing/index.js';
import { World } from '../world/world.js';
import type { Channel } from './channel.js';
import { portChannel, socketChannel } from './channel.js';
import type { RemoteListeners } from './client.js';
import { RemoteWorld } from './client.js';
import type { HostOptions } from './host.js';
import { hostWorld } from './host.js';

const prompt = {
  width: 8,
  height: 8,
  data: Uint8Array.from({ length: 8 * 8 * 4 }, (_, i) => (i * 37) % 256),
};
const start = { prompt, seed: 7, temperature: 0 };
const script = Array.from({ length: 12 }, (_, i) => ['right', 'left', 'up', 'none'][i % 4]!);
const executors = [{ kind: 'onnx', available: true, chosen: true, device: 'cpu', reason: 'test' }] as const;

/** Two ends of a WebSocket without a network. */
function socketPair(stuck?: (end: { bufferedAmount: number }) => void): [Channel, Channel] {
  class End extends EventTarget {
    binaryType = '';
    readyState = 1;
    bufferedAmount = 0;
    other!: End;
    send(data: Uint8Array): void {
      const copy = Uint8Array.from(data).buffer;
      setTimeout(() => this.other.dispatchEvent(Object.assign(new Event('message'), { data: copy })));
    }
    close(code = 1000, reason = ''): void {
      for (const end of [this, this.other]) {
        if (end.readyState === 3) continue;
        end.readyState = 3;
        setTimeout(() => end.dispatchEvent(Object.assign(new Event('close'), { code, reason })));
      }
    }
  }
  const [a, b] = [new End(), new End()];
  [a.other, b.other] = [b, a];
  stuck?.(b);
  return [socketChannel(a), socketChannel(b)];
}

function portPair(): [Channel, Channel] {
  const { port1, port2 } = new MessageChannel();
  return [portChannel(port1 as never), portChannel(port2 as never)];
}

let world: World;
let released: number;
beforeAll(async () => {
  world = await World.create(untrainedWorld(), 'test', async () => createNodeOnnxExecutor({ threads: 1 }));
});
afterAll(() => world.close());
beforeEach(() => (released = 0));

const options: HostOptions = {
  async open({ world: name }, onProgress) {
    if (name === 'slow') await sleep(200);
    else if (name !== 'tiny') throw new SnowglobeError(`world: there is no '${name}'.`);
    onProgress({ what: 'download', done: 1, total: 2 });
    onProgress({ what: 'prepare' });
    return { world, executors, release: async () => void released++ };
  },
};

function connect([here, there]: [Channel, Channel], listeners: RemoteListeners = {}, name = 'tiny') {
  hostWorld(there, options);
  return RemoteWorld.connect(here, { world: name }, listeners);
}

describe.each([
  ['over a message port', portPair],
  ['over a socket', socketPair],
])('a world %s', (_, pair) => {
  test('plays as it plays here', async () => {
    const play = await world.start(start);
    const expected = [];
    for (const action of script) expected.push(await play.step(action, { codes: true }));

    const progress: unknown[] = [];
    const remote = await connect(pair(), { onProgress: (each) => progress.push(each) });
    expect(progress).toEqual([{ what: 'download', done: 1, total: 2 }, { what: 'prepare' }]);
    expect(remote.info).toMatchObject({ width: 32, height: 32, fps: 15, executors });
    expect(remote.info.actions).toContain('jump');
    const { frame, draw } = await remote.start(start);
    expect([frame.index, frame.rgba.length]).toEqual([0, 32 * 32 * 4]);
    expect(draw).toEqual({ seed: 7, temperature: 0, certainty: 0 });
    // All at once: answers come in order.
    const frames = await Promise.all(script.map((action) => remote.step(action, { codes: true })));
    expect(frames.map(({ codes }) => [...codes!])).toEqual(expected.map(({ codes }) => [...codes!]));
    expect(frames.map(({ rgba }) => [...rgba])).toEqual(expected.map(({ rgba }) => [...rgba]));
    expect(frames.at(-1)!.rgba).toBeInstanceOf(Uint8ClampedArray);

    expect([...(await remote.rewind(3)).rgba]).toEqual([...expected[2]!.rgba]);
    expect([...(await remote.step(script[3]!)).rgba]).toEqual([...expected[3]!.rgba]);
    remote.close();
    await vi.waitFor(() => expect(released).toBe(1));
  });

  test('a session goes on elsewhere', async () => {
    const [a, b] = await Promise.all([connect(pair()), connect(pair())]);
    await a.start(start);
    for (const action of script.slice(0, 5)) await a.step(action);
    const { frame, draw } = await b.resume(await a.snapshot());
    expect([frame.index, draw.seed]).toEqual([5, 7]);
    const [here, there] = [await a.step('right'), await b.step('right')];
    expect([there.index, [...there.rgba]]).toEqual([6, [...here.rgba]]);
    a.close();
    b.close();
  });

  test('what makes no sense is one sentence, and the session goes on', async () => {
    await expect(connect(pair(), {}, 'moon')).rejects.toThrow("world: there is no 'moon'.");
    const remote = await connect(pair());
    await expect(remote.step('right')).rejects.toThrow(/nothing is being played/);
    await expect(remote.start({ prompt: { width: 2, height: 2, data: new Uint8Array(5) } })).rejects.toThrow(
      /5 bytes do not fill 2x2 pixels/,
    );
    await expect(remote.start({ ...start, temperature: -1 })).rejects.toThrow(/temperature -1/);
    await remote.start(start);
    await expect(remote.step('fly')).rejects.toThrow(/no 'fly'/);
    await expect(remote.rewind(9)).rejects.toThrow(/frame 9 is not kept/);
    const snapshot = await remote.snapshot();
    const [name] = Object.keys(snapshot.state);
    const cut = { ...snapshot, state: { ...snapshot.state, [name!]: new Uint8Array(3) } };
    await expect(remote.resume(cut)).rejects.toThrow(/cut off/);
    expect((await remote.step('right')).index).toBe(1);
    remote.close();
    await expect(remote.step('right')).rejects.toThrow(/it was closed/);
  });
});

/** A connection on which anything may be said. */
function raw(): { send: (message: object) => void; closed: Promise<string>; answers: unknown[] } {
  const [here, there] = socketPair();
  const answers: unknown[] = [];
  here.onMessage((answer) => answers.push(answer));
  hostWorld(there, options);
  const closed = new Promise<string>((resolve) => here.onClose(resolve));
  return { send: (message) => here.send(message), closed, answers };
}

describe('a host', () => {
  test.each([
    ['no request', [{ hello: 1 }], /no request/],
    ['an unknown field', [{ type: 'open', id: 1, world: 'tiny', shell: 'x' }], /no request/],
    [
      'a number that came before',
      [
        { type: 'open', id: 2, world: 'tiny' },
        { type: 'snapshot', id: 2 },
      ],
      /2 came after 2/,
    ],
    [
      'too many at once',
      [
        { type: 'open', id: 1, world: 'slow' },
        ...Array.from({ length: 16 }, (_, i) => ({ type: 'step', id: i + 2, action: 'right' })),
      ],
      /more than 16 requests wait/,
    ],
    [
      'a huge prompt',
      [{ type: 'start', id: 1, prompt: { width: 1e6, height: 1, data: new Uint8Array(4) } }],
      /no request/,
    ],
  ])('ends a connection that sends %s', async (_, messages, reason) => {
    const { send, closed } = raw();
    messages.forEach(send);
    expect(await closed).toMatch(reason);
  });

  test('draws nothing more for a page that does not read, and goes on when it does', async () => {
    let end!: { bufferedAmount: number };
    const remote = await connect(socketPair((there) => (end = there)));
    await remote.start(start);
    end.bufferedAmount = 50_000_000;
    let answered = 0;
    const steps = script.map((action) => remote.step(action).then(() => answered++));
    await sleep(200);
    expect(answered).toBe(0);
    end.bufferedAmount = 0;
    await Promise.all(steps);
    expect(answered).toBe(script.length);
    remote.close();
  });

  test('survives anything, and other connections play on', async () => {
    const other = await connect(socketPair());
    await other.start(start);
    let index = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            fc.object(),
            fc.record({
              type: fc.constantFrom('open', 'start', 'step', 'rewind', 'resume'),
              id: fc.nat(20),
              world: fc.string(),
            }),
          ),
          { maxLength: 5 },
        ),
        async (messages) => {
          const { send } = raw();
          messages.forEach(send);
          await sleep(1);
          expect((await other.step('right')).index).toBe(++index);
        },
      ),
      { numRuns: 60 },
    );
    other.close();
  });

  test('reads no half of a message', async () => {
    const [here, there] = socketPair();
    const messages: unknown[] = [];
    there.onMessage((message) => messages.push(message));
    void here;
    const whole = encode({ type: 'open', id: 1, world: 'tiny' });
    const target = new EventTarget();
    const got: unknown[] = [];
    socketChannel(
      Object.assign(target, { binaryType: '', readyState: 1, bufferedAmount: 0, send() {}, close() {} }),
    ).onMessage((m) => got.push(m));
    for (let length = 0; length < whole.length; length++) {
      target.dispatchEvent(Object.assign(new Event('message'), { data: whole.slice(0, length).buffer }));
    }
    target.dispatchEvent(Object.assign(new Event('message'), { data: 'text' }));
    expect(got).toHaveLength(whole.length + 1);
    expect(got.filter((each) => typeof each === 'object')).toEqual([]);
  });
});

test('a page is told when a lost device moved its session, and misses no frame', async () => {
  const first = new LossyExecutor(createNodeOnnxExecutor({ threads: 1 }), 'fragile');
  const opened: Executor[] = [first, createNodeOnnxExecutor({ threads: 1 })];
  const moving = await World.create(untrainedWorld(), 'test', async () => opened.shift()!);
  const [here, there] = portPair();
  hostWorld(there, { open: async () => ({ world: moving, executors, release: () => moving.close() }) });
  const moves: unknown[] = [];
  const remote = await RemoteWorld.connect(here, { world: 'x' }, { onMoved: (to) => moves.push(to) });
  await remote.start(start);
  await remote.step('right');
  first.lose();
  expect((await remote.step('left')).index).toBe(2);
  expect(moves).toEqual([{ kind: 'onnx', device: expect.stringContaining('ONNX Runtime') as string }]);
  expect(remote.info.executor.kind).toBe('onnx');
  remote.close();
});

test('a page refuses a host that says something else', async () => {
  const [here, there] = socketPair();
  there.onMessage(() =>
    there.send({
      type: 'frame',
      id: 1,
      oldest: 0,
      frame: { index: 0, width: 9, height: 9, rgba: new Uint8Array(4), ms: 1 },
    }),
  );
  await expect(RemoteWorld.connect(here, { world: 'tiny' })).rejects.toThrow(/does not speak this protocol/);
});
