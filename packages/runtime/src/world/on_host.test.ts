import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Executor } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import { pixelsOf } from '@snowglobe/model/internal';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createNodeOnnxExecutor } from '../node/onnx.js';
import { notingExecutor } from '../testing/noting_executor.js';
import { Player, playedAlone, scripts } from '../testing/players.js';
import { createStirringExecutor } from '../testing/stirring_executor.js';
import { untrainedPatches } from '../testing/untrained_patches.js';
import { untrainedWorld } from '../testing/untrained_world.js';
import { HostPart } from './host_part.js';
import type { Session } from './session.js';
import { Timeline } from './timeline.js';
import { World } from './world.js';

/** Where an executor computes in the memory of the host, sessions have their states there once. */

const long = process.env['SNOWGLOBE_LONG_TESTS'] === '1';
const prompt = { width: 4, height: 4, data: Uint8Array.from({ length: 48 }, (_, i) => (i * 37) % 256) };
const start = { prompt, seed: 7, temperature: 1 };
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('sessions whose executor is closed by somebody at any moment see what each sees alone', async () => {
  const file = untrainedWorld();
  const create = (open: () => Executor, room = 64): Promise<World> =>
    World.create(file, 'test', async () => open(), { residentBytes: room * file.model.stateBytes() });
  await fc.assert(
    fc.asyncProperty(
      scripts({ sessions: 8, requests: 8, steps: 70 }),
      fc.integer({ min: 1, max: 9 }),
      // Turns until it is closed, each counted from the time before; fewer than what a request gives up at.
      fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 4 }),
      async (told, room, closings) => {
        let last!: Executor;
        const world = await create(() => (last = createStirringExecutor()), room);
        const closes = async (): Promise<void> => {
          for (const turns of closings) {
            for (let i = 0; i < turns; i++) await turn();
            await last.close();
          }
        };
        const plays = told.map(async (script) => {
          const player = await Player.start(world, script);
          for (const each of script.requests) {
            await player.request(each);
            await turn();
          }
          return Promise.all(player.outcomes);
        });
        const [seen] = await Promise.all([Promise.all(plays), closes()]);
        // It cannot close an executor that is closed and has not been missed.
        await world.close().catch(() => {});
        for (const [i, script] of told.entries())
          expect(seen[i]).toEqual(await playedAlone(script, () => create(createStirringExecutor)));
      },
    ),
    { numRuns: long ? 600 : 40 },
  );
}, 300_000);

test('a step that fails, and a way back that fails in the middle, have changed nothing', async () => {
  let failing = false;
  const notes = {
    rows: [] as number[],
    before(): void {
      if (failing) throw new SnowglobeError('out of order');
    },
  };
  const open = async (): Promise<Executor> => notingExecutor(createStirringExecutor(), notes);
  const world = await World.create(untrainedWorld(), 'test', open);
  const [timeline, expected] = [
    new Timeline(await world.start(start), { every: 4 }),
    await world.start(start),
  ];
  for (let i = 0; i < 7; i++)
    expect((await timeline.step('up')).rgba).toEqual((await expected.step('up')).rgba);
  failing = true;
  await expect(timeline.step('up')).rejects.toThrow('out of order');
  await expect(timeline.rewind(6)).rejects.toThrow('out of order');
  failing = false;
  expect(timeline.index).toBe(7);
  expect((await timeline.step('left')).rgba).toEqual((await expected.step('left')).rgba);
  await world.close();
});

test('what the host keeps beside an engine comes back as it was, pictures of bytes too', () => {
  const picture = pixelsOf(Uint8Array.from({ length: 3072 }, (_, i) => (i * 7) % 256));
  const numbers = Float32Array.from({ length: 3072 }, (_, i) => i / 7);
  const part = HostPart.of(
    new Map([
      ['start/frame', picture],
      ['start/numbers', numbers],
      ['play/frame', numbers],
    ]),
  );
  expect([...part.state()]).toEqual([
    ['start/frame', picture],
    ['start/numbers', numbers],
  ]);
});

test('a session takes little memory beside its state', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const world = await World.create(untrainedPatches('map'), 'test', async () =>
    createNodeOnnxExecutor({ threads: 1 }),
  );
  const plays: Session[] = [];
  const taken: number[] = [];
  for (const count of [16, 48]) {
    while (plays.length < count) plays.push(await world.start({ ...start, seed: plays.length }));
    for (let i = 0; i < 3; i++) await Promise.all(plays.map((play) => play.step(0)));
    for (let i = 0; i < 3; i++) {
      collect();
      await turn();
    }
    // States of 64 have room in the engine from the ninth session on.
    taken.push(process.memoryUsage().arrayBuffers);
  }
  const { stateBytes } = world.stats;
  const picture = plays[0]!.first.rgba.byteLength;
  expect((taken[1]! - taken[0]!) / 32).toBeLessThan(2 * picture + stateBytes / 4);
  await world.close();
});
