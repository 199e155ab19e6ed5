/** Sessions as files: they go on as if they had never been left, and what is no session is refused. */
import fc from 'fast-check';
import { encodeSafetensors, pixelsOf } from '@snowglobe/model/internal';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createNodeOnnxExecutor } from '../node/onnx.js';
import { untrainedWorld } from '../testing/untrained_world.js';
import { Timeline } from '../world/timeline.js';
import { World } from '../world/world.js';
import { decodeSession, encodeSession, restoreSession } from './saved.js';

const checksum = 'a'.repeat(64);
const prompt = {
  ...{ width: 8, height: 8 },
  data: Uint8Array.from({ length: 8 * 8 * 4 }, (_, i) => (i * 37) % 256),
};
const script = Array.from({ length: 24 }, (_, i) => ['right', 'left', 'up', 'none'][i % 4]!);
const executor = async () => createNodeOnnxExecutor({ threads: 1 });
let world: World;
beforeAll(async () => {
  world = await World.create(untrainedWorld(), 'test', executor, { checksum });
});
afterAll(() => world.close());

const begin = async (): Promise<Timeline> =>
  new Timeline(await world.start({ prompt, seed: 7, temperature: 1 }), { every: 8 });
const frames = async (timeline: Timeline, actions: readonly string[]): Promise<string[]> => {
  const seen: string[] = [];
  for (const action of actions) {
    const { index, rgba } = await timeline.step(action);
    seen.push(`${index} ${Buffer.from(rgba).toString('base64')}`);
  }
  return seen;
};

test('a session goes on from its file, and another one from any kept frame, as the first one did', async () => {
  const first = await begin();
  const whole = await frames(first, script);
  for (const at of [0, 5, 8, 13, 24]) {
    const bytes = await encodeSession(first.savedAt(at), checksum);
    const file = await decodeSession(bytes, 'walk.session');
    expect([file.world, file.snapshot.seed, file.steps.length]).toEqual([
      checksum,
      7,
      at === 24 ? 8 : at % 8,
    ]);
    const { timeline, frame } = await restoreSession(world, file);
    expect([frame.index, timeline.sampling]).toEqual([at, first.sampling]);
    expect(await frames(timeline, script.slice(at))).toEqual(whole.slice(at));
    await timeline.close();
  }
  expect(() => first.savedAt(25)).toThrow(/frame 25 is not kept; go back to one of 0 to 24/);
  const now = await encodeSession(await first.saved(), checksum);
  const { timeline } = await restoreSession(world, await decodeSession(now));
  expect([timeline.index, ...(await frames(timeline, ['up']))]).toEqual([
    24,
    ...(await frames(first, ['up'])),
  ]);
  // Of a session that has just begun, nothing but the prompt is kept.
  const fresh = await encodeSession(await (await begin()).saved(), checksum);
  expect(fresh.length).toBeLessThan(32 * 32 * 3 * 4 + 2000);
  expect(now.length).toBeGreaterThan(fresh.length);
});

test('integers and pictures of a state are kept whole, in as few bytes as they take', async () => {
  const { snapshot } = await (await begin()).saved();
  await fc.assert(
    fc.asyncProperty(
      fc.int32Array({ minLength: 1, maxLength: 40 }),
      fc.constantFrom(0xff, 0xffff, -1),
      fc.float32Array({ noNaN: true, noDefaultInfinity: true, minLength: 1, maxLength: 9 }),
      async (any, mask, floats) => {
        const numbers = any.map((value) => value & mask);
        const state = { numbers, floats };
        const bytes = await encodeSession({ snapshot: { ...snapshot, state }, steps: [] }, checksum);
        const read = (await decodeSession(bytes)).snapshot.state;
        expect(read['numbers'] ?? new Int32Array(numbers.length)).toEqual(numbers);
        expect(read['floats'] ?? floats.map(() => 0)).toEqual(
          floats.every((x) => x === 0) ? floats.map(() => 0) : floats,
        );
      },
    ),
    { numRuns: 200 },
  );
  const colours = Uint8Array.from({ length: 256 * 3 }, (_, i) => i & 0xff);
  const picture = {
    frame: pixelsOf(colours),
    other: pixelsOf(colours).map((x, i) => (i === 7 ? x + 1e-6 : x)),
  };
  const kept = await encodeSession({ snapshot: { ...snapshot, state: picture }, steps: [] }, checksum);
  expect((await decodeSession(kept)).snapshot.state).toEqual(picture);
  expect(kept.length).toBeLessThan(256 * 3 * 5 + 1000);
  const sizeOf = async (value: number): Promise<number> =>
    (
      await encodeSession(
        { snapshot: { ...snapshot, state: { map: new Int32Array(4000).fill(value) } }, steps: [] },
        checksum,
      )
    ).length;
  const [one, two, four] = [await sizeOf(255), await sizeOf(256), await sizeOf(65_536)];
  expect([Math.round((two - one) / 1000), Math.round((four - two) / 1000)]).toEqual([4, 8]);
});

