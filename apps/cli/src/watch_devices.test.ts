import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { Result } from './command.js';
import { devicesText, watchDevices } from './watch_devices.js';

const device = {
  ...{
    name: 'onnx',
    why: '',
    device: 'ONNX Runtime cpu, 1 thread',
    state: 'open' as const,
    kind: 'onnx' as const,
  },
  frameTimes: [
    { rows: 1, ms: 6.04 },
    { rows: 8, ms: 31.6 },
  ],
  ...{ interactive: 3, batch: 0, states: 3, mostStates: 64, losses: 0, departures: 0 },
  ...{ slowdown: 1.25, load: 0.4, framesPerSecond: 71.7, stateBytes: 100_000, weightBytes: 1_000_000 },
};
const lost = {
  ...{ ...device, name: 'gpu', device: '', state: 'lost' as const, why: 'it went.', kind: undefined },
  ...{
    frameTimes: [],
    interactive: 0,
    states: 0,
    mostStates: 0,
    losses: 2,
    departures: 5,
    framesPerSecond: 0,
  },
};
const served = { worlds: [{ world: 'crafter', devices: [device, { ...lost, batch: 1 }] }] };

const ends: (() => void)[] = [];
afterEach(() => ends.splice(0).forEach((end) => end()));

async function answering(...answers: readonly (object | string)[]): Promise<URL> {
  let asked = 0;
  const server = createServer((request, response) => {
    if (request.url !== '/devices') return response.writeHead(404).end();
    const answer = answers[Math.min(asked++, answers.length - 1)];
    return response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => server.close());
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

test('what devices do is a row each', () => {
  const text = devicesText(served);
  expect(text).toMatch(/^crafter\n {2}device +state +sessions/);
  expect(text).toMatch(
    /^ {2}onnx \(ONNX Runtime cpu, 1 thread\) +open +3 +72 +40 % +1: 6\.0, 8: 32 +x 1\.3 +3 of 64 states, 1\.3 MB +0 +0$/m,
  );
  expect(text).toMatch(/^ {2}gpu +lost: it went\. +0 \+ 1 batch +0\.0 .* not measured .* 2 +5$/m);
  expect(devicesText({ worlds: [] })).toMatch(/^No world is open yet/);
});

test('a server is asked again and again until it is enough', async () => {
  const server = await answering(served, { worlds: [] }, served);
  const stop = new AbortController();
  const seen: Result[] = [];
  await watchDevices(server, {
    answer: async (result) => {
      seen.push(result);
      if (seen.length === 3) stop.abort();
    },
    ...{ signal: stop.signal, redraws: true },
  });
  expect(seen.map(({ json }) => json)).toEqual(
    [served, { worlds: [] }, served].map((each) => JSON.parse(JSON.stringify(each)) as object),
  );
  expect(seen[2]!.text.startsWith('\u001B[H\u001B[J')).toBe(true);
});

test('what does not answer, or answers something else, is told in a sentence', async () => {
  const watch = (server: URL): Promise<void> =>
    watchDevices(server, { answer: async () => {}, signal: new AbortController().signal, redraws: false });
  const answers = [
    { worlds: [{}] },
    'hello',
    { worlds: [{ world: 'a', devices: [{ ...device, load: -1 }] }] },
  ];
  for (const answer of answers) {
    await expect(watch(await answering(answer))).rejects.toThrow(
      /^devices: http:.*\/devices (answers something else|does not answer)/,
    );
  }
  const server = await answering(served);
  await expect(watch(new URL('elsewhere', server))).rejects.toThrow(
    /elsewhere\/devices does not answer \(status 404\)/,
  );
  await expect(watch(new URL('http://127.0.0.1:1'))).rejects.toThrow(
    /start snowglobe serve or play there, or give another address\.$/,
  );
});
