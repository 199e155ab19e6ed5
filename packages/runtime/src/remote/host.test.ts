/** A host, whatever a page says. */
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { hostWorld } from './host.js';
import { protocolVersion } from './protocol.js';
import { messageBytes, waitingRequests } from './sizes.js';
import { socketPair } from './testing/channels.js';
import { script, start, useHostedWorld } from './testing/hosted_world.js';

const hosted = useHostedWorld();

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
  hostWorld(host, { ...hosted.options, ...(largest !== undefined && { messageBytes: largest }) });
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
    [
      'another version',
      { ...greeting, id: 5, protocol: 9 },
      5,
      new RegExp(`the page speaks version 9 .* version ${protocolVersion}`),
    ],
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

  test('samples nothing more for a page that does not read, and goes on when it does', async () => {
    let end!: { bufferedAmount: number };
    const remote = await hosted.connect(socketPair((there) => (end = there)));
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
    const other = await hosted.connect(socketPair());
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