test('what is no session of this world is refused with a sentence', async () => {
  const timeline = await begin();
  await timeline.step('right');
  const bytes = await encodeSession(await timeline.saved(), checksum);
  const other = await encodeSession(await timeline.saved(), 'b'.repeat(64));
  await expect(restoreSession(world, await decodeSession(other))).rejects.toThrow(
    'snapshot: it belongs to the world whose file has the SHA-256 bbbbbbbbbbbbbbbb…, and this one has aaaaaaaaaaaaaaaa…; open the world that it was saved in, in the same version.',
  );
  const textOf = (json: object): Uint8Array =>
    encodeSafetensors(new Map(), new Map([['snowglobe-session', JSON.stringify(json)]]));
  for (const [wrong, message] of [
    [new Uint8Array(3), /x: 3 bytes are too few/],
    [bytes.slice(0, -1), /x: .*cut short or damaged/],
    [
      bytes.with(bytes.length - 1, 7),
      /x: was damaged or changed after it was saved; use another copy of it\./,
    ],
    [encodeSafetensors(new Map(), new Map([['a', 'b']])), /x: is no saved session/],
    [
      textOf({ version: 3 }),
      /x: is a session of version 3, and this program reads versions 1 and 2; update Snowglobe/,
    ],
    [textOf({ version: 1 }), /x: is no saved session: the field 'world' is missing/],
  ] as const) {
    await expect(decodeSession(wrong, 'x')).rejects.toThrow(message);
  }
  const saved = await decodeSession(bytes);
  const bad = { ...saved, steps: [{ action: 'fly', told: undefined }] };
  await expect(restoreSession(world, bad)).rejects.toThrow(/no 'fly'/);
  const more = { ...saved, snapshot: { ...saved.snapshot, state: { 'play/x': new Float32Array(1) } } };
  await expect(restoreSession(world, more)).rejects.toThrow(/more than this world needs/);
});

test('no bytes do more than be refused', async () => {
  const timeline = await begin();
  await timeline.step('right');
  const bytes = await encodeSession(await timeline.saved(), checksum);
  const header = Number(new DataView(bytes.buffer).getBigUint64(0, true)) + 8;
  await fc.assert(
    fc.asyncProperty(
      // Most of what is wrong can be wrong in the header.
      fc.array(fc.tuple(fc.oneof(fc.nat(header), fc.nat(bytes.length - 1)), fc.nat(255)), { minLength: 1 }),
      fc.option(fc.nat(bytes.length)),
      async (changes, length) => {
        const changed = bytes.slice(0, length ?? bytes.length);
        for (const [at, value] of changes) if (at < changed.length) changed[at] = value;
        const read = await decodeSession(changed, 'x').catch((error: Error) => error);
        if (!(read instanceof Error)) expect(await encodeSession(read, read.world)).toEqual(bytes);
        else
          expect([read.name, read.message]).toEqual(['SnowglobeError', expect.stringMatching(/^x: .*\.$/s)]);
      },
    ),
    { numRuns: 200 },
  );
});
