/** A page, whatever the other side says. */
import { expect, test } from 'vitest';
import { RemoteWorld } from './client.js';
import { hostWorld } from './host.js';
import { portPair, socketPair } from './testing/channels.js';
import { start, useHostedWorld } from './testing/hosted_world.js';

const hosted = useHostedWorld();

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

test('a request that is passed over is told, not waited for', async () => {
  const [here, there] = portPair();
  hostWorld(there, hosted.options);
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

test('a session that is larger than the other side takes stays where it is', async () => {
  const [here, there] = socketPair();
  hostWorld(there, { ...hosted.options, messageBytes: 1000 });
  const remote = await RemoteWorld.connect(here, { world: 'tiny' });
  await remote.start(start);
  const snapshot = await remote.snapshot();
  await expect(remote.resume(snapshot)).rejects.toThrow(
    /resume: its .* are more than the 1\.0 kB of a message/,
  );
  expect((await remote.step('right')).index).toBe(1);
  remote.close();
});
