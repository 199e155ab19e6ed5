import { setTimeout as sleep } from 'node:timers/promises';
import { MessageChannel } from 'node:worker_threads';
import { SnowglobeError } from '@snowglobe/graph';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Executor } from '@snowglobe/graph';
import { createNodeOnnxExecutor } from '../node/onnx.js';
import { LossyExecutor } from '../testing/lossy_executor.js';
import { untrainedWorld } from '../testing/untrained_world.js';
import { World } from '../world/world.js';
import type { Channel } from './channel.js';
import { portChannel, socketChannel } from './channel.js';
import type { RemoteListeners } from './client.js';
import { RemoteWorld } from './client.js';
import type { HostOptions } from './host.js';
import { hostWorld } from './host.js';
import { protocolVersion } from './protocol.js';
import { messageBytes, waitingRequests } from './sizes.js';

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
    const session = await world.start(start);
    const expected = [];
    for (const action of script) expected.push(await session.step(action, { codes: true }));

    const progress: unknown[] = [];
    const remote = await connect(pair(), { onProgress: (each) => progress.push(each) });
    expect(progress).toEqual([{ what: 'download', done: 1, total: 2 }, { what: 'prepare' }]);
    expect(remote.info).toMatchObject({ width: 32, height: 32, fps: 15, executors });
    expect(remote.info.actions).toContain('jump');
    const { frame, sampling } = await remote.start(start);
    expect([frame.index, frame.rgba.length]).toEqual([0, 32 * 32 * 4]);
    expect(sampling).toEqual({ seed: 7, temperature: 0, confidenceThreshold: 0 });
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
    const { frame, sampling } = await b.resume(await a.snapshot());
    expect([frame.index, sampling.seed]).toEqual([5, 7]);
    const [here, there] = [await a.step('right'), await b.step('right')];
    expect([there.index, [...there.rgba]]).toEqual([6, [...here.rgba]]);
    a.close();
    b.close();
  });

  test('takes any number of requests at once, and each settles', async () => {
    const remote = await connect(pair());
    const big = { ...prompt, width: 512, height: 512, data: new Uint8Array(512 * 512 * 4) };
    const starts = Array.from({ length: 40 }, () => remote.start({ ...start, prompt: big }));
    expect((await Promise.all(starts)).map(({ frame }) => frame.index)).toEqual(starts.map(() => 0));
    const steps = Array.from({ length: 300 }, () => remote.step('right'));
    expect((await Promise.all(steps)).map(({ index }) => index)).toEqual(steps.map((_, i) => i + 1));
    const backs = Array.from({ length: 40 }, (_, i) => remote.rewind(299 - i));
    expect((await Promise.all(backs)).map(({ index }) => index)).toEqual(backs.map((_, i) => 299 - i));
    const cut = Array.from({ length: 40 }, () => remote.step('right'));
    remote.close();
    for (const each of await Promise.allSettled(cut)) expect(each.status).toBe('rejected');
    await expect(remote.step('right')).rejects.toThrow(/it was closed/);
  });

  test('ends for the page, with the reason, when the other side ends it', async () => {
    const [here, there] = pair();
    const reasons: string[] = [];
    const remote = await connect([here, there], { onClosed: (reason) => reasons.push(reason) });
    await remote.start(start);
    const asked = Promise.allSettled(script.map((action) => remote.step(action)));
    there.close('enough');
    for (const each of await asked) expect(each).toMatchObject({ status: 'rejected' });
    await expect(remote.step('right')).rejects.toThrow(
      'session: the connection ended (enough); connect anew.',
    );
    expect(reasons).toEqual(['enough']);
    // Who comes too late is told, too.
    await expect(RemoteWorld.connect(here, { world: 'tiny' })).rejects.toThrow(/connection ended/);
  });

  test('what makes no sense is one sentence, and the session goes on', async () => {
    await expect(connect(pair(), {}, 'moon')).rejects.toThrow("world: there is no 'moon'.");
    const remote = await connect(pair());
    await expect(remote.step('right')).rejects.toThrow(/nothing is being played/);
    await expect(remote.start({ prompt: { width: 2, height: 2, data: new Uint8Array(5) } })).rejects.toThrow(
      /5 bytes do not fill 2x2 pixels/,
    );
    await expect(remote.start({ ...start, temperature: -1 })).rejects.toThrow(/temperature -1/);
    for (const [wrong, message] of [
      [undefined, /start: the field 'prompt\.width' is missing; correct it/],
      [null, /start: the field 'prompt\.width'/],
      [{}, /start: the field 'prompt\.width'/],
      [{ prompt: { ...prompt, width: 2049 } }, /'prompt\.width' .*at most 2048, not 2049/],
      [{ prompt: { ...prompt, width: 0 } }, /'prompt\.width' .*at least 1, not 0/],
      [{ prompt: { ...prompt, width: '8' } }, /'prompt\.width' .*number/],
      [{ prompt: { ...prompt, data: [...prompt.data] } }, /'prompt\.data' .*must be bytes/],
      [{ prompt: { ...prompt, data: new Float32Array(256) } }, /'prompt\.data' .*must be bytes/],
      [{ prompt: { width: 8, height: 8, data: () => 1 } }, /'prompt\.data'/],
      [{ ...start, seed: 1.5 }, /'seed' .*1\.5/],
      [{ ...start, seed: NaN }, /'seed' .*NaN/],
      [{ ...start, seed: null }, /'seed' .*null/],
      [{ ...start, seed: '7' }, /'seed' .*"7"/],
      [{ ...start, temperature: null }, /'temperature' .*null/],
      [{ ...start, sead: 7 }, /'sead'/],
    ] as const) {
      await expect(remote.start(wrong as never), JSON.stringify(wrong)).rejects.toThrow(message);
      await expect(remote.start(wrong as never)).rejects.toThrow(SnowglobeError);
    }
    for (const wrong of [undefined, null, 1.5, -1, {}, () => 1, 'x'.repeat(65)]) {
      await expect(remote.step(wrong as never)).rejects.toThrow(/step: the field 'action' (must|is missing)/);
    }
    await expect(remote.rewind(NaN)).rejects.toThrow(/'index'/);
    await expect(remote.resume({ index: 1 } as never)).rejects.toThrow(/'snapshot\.seed'/);
    // As a canvas and a form give them: more than a picture, and undefined for what was left out.
    const canvas = { ...prompt, colorSpace: 'srgb' };
    await remote.start({ prompt: canvas, seed: 7, temperature: undefined, confidenceThreshold: undefined });
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

interface Heard {
  readonly type?: string;
  readonly message?: string;
}

/** A connection on which anything may be said. */
function raw(largest?: number) {
  let there!: EventTarget;
  const [here, host] = socketPair((end) => (there = end as unknown as EventTarget));
  const answers: Heard[] = [];
  let heard = 0;
  here.onMessage((answer) => answers.push(answer as Heard));
  hostWorld(host, { ...options, ...(largest !== undefined && { messageBytes: largest }) });
  const closed = new Promise<string>((resolve) => here.onClose(resolve));
  /** The next answer that is no progress. */
  const next = async (): Promise<Heard> => {
    await vi.waitFor(() => expect(answers.length).toBeGreaterThan(heard), { timeout: 10_000, interval: 5 });
    const answer = answers[heard++]!;
    return answer.type === 'progress' ? next() : answer;
  };
  return {
    ...{ answers, closed, next },
    send: (message: object) => here.send(message),
    /** From now on nobody reads what the host sends. */
    stopReading: () => Object.assign(there, { bufferedAmount: 50_000_000 }),
    sendData: (data: unknown) => there.dispatchEvent(Object.assign(new Event('message'), { data })),
  };
}

const greeting = { type: 'open', id: 1, protocol: protocolVersion, world: 'tiny' };

describe('a host', () => {
  test.each([
    ['no request', { hello: 1 }, undefined, /session: the field 'type' is missing/],
    ['no object', 7, undefined, /session: it must be an object, not 7/],
    ['nothing', null, undefined, /session: it must be an object, not/],
    ['no number', { type: 'snapshot' }, undefined, /snapshot: the field 'id'/],
    [
      'a number that is none',
      { type: 'snapshot', id: -1 },
      undefined,
      /snapshot: the field 'id' .*at least 1, not -1/,
    ],
    [
      'an unknown field',
      { type: 'step', id: 5, action: 0, shell: 'x' },
      5,
      /step: has the unknown field 'shell'/,
    ],
    ['an unknown kind', { type: 'toString', id: 5 }, 5, /session: the field 'type' .*"toString"/],
    [
      'a huge prompt',
      { type: 'start', id: 5, prompt: { width: 1e6, height: 1, data: new Uint8Array(4) } },
      5,
      /start: the field 'prompt\.width' .*at most 2048, not 1000000/,
    ],
    ['a number that came before', { type: 'snapshot', id: 1 }, 1, /numbered 1 came after 1/],
    ['another version', { ...greeting, id: 5, protocol: 9 }, 5, /the page speaks version 9 .* version 2/],
    ['no version', { type: 'open', id: 5, world: 'tiny' }, 5, /an earlier version .*reload the page/],
  ])('answers %s with a sentence, and goes on', async (_, message, id, sentence) => {
    const { send, next } = raw();
    send(greeting);
    await next();
    send(message as object);
    const failed = await next();
    expect(failed).toMatchObject({ type: 'failed', message: expect.stringMatching(sentence) as string });
    expect((failed as { id?: number }).id).toBe(id);
    send({ type: 'start', id: 6, ...start });
    expect(await next()).toMatchObject({ type: 'playing', id: 6 });
  });

  test('keeps 16 requests waiting, refuses more, and cuts off who goes on without end', async () => {
    const { send, closed, answers, next, stopReading } = raw();
    send({ ...greeting, world: 'slow' });
    for (let id = 2; id <= 100; id++) send({ type: 'step', id, action: 'right' });
    for (let i = 0; i < 100; i++) await next();
    const ids = answers.flatMap((each) => (each as { id?: number }).id ?? []);
    expect(ids).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
    const refused = answers.filter(({ message }) => /16 requests wait already/.test(message ?? ''));
    expect(refused).toHaveLength(100 - waitingRequests);
    stopReading();
    for (let id = 101; id <= 300; id++) send({ type: 'step', id, action: 'right' });
    expect(await closed).toMatch(/more than 16 requests wait/);
  });

  test('keeps no more pictures waiting than one message has', async () => {
    const { send, next, answers } = raw(messageBytes());
    const large = { width: 2048, height: 2048, data: new Uint8Array(2048 * 2048 * 4) };
    send({ ...greeting, world: 'slow' });
    for (let id = 2; id <= 4; id++) send({ type: 'start', id, prompt: large });
    for (let i = 0; i < 4; i++) await next();
    expect(answers.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['opened', 'playing', 'failed', 'failed']),
    );
    expect(answers.at(-1)!.message).toMatch(/pictures and states that wait are too many/);
  });

  test.each([
    ['a text', 'text', /it is a text/],
    ['what is no MessagePack', Uint8Array.of(0xc1).buffer, /unknown kind/],
    ['lists that claim gigabytes', Uint8Array.of(0xdd, 1, 255, 255, 255).buffer, /a list of 33554431/],
  ])('ends a connection that sends %s', async (_, data, reason) => {
    const { sendData, closed } = raw();
    sendData(data);
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

test.each([
  [{ type: 'opened', id: 1, protocol: 9, info: {} }, /the world’s side speaks version 9/],
  [{ type: 'opened', id: 1, info: {} }, /the world’s side speaks an earlier version/],
  [{ type: 'failed', message: 'session: no number.' }, /session: no number\./],
  [{ type: 'frame' }, /does not speak this protocol/],
])('a page hears %j', async (reply, sentence) => {
  const [here, there] = socketPair();
  there.onMessage(() => there.send(reply));
  const closed = new Promise((resolve) => there.onClose(resolve));
  await expect(RemoteWorld.connect(here, { world: 'tiny' })).rejects.toThrow(sentence);
  await closed;
});

test('a world of 0.5 frames a second is played as any other', async () => {
  const file = untrainedWorld();
  const metadata = { ...file.metadata, config: { ...file.metadata.config, fps: 0.5 } };
  const slow = await World.create({ ...file, metadata }, 'test', async () =>
    createNodeOnnxExecutor({ threads: 1 }),
  );
  const [here, there] = portPair();
  hostWorld(there, { open: async () => ({ world: slow, executors, release: () => slow.close() }) });
  const remote = await RemoteWorld.connect(here, { world: 'x' });
  expect(remote.info.fps).toBe(0.5);
  remote.close();
});

test('a request that is passed over is told, not waited for', async () => {
  const [here, there] = portPair();
  hostWorld(there, options);
  const send = there.send.bind(there);
  const remote = await RemoteWorld.connect(here, { world: 'tiny' });
  await remote.start(start);
  there.send = (message, transfer) =>
    'oldest' in message && !('kept' in there) ? Object.assign(there, { kept: 1 }) : send(message, transfer);
  const [first, second] = await Promise.allSettled([remote.step('right'), remote.step('right')]);
  expect(first).toMatchObject({ status: 'rejected', reason: { message: /step was not answered/ } });
  expect(second.status).toBe('fulfilled');
  remote.close();
});

test('the size of a state is known from the config alone', () => {
  expect(untrainedWorld().model.stateBytes()).toBe(world.stats.stateBytes);
});

test('a session that is larger than the other side takes stays where it is', async () => {
  const [here, there] = socketPair();
  hostWorld(there, { ...options, messageBytes: 1000 });
  const remote = await RemoteWorld.connect(here, { world: 'tiny' });
  await remote.start(start);
  const snapshot = await remote.snapshot();
  await expect(remote.resume(snapshot)).rejects.toThrow(
    /resume: its .* are more than the 1\.0 kB of a message/,
  );
  expect((await remote.step('right')).index).toBe(1);
  remote.close();
});
