import { expect, test } from 'vitest';
import { portPair } from './testing/channels.js';
import { script, start, useHostedWorld } from './testing/hosted_world.js';

const hosted = useHostedWorld();
const chance = { ...start, temperature: 1 };

test('what would come is what a session shows that does it, and the session stays where it is', async () => {
  const remote = await hosted.connect(portPair());
  await remote.start(chance);
  const twin = await hosted.world.start(chance);
  for (const action of script.slice(0, 3)) {
    await remote.step(action);
    await twin.step(action);
  }
  const snapshot = await twin.snapshot();
  for (const [action, frames, temperature] of [
    ['jump', 5, undefined],
    [1, 2, undefined],
    ['right', 16, 1],
  ] as const) {
    const seen = await remote.lookAhead(action, { frames, temperature });
    const branch = await hosted.world.resume({ ...snapshot, temperature: temperature ?? 0 });
    expect(seen.map(({ index }) => index)).toEqual(Array.from({ length: frames }, (_, i) => 4 + i));
    for (const { rgba } of seen) expect([...rgba]).toEqual([...(await branch.step(action)).rgba]);
    await branch.close();
  }
  for (const action of script.slice(3)) {
    expect([...(await remote.step(action)).rgba]).toEqual([...(await twin.step(action)).rgba]);
  }
  expect([...(await remote.rewind(1)).rgba].length).toBe(32 * 32 * 4);
  remote.close();
});

test('what makes no sense is refused in a sentence, and nothing has changed', async () => {
  const remote = await hosted.connect(portPair());
  await expect(remote.lookAhead('jump')).rejects.toThrow(
    'session: nothing is being played; start with a prompt first.',
  );
  await remote.start(start);
  await expect(remote.lookAhead('fly')).rejects.toThrow(/knows no 'fly'/);
  await expect(remote.lookAhead(99)).rejects.toThrow(/99 is none of this world's/);
  await expect(remote.lookAhead('jump', { frames: 17 })).rejects.toThrow(/^ahead: the field 'frames'/);
  await expect(remote.lookAhead('jump', { frames: 0 })).rejects.toThrow(/^ahead: the field 'frames'/);
  await expect(remote.lookAhead('jump', { temperature: -1 })).rejects.toThrow(/temperature/);
  expect((await remote.step('jump')).index).toBe(1);
  remote.close();
});
