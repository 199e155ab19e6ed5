/** A session whose places come and go: its player notices nothing but the time that it takes. */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { expect, test } from 'vitest';
import { SessionKeeper } from '../sessions/keeper.js';
import { createMemoryStore } from '../sessions/memory.js';
import type { Channel } from './channel.js';
import { hostWorld } from './host.js';
import type { RemoteSessionOptions } from './remote_session.js';
import { RemoteSession } from './remote_session.js';
import { portPair } from './testing/channels.js';
import { executors, start, useHostedWorld } from './testing/hosted_world.js';

const hosted = useHostedWorld();

/** Places on this machine that can be ended, or fall silent. */
function places(keeper?: SessionKeeper) {
  let there: Channel | undefined;
  let host: ReturnType<typeof hostWorld> | undefined;
  let isSilent = false;
  const { world } = hosted;
  const open = async () => ({ world, executors, release: async () => {} });
  return {
    opened: 0,
    connect() {
      this.opened++;
      isSilent = false;
      const [here, other] = portPair();
      there = other;
      const dumb: Channel = { ...other, send: (message) => !isSilent && other.send(message) };
      host = hostWorld(dumb, { open, ...(keeper && { keeper }) });
      return here;
    },
    cut: () => there!.close('cut'),
    silence: () => void (isSilent = true),
    leave: () => host!.leave(),
  };
}

const key = ({ index, codes }: { readonly index: number; readonly codes?: Int32Array }): string =>
  `${index} ${codes?.join()}`;

async function walkAlone(actions: readonly string[]): Promise<string[]> {
  const alone = await hosted.world.start({ ...start, temperature: 1 });
  const walk: string[] = [];
  for (const action of actions) walk.push(key(await alone.step(action, { codes: true })));
  await alone.close();
  return walk;
}

test.each([
  ['held by its player alone', false],
  ['kept by a store', true],
])('a session that is %s loses no frame, and doubles none, when its place goes', async (_, isKept) => {
  const random = xoroshiro128plus(isKept ? 5 : 6);
  const pick = (n: number): number => Math.floor(uniformFloat64(random) * n);
  const actions = Array.from({ length: 160 }, () => ['right', 'left', 'up', 'none'][pick(4)]!);
  const store = createMemoryStore();
  const place = places(isKept ? new SessionKeeper(store, { every: 30 }) : undefined);
  const recovered: number[] = [];
  const session = await RemoteSession.open({
    ...{ world: 'tiny', copyEvery: 20, silenceMs: 300 },
    connect: () => place.connect(),
    listeners: { onRecovered: (ms) => recovered.push(ms) },
  });
  await session.start({ ...start, temperature: 1 });
  const seen: string[] = [];
  for (let at = 0; at < actions.length;) {
    // Some at once, some one by one; a place goes before, between or after answers.
    const asked = actions.slice(at, at + 1 + pick(12)).map((action) => session.step(action, { codes: true }));
    at += asked.length;
    if (pick(2) === 0) {
      await asked[pick(asked.length)];
      [place.cut, place.silence, place.leave, place.cut][pick(4)]!();
    }
    for (const frame of await Promise.all(asked)) seen.push(key(frame));
  }
  expect(seen).toEqual(await walkAlone(actions));
  expect(recovered.length).toBeGreaterThan(3);
  expect(place.opened).toBeGreaterThan(recovered.length);

  // What was gone back beyond is not done again.
  const back = await session.rewind(150);
  place.cut();
  expect(key(await session.step(actions[150]!, { codes: true }))).toBe(seen[150]);
  expect(back.index).toBe(150);
  session.close();
  await expect(session.step('right')).rejects.toThrow('session: it was closed; connect anew.');
});

test('who finds no place is told after a while, and what is refused is refused once', async () => {
  const place = places();
  let isGone = false;
  const options: RemoteSessionOptions = {
    ...{ world: 'tiny', patienceMs: 200 },
    connect() {
      if (isGone) throw new Error('nobody answers');
      return place.connect();
    },
  };
  const session = await RemoteSession.open(options);
  await session.start(start);
  await expect(session.step('fly')).rejects.toThrow(/no 'fly'/);
  expect((await session.step('right')).index).toBe(1);
  isGone = true;
  place.cut();
  await expect(session.step('right')).rejects.toThrow(
    'session: no place went on with it within 0.2 s (the last said: nobody answers); connect anew when one can be reached.',
  );
  await expect(RemoteSession.open(options)).rejects.toThrow(/nobody answers/);
});
