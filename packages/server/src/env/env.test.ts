/** JSON over WebSocket, as OpenEnv's clients speak it. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { decodeImage, encodePng } from '@snowglobe/media';
import type { LocatedWorld } from '@snowglobe/runtime';
import { locateWorlds, openRemoteWorld } from '@snowglobe/runtime';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { PlayServer } from '../play_server.js';
import { createPlayServer } from '../play_server.js';

vi.setConfig({ testTimeout: 60_000 });

interface Answer {
  readonly type: string;
  readonly data: {
    readonly observation: {
      readonly screen: string & number[];
      readonly index: number;
      readonly readouts?: Record<string, number>;
      readonly told?: string;
    };
    readonly reward: number | null;
    readonly done: boolean;
    readonly message: string;
    readonly code: string;
    readonly [name: string]: unknown;
  };
}

let server: PlayServer;
let worlds: readonly LocatedWorld[];
const bugs: unknown[] = [];
beforeAll(async () => {
  const names = ['crafter-int4', 'coinrun-int4', 'factory-int4'];
  const { worlds: all } = await locateWorlds();
  worlds = names.map((name) => all.find(({ entry }) => entry.name === name)!);
  server = await createPlayServer({
    ...{ worlds, port: 0, executor: { executor: 'onnx', threads: 1 } },
    ...{ probes: true, limits: { sessions: 50, perAddress: 50 }, onBug: (bug) => bugs.push(bug) },
  });
});
afterAll(async () => {
  await server.close();
  expect(bugs).toEqual([]);
});

async function connect(path = 'env') {
  const socket = new WebSocket(`ws://localhost:${server.port}/${path}`);
  const answers: Answer[] = [];
  socket.on('message', (data: Buffer) => answers.push(JSON.parse(data.toString()) as Answer));
  socket.on('error', () => {});
  const closed = once(socket, 'close') as Promise<[number, Buffer]>;
  await once(socket, 'open');
  let heard = 0;
  const next = async (): Promise<Answer> => {
    await vi.waitFor(() => expect(answers.length).toBeGreaterThan(heard), { timeout: 20_000, interval: 5 });
    return answers[heard++]!;
  };
  return {
    ...{ socket, closed, answers },
    send: (message: unknown) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    next,
    async ask(type: string, data?: object): Promise<Answer> {
      socket.send(JSON.stringify({ type, ...(data && { data }) }));
      return next();
    },
  };
}

test.each(['env', 'env/ws'])('an episode at /%s', async (path) => {
  const { ask, send, closed } = await connect(path);
  const reset = await ask('reset', { world: 'crafter-int4', seed: 7, temperature: 0, episode_id: 'a' });
  expect(reset).toMatchObject({
    type: 'observation',
    data: {
      observation: { encoding: 'png', index: 0, screen_shape: [64, 64, 3] },
      reward: null,
      done: false,
    },
  });
  const stepped = await ask('step', { action: 'move_right', metadata: { note: 'ignored' } });
  const screen = decodeImage(Buffer.from(stepped.data.observation.screen, 'base64'));
  expect(stepped.data).toMatchObject({ reward: 0, done: false, observation: { index: 1 } });
  const state = await ask('state');
  expect(state).toMatchObject({
    type: 'state',
    data: { episode_id: 'a', step_count: 1, world: 'crafter-int4', seed: 7, width: 64, height: 64 },
  });
  expect(state.data['actions']).toContain('move_right');
  expect(state.data['readouts']).toContain('health');

  // The same as a session in the other protocol: the world's own prompt that the seed chooses.
  const own = worlds[0]!.prompts;
  const remote = await openRemoteWorld(server.url, { world: 'crafter-int4', WebSocket });
  const prompt = decodeImage(await readFile(own[7 % own.length]!));
  await remote.start({ prompt, seed: 7, temperature: 0 });
  const { rgba, readouts } = await remote.step('move_right');
  expect([...rgba].filter((_, i) => i % 4 < 3)).toEqual([...screen.data]);
  expect(stepped.data.observation.readouts).toEqual(readouts);
  remote.close();

  // As a list, from a prompt of one's own, by the number of an action.
  const file = Buffer.from(encodePng({ ...prompt, channels: 3, data: new Uint8Array(prompt.data) })).toString(
    'base64',
  );
  const again = await ask('reset', { seed: 7, temperature: 0, observation: 'rgb', prompt: file });
  expect(again.data.observation.screen).toHaveLength(64 * 64 * 3);
  const action = (state.data['actions'] as string[]).indexOf('move_right');
  expect((await ask('step', { action })).data.observation.screen).toEqual([...screen.data]);
  send({ type: 'close' });
  expect((await closed)[0]).toBe(1000);
});

test('a read-out is a reward where it is asked for', async () => {
  const { ask, socket } = await connect();
  const wrong = await ask('reset', { reward: 'score' });
  expect(wrong.data).toMatchObject({ code: 'VALIDATION_ERROR' });
  expect(wrong.data.message).toMatch(/'crafter-int4' tells no 'score'; for a reward it has .*health/);
  let before = (await ask('reset', { seed: 3, reward: 'food' })).data.observation.readouts!['food']!;
  for (let i = 0; i < 25; i++) {
    const { observation, reward, done } = (await ask('step', { action: 'move_right' })).data;
    expect(reward).toBe(observation.readouts!['food']! - before);
    before = observation.readouts!['food']!;
    if (done) break;
  }
  socket.terminate();
});

test('what is told with a step shows in its frame, as in a session; what the world does not know changes nothing', async () => {
  const { ask, socket } = await connect();
  await ask('reset', { world: 'factory-int4', seed: 3, temperature: 0, observation: 'rgb' });
  const { data } = await ask('state');
  expect(data['events']).toContain('night falls');
  const unknown = await ask('step', { action: 'left', tell: 'a comet strikes' });
  expect(unknown.data).toMatchObject({
    code: 'EXECUTION_ERROR',
    message: expect.stringMatching(
      /^tell: 'comet' is not known here; this world can be told: .*\.$/,
    ) as string,
  });
  for (const tell of ['', 7, ['night falls'], 'x'.repeat(3000)]) {
    expect((await ask('step', { action: 'left', tell })).type).toBe('error');
  }
  const remote = await openRemoteWorld(server.url, { world: 'factory-int4', WebSocket });
  const own = worlds[2]!.prompts;
  await remote.start({
    ...{ prompt: decodeImage(await readFile(own[3 % own.length]!)), seed: 3, temperature: 0 },
  });
  for (const [index, tell] of [undefined, 'Night falls!', null].entries()) {
    const { observation } = (await ask('step', { action: 'left', ...(tell !== undefined && { tell }) })).data;
    const frame = await remote.step('left', tell ? { tell } : {});
    expect([...frame.rgba].filter((_, i) => i % 4 < 3)).toEqual(observation.screen);
    expect([observation.index, observation.told]).toEqual([index + 1, tell ? 'night falls' : undefined]);
  }
  remote.close();
  socket.terminate();
});

test('many messages at once are answered in order', async () => {
  const { send, next, socket } = await connect();
  send({ type: 'state' });
  send({ type: 'reset', data: { world: 'coinrun-int4', seed: 1 } });
  for (let i = 0; i < 5; i++) send({ type: 'step', data: { action: 'right' } });
  send({ type: 'state' });
  send('{');
  send({ type: 'step', data: { action: 'left' } });
  const heard = [];
  for (let i = 0; i < 10; i++) heard.push(await next());
  expect(
    heard.map(
      ({ type, data }) => data.code ?? data.observation?.index ?? `${type} ${String(data['step_count'])}`,
    ),
  ).toEqual(['SESSION_ERROR', 0, 1, 2, 3, 4, 5, 'state 5', 'INVALID_JSON', 6]);
  socket.terminate();
});

describe('what makes no sense is answered, and changes nothing', () => {
  test.each([
    ['INVALID_JSON', 'hello', /message: it cannot be read \(.*\); send JSON/],
    ['UNKNOWN_TYPE', { type: 'jump' }, /its type is "jump"; use reset, step, state or close/],
    ['UNKNOWN_TYPE', [], /its type is nothing/],
    ['UNKNOWN_TYPE', null, /its type is nothing/],
    ['VALIDATION_ERROR', { type: 'step' }, /step: the field 'data' is missing/],
    ['VALIDATION_ERROR', { type: 'step', data: { action: -1 } }, /'data\.action'/],
    [
      'VALIDATION_ERROR',
      { type: 'step', data: { action: 'up', shell: 1 } },
      /unknown field 'data\.shell'|'shell'/,
    ],
    ['VALIDATION_ERROR', { type: 'reset', data: { seed: -1 } }, /'data\.seed'/],
    ['VALIDATION_ERROR', { type: 'reset', data: { observation: 'gif' } }, /'data\.observation'/],
    ['VALIDATION_ERROR', { type: 'reset', data: { prompt: '***' } }, /'data\.prompt' .*base64/],
    [
      'VALIDATION_ERROR',
      { type: 'reset', data: { prompt: 'aGVsbG8=' } },
      /reset: the prompt is .*neither PNG nor JPEG/,
    ],
    [
      'VALIDATION_ERROR',
      { type: 'reset', data: { world: 'crafter-int4' } },
      /this connection plays 'coinrun-int4'/,
    ],
    ['EXECUTION_ERROR', { type: 'step', data: { action: 'fly' } }, /knows no 'fly'/],
    ['EXECUTION_ERROR', { type: 'step', data: { action: 999 } }, /999/],
    ['EXECUTION_ERROR', { type: 'reset', data: { temperature: 1e9 } }, /temperature/],
    ['EXECUTION_ERROR', { type: 'reset', data: { text: 'a lake' } }, /words|text|sentence/],
  ])('%s: %j', async (code, message, sentence) => {
    const { ask, send, next, socket } = await connect();
    await ask('reset', { world: 'coinrun-int4', seed: 1 });
    send(message);
    const answer = await next();
    expect(answer).toMatchObject({
      type: 'error',
      data: { code, message: expect.stringMatching(sentence) as string },
    });
    expect((await ask('step', { action: 'right' })).data.observation.index).toBe(1);
    socket.terminate();
  });

  test('an unknown world, and then one that is there', async () => {
    const { ask, socket } = await connect();
    const unknown = await ask('reset', { world: '../secret' });
    expect(unknown.data).toMatchObject({
      code: 'EXECUTION_ERROR',
      message: expect.stringMatching(/this server has no/) as string,
    });
    expect((await ask('step', { action: 'up' })).data.code).toBe('SESSION_ERROR');
    expect((await ask('reset', { world: 'coinrun-int4' })).type).toBe('observation');
    socket.terminate();
  });

  test('a picture that inflates beyond any prompt is refused by its header', async () => {
    const { ask, socket } = await connect();
    const large = encodePng({
      width: 3000,
      height: 2000,
      channels: 3,
      data: new Uint8Array(3000 * 2000 * 3),
    });
    const answer = await ask('reset', { prompt: Buffer.from(large).toString('base64') });
    expect(answer.data.message).toMatch(/3000x2000 pixels, more than the limit of 4\.2 megapixels/);
    socket.terminate();
  });

  test('too large a message ends its connection, and who asks and does not read is cut off', async () => {
    const { socket, closed } = await connect();
    socket.send(' '.repeat(5 * 2 ** 20));
    expect((await closed)[0]).toBe(1009);
    const flood = await connect();
    flood.socket.pause();
    for (let i = 0; i < 300; i++) flood.send({ type: 'step', data: { action: 'right' } });
    flood.send({ type: 'reset' });
    for (let i = 0; i < 300; i++) flood.send({ type: 'step', data: { action: 'right' } });
    flood.socket.resume();
    const [code, reason] = await flood.closed;
    expect([code, reason.toString()]).toEqual([1008, 'more than 128 messages wait, and more keep coming']);
  });

  test('OpenEnv asks whether it is well', async () => {
    const answer = await fetch(new URL('env/health', server.url));
    expect([answer.status, await answer.json()]).toEqual([200, { status: 'healthy' }]);
  });
});

test('whatever strangers send, it is answered or ends their connection, and others play on', async () => {
  const player = await connect();
  await player.ask('reset', { world: 'coinrun-int4', seed: 1 });
  let index = 0;
  const odd = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom('', '__proto__', -1, 1e300, 'x'.repeat(3000)),
  );
  const maybe = <T>(right: fc.Arbitrary<T>) =>
    fc.oneof({ weight: 5, arbitrary: right }, { weight: 1, arbitrary: odd });
  const data = fc.record(
    {
      world: maybe(fc.constant('coinrun-int4')),
      seed: maybe(fc.nat()),
      action: maybe(fc.constantFrom('right', 'jump', 3)),
      tell: odd,
      prompt: maybe(fc.base64String()),
      observation: maybe(fc.constantFrom('png', 'rgb')),
      reward: odd,
    },
    { requiredKeys: [] },
  );
  const message = fc.oneof(
    fc
      .record({ type: maybe(fc.constantFrom('reset', 'step', 'state')), data: maybe(data) })
      .map((each) => JSON.stringify(each)),
    fc.constant(JSON.stringify({ type: 'reset', data: { world: 'coinrun-int4' } })),
    fc.constant(JSON.stringify({ type: 'step', data: { action: 'right' } })),
    fc.jsonValue().map((each) => JSON.stringify(each)),
    fc.string(),
    fc.uint8Array({ maxLength: 50 }),
    fc.constant('['.repeat(500)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(message, { maxLength: 20 }), async (messages) => {
      const { socket, send, answers } = await connect();
      for (const each of messages) socket.send(each);
      send({ type: 'state' });
      await vi.waitFor(() => expect(answers).toHaveLength(messages.length + 1), {
        timeout: 20_000,
        interval: 5,
      });
      socket.terminate();
      expect((await player.ask('step', { action: 'right' })).data.observation.index).toBe(++index);
    }),
    { numRuns: 40, endOnFailure: true },
  );
  player.socket.terminate();
});
