import { SnowglobeError } from '@snowglobe/graph';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createReferenceExecutor } from '../reference/reference.js';
import { openExecutor } from './node/open_executor.js';
import { openWorld } from './node/open_world.js';
import { untrainedWorld } from '../testing/untrained_world.js';
import type { StartOptions } from './start_options.js';
import { Timeline } from './timeline.js';
import { World } from './world.js';

const prompt = { width: 4, height: 4, data: new Uint8Array(64).fill(128) };
const own = { temperature: 0.5, confidenceThreshold: 0.25 };

let world: World;
beforeAll(async () => {
  const untrained = untrainedWorld();
  const file = {
    ...untrained,
    metadata: { ...untrained.metadata, play: { temperature: 0.5, certainty: 0.25 } },
  };
  world = await World.create(file, 'test', async () => createReferenceExecutor());
});
afterAll(() => world.close());

/** What it rejects with; a function that throws at once, or an error that is no sentence, fails the test. */
async function refusal(begin: () => Promise<unknown>): Promise<string | undefined> {
  const begun = begin();
  expect(begun).toBeInstanceOf(Promise);
  const error: unknown = await begun.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error === undefined) return undefined;
  expect(error).toBeInstanceOf(SnowglobeError);
  return (error as SnowglobeError).message;
}
const start = (options: unknown): Promise<string | undefined> =>
  refusal(() => world.start(options as StartOptions));

describe('the options of a session', () => {
  test('undefined is as leaving an option out: what the world says', async () => {
    const left = { seed: undefined, temperature: undefined, confidenceThreshold: undefined };
    expect((await world.start({ prompt, ...left })).sampling).toEqual({ seed: 0, ...own });
    expect((await world.start({ prompt, seed: 3, temperature: 0, confidenceThreshold: 1 })).sampling).toEqual(
      {
        ...{ seed: 3, temperature: 0, confidenceThreshold: 1 },
      },
    );
  });

  test.each([
    [null, 'start: its options are null; pass an object.'],
    [undefined, 'start: its options are undefined; pass an object.'],
    [{ prompt, temperature: null }, /temperature null is no number; use 0 to 100/],
    [{ prompt, temperature: '0.5' }, /temperature "0.5" is no number/],
    [{ prompt, temperature: -1 }, /temperature -1 is out of range; use 0 to 100, usually 0 to 1\.$/],
    [{ prompt, confidenceThreshold: 1.01 }, /confidenceThreshold 1.01 is out of range; use 0 to 1/],
    [{ prompt, confidenceThreshold: NaN }, /confidenceThreshold NaN/],
    [{ prompt, seed: 1.5 }, /seed 1.5 is not an integer of -2147483648 to 2147483648/],
    [{ prompt, seed: 1n }, /seed 1 is not/],
    [{ prompt: undefined }, /prompt: undefined is no picture; pass one as \{ width, height, data \}/],
    [{ prompt: 'a.png' }, /prompt: "a.png" is no picture/],
    [{ prompt: { ...prompt, width: '4' } }, /prompt: its size "4" by 4 is not in whole pixels/],
    [{ prompt: { ...prompt, height: 4.5 } }, /size 4 by 4.5/],
    [{ prompt: { ...prompt, width: 0 } }, /prompt is 0x4 pixels: there is nothing to see/],
    [
      { prompt: { width: 20_000, height: 20_000, data: prompt.data } },
      /more than the limit of 64 megapixels/,
    ],
    [
      { prompt: { ...prompt, data: new Float32Array(64) } },
      /its data is a Float32Array; pass bytes of 0 to 255/,
    ],
    [{ prompt: { ...prompt, data: [...prompt.data] } }, /its data is a Array/],
    [
      { prompt: { ...prompt, data: prompt.data.slice(1) } },
      /63 bytes do not fill 4x4 pixels; RGB takes 48, RGBA 64/,
    ],
  ])('%# are refused in a sentence', async (options, message) => {
    expect(await start(options)).toMatch(message);
  });

  test('a picture may be ImageData, whose properties are accessors', async () => {
    class ImageData {
      get width() {
        return 4;
      }
      get height() {
        return 4;
      }
      get data() {
        return new Uint8ClampedArray(64).map((_, i) => (i % 4 === 3 ? 255 : 200));
      }
    }
    const session = await world.start({ prompt: new ImageData() });
    expect(session.first.rgba[0]).toBe(200);
  });

  test('whatever is passed, a session begins with numbers in their range, or a sentence says why not', async () => {
    const anything = fc.oneof({ weight: 1, arbitrary: fc.anything() }, { weight: 1, arbitrary: fc.double() });
    const options = fc.record(
      { seed: anything, temperature: anything, confidenceThreshold: anything, prompt: fc.constant(prompt) },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(fc.oneof(options, fc.anything()), async (given) => {
        const refused = await start(given);
        if (refused !== undefined) {
          expect(refused).toMatch(/^(start|prompt)\b.*[;:] /s);
          return;
        }
        const { sampling } = await world.start(given as StartOptions);
        expect(Number.isInteger(sampling.seed)).toBe(true);
        expect(sampling.temperature).toSatisfy((value: number) => value >= 0 && value <= 100);
        expect(sampling.confidenceThreshold).toSatisfy((value: number) => value >= 0 && value <= 1);
      }),
      { numRuns: 300 },
    );
  });
});

test('snapshots that are changed after they were taken, or given back, change no session', async () => {
  const session = await world.start({ prompt });
  await session.step('right');
  const snapshot = await session.snapshot();
  const expected = (await session.step('right', { codes: true })).codes;
  await session.restore(snapshot);
  for (const values of Object.values(snapshot.state)) values.fill(0);
  expect((await session.step('right', { codes: true })).codes).toEqual(expected);
});

test('snapshots with another way to sample than there is are refused', async () => {
  const snapshot = await (await world.start({ prompt })).snapshot();
  expect(await refusal(() => world.resume({ ...snapshot, temperature: NaN }))).toMatch(
    /^snapshot: temperature/,
  );
  expect(await refusal(() => world.resume({ ...snapshot, seed: undefined as never }))).toMatch(
    /^snapshot: seed/,
  );
  expect(await refusal(() => world.resume(null as never))).toMatch(/^snapshot:/);
});

test('other options are checked in the same way, before anything is opened', async () => {
  const session = await world.start({ prompt });
  expect(await refusal(() => session.step('right', { codes: 1 as never }))).toMatch(
    'step: codes 1 is neither true nor false',
  );
  expect(await refusal(() => session.step('right', null as never))).toMatch('step: its options are null');
  expect(() => new Timeline(session, { every: 0 })).toThrow(/timeline: every 0 is not an integer/);
  expect(() => new Timeline(session, { most: NaN })).toThrow(/most NaN/);
  expect(await refusal(() => openExecutor({ executor: 'wgpu' as never }))).toMatch(
    'executor: executor "wgpu" is not known; use one of auto, webgpu, onnx, reference.',
  );
  expect(await refusal(() => openExecutor({ threads: 0 }))).toMatch(/threads 0 is not an integer of 1 to/);
  expect(await refusal(() => openWorld('nowhere', { precision: 'f8' as never }))).toMatch(/precision "f8"/);
  const left = { executor: 'onnx', device: undefined, threads: undefined, precision: undefined } as const;
  const executor = await openExecutor(left);
  expect(executor.kind).toBe('onnx');
  await executor.close();
});
