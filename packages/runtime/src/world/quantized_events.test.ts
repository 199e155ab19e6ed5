/** The world that comes along with events, and its form in 4 bits: what they are told shows in both alike. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { decodeImage } from '@snowglobe/media';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openWorld } from './node/open_world.js';
import type { World } from './world.js';

const promptOf = (n: number) => {
  const path = fileURLToPath(new URL(`../../worlds/prompts/factory-${n}.png`, import.meta.url));
  return decodeImage(readFileSync(path), path);
};
const options = { executor: 'onnx', threads: 1 } as const;

let [float, int4]: World[] = [];
beforeAll(async () => {
  [float, int4] = [await openWorld('factory', options), await openWorld('factory-int4', options)];
});
afterAll(async () => {
  await float!.close();
  await int4!.close();
});

/** Codes of frame 3, in which a world is told something, and of the two after it; the likeliest ones. */
async function walk(world: World, prompt: number, tell?: string): Promise<number[][]> {
  const session = await world.start({ prompt: promptOf(prompt), temperature: 0 });
  for (const action of ['left', 'none']) await session.step(action);
  const codes = [[...(await session.step('none', { codes: true, tell })).codes!]];
  for (const action of ['right', 'down'])
    codes.push([...(await session.step(action, { codes: true })).codes!]);
  await session.close();
  return codes;
}
const differing = (a: readonly number[], b: readonly number[]): number =>
  a.filter((code, cell) => code !== b[cell]).length;
/** The chute shows which parcel comes next, one of several kinds by chance: none of them is much likelier than the others. */
const chute = 16;
const changes = (told: readonly number[], untold: readonly number[]): boolean =>
  told.some((code, cell) => cell !== chute && code !== untold[cell]);

test('in 4 bits it knows the same events, and each shows where it shows in floats: of the cells less than 1 % differ', async () => {
  expect(int4!.events).toEqual(float!.events);
  expect(int4!.events).toContain('night falls');
  let [cells, others, shown, events] = [0, 0, 0, 0];
  for (const prompt of [2, 4, 6]) {
    const untold = [await walk(float!, prompt), await walk(int4!, prompt)] as const;
    for (const event of int4!.events) {
      const told = [await walk(float!, prompt, event), await walk(int4!, prompt, event)] as const;
      const [inFloats, inFew] = told.map((frames, i) => changes(frames[0]!, untold[i]![0]!));
      expect(inFew, `prompt ${prompt}: '${event}' shows in 4 bits`).toBe(inFloats);
      events++;
      shown += Number(inFloats);
      told[0].forEach((frame, t) => (others += differing(frame, told[1][t]!)));
      cells += told[0].flat().length;
    }
  }
  // Some cannot happen as things are: a belt that runs does not start.
  expect(shown).toBeGreaterThan(events * 0.6);
  expect(others / cells).toBeLessThan(0.01);
});

test('its codes are the same by reference loops and by ONNX Runtime', async () => {
  const reference = await openWorld('factory-int4', { executor: 'reference' });
  const codes = await Promise.all(
    [reference, int4!].map(async (world) => {
      const session = await world.start({ prompt: promptOf(4), temperature: 0 });
      await session.step('left');
      const { codes: told, told: event } = await session.step('none', { codes: true, tell: 'night falls' });
      return { told: [...told!], event };
    }),
  );
  await reference.close();
  expect(codes[0]).toEqual(codes[1]);
  expect(codes[0]!.event).toBe('night falls');
});
