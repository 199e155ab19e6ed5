import type { Executor } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import type { WorldFile } from '@snowglobe/model';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createNodeOnnxExecutor } from '../node/onnx.js';
import { createReferenceExecutor } from '../reference/reference.js';
import { devicesUnderTest } from '../testing/executors.js';
import { collectGarbage } from '../testing/garbage.js';
import { nextFrameWorld } from '../testing/next_frame_world.js';
import type { Notes } from '../testing/noting_executor.js';
import { notingExecutor } from '../testing/noting_executor.js';
import { Player, playedAlone, scripts } from '../testing/players.js';
import { createStirringExecutor } from '../testing/stirring_executor.js';
import { untrainedPatches } from '../testing/untrained_patches.js';
import { untrainedWorld } from '../testing/untrained_world.js';
import { createWebgpuExecutor } from '../webgpu/index.js';
import type { Frame } from './frame.js';
import type { Session } from './session.js';
import { World } from './world.js';

/** Frames that several sessions ask for at once are sampled together, and each session sees what it sees alone. */

const prompt = { width: 4, height: 4, data: Uint8Array.from({ length: 48 }, (_, i) => (i * 37) % 256) };

async function together(
  world: World,
  count: number,
): Promise<{ readonly plays: readonly Session[]; step(action?: string | number): Promise<Frame[]> }> {
  const plays = await Promise.all(
    Array.from({ length: count }, (_, i) => world.start({ prompt, seed: i, temperature: 1 })),
  );
  return { plays, step: (action = 0) => Promise.all(plays.map((play) => play.step(action))) };
}

interface Opened {
  readonly world: World;
  readonly notes: Notes;
}

async function noted(kind?: Executor['kind'], states = 64): Promise<Opened> {
  const file = untrainedWorld();
  const notes: Notes = { rows: [] };
  const world = await World.create(
    file,
    'test',
    async () => notingExecutor(createStirringExecutor(), notes, kind),
    { residentBytes: states * file.model.stateBytes() },
  );
  return { world, notes };
}

const pictures = (frames: readonly Frame[]): string[] => frames.map(({ index, rgba }) => `${index} ${rgba}`);

/** What the same sessions see one after the other. */
async function expected(count: number, steps: number): Promise<string[][]> {
  const { world } = await noted();
  const seen: string[][] = [];
  for (let i = 0; i < count; i++) {
    const play = await world.start({ prompt, seed: i, temperature: 1 });
    const own: Frame[] = [];
    for (let t = 0; t < steps; t++) own.push(await play.step(0));
    seen.push(pictures(own));
  }
  await world.close();
  return seen;
}

describe('steps that are asked for at once', () => {
  test('run as one, in powers of two on a CPU and with idle rows on a GPU', async () => {
    for (const [kind, count, runs] of [
      ['onnx', 8, [8]],
      ['onnx', 5, [4, 1]],
      ['onnx', 35, [16, 16, 2, 1]],
      ['webgpu', 5, [8]],
      ['webgpu', 64, [64]],
    ] as const) {
      const { world, notes } = await noted(kind);
      const { step } = await together(world, count);
      // Sizes are compiled when they are wanted for a second time.
      const seen = [await step(), await step(), await step()];
      notes.rows.length = 0;
      seen.push(await step());
      expect(notes.rows).toEqual(runs);
      const alone = await expected(count, 4);
      seen.forEach((frames, t) => expect(pictures(frames)).toEqual(alone.map((own) => own[t])));
      await world.close();
    }
  });

  test('wait while the device is busy, and then run together', async () => {
    const { world, notes } = await noted('onnx');
    const { plays, step } = await together(world, 5);
    for (let i = 0; i < 3; i++) await step();
    notes.rows.length = 0;
    let others: Promise<Frame[]> | undefined;
    notes.before = () => void (others ??= Promise.all(plays.slice(1).map((play) => play.step(0))));
    await plays[0]!.step(0);
    await others;
    expect(notes.rows).toEqual([1, 4]);
    await world.close();
  });

  test('of one session alone are those of a world without others', async () => {
    const { world, notes } = await noted('webgpu');
    const { step } = await together(world, 1);
    const seen = [await step(), await step()].map(pictures);
    expect(notes.rows).toEqual([1, 1]);
    expect(seen.flat()).toEqual((await expected(1, 2))[0]);
    await world.close();
  });

  test('are done by states that come and go where there is room for fewer', async () => {
    for (const room of [1, 3]) {
      const { world } = await noted('onnx', room);
      const { step } = await together(world, 7);
      const seen = [await step(), await step(), await step()];
      const alone = await expected(7, 3);
      seen.forEach((frames, t) => expect(pictures(frames)).toEqual(alone.map((own) => own[t])));
      await world.close();
    }
  });

  test('an unknown action or the end of one session is nothing to the others', async () => {
    const { world } = await noted('onnx');
    const { plays, step } = await together(world, 4);
    await step();
    const [a, b, c, d] = plays as [Session, Session, Session, Session];
    const results = await Promise.allSettled([a.step(0), b.step('fly'), c.step(0), d.close(), d.step(0)]);
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
      'rejected',
    ]);
    const alone = await expected(4, 3);
    const last = await Promise.all([a.step(0), b.step(0), c.step(0)]);
    expect(pictures(last)).toEqual([alone[0]![2], alone[1]![1], alone[2]![2]]);
    await world.close();
  });

  test('that fail together are tried one by one, and only the one that fails alone is told so', async () => {
    const { world, notes } = await noted('onnx');
    const { plays, step } = await together(world, 4);
    await step();
    let alone = 0;
    notes.before = (what, rows) => {
      if (what === 'run' && (rows > 1 || ++alone === 3)) throw new SnowglobeError('out of order');
    };
    const results = await Promise.allSettled(plays.map((play) => play.step(0)));
    delete notes.before;
    const told = results.filter(({ status }) => status === 'rejected');
    expect(told).toHaveLength(1);
    const failed = results.findIndex(({ status }) => status === 'rejected');
    const seen = pictures(await Promise.all(plays.map((play) => play.step(0))));
    expect(seen).toEqual((await expected(4, 3)).map((own, i) => own[i === failed ? 1 : 2]));
    await world.close();
  });

  test('are fewer at a time where so many have no room on the device', async () => {
    const { world, notes } = await noted('webgpu');
    notes.before = (what, rows) => {
      if (what === 'compile' && rows > 4) throw new SnowglobeError('no room');
    };
    const { step } = await together(world, 8);
    const seen = [await step(), await step()];
    notes.rows.length = 0;
    seen.push(await step());
    expect(notes.rows).toEqual([4, 4]);
    expect(pictures(seen[2]!)).toEqual((await expected(8, 3)).map((own) => own[2]));
    await world.close();
  });

  test('of worlds that cannot be apart run one after the other', async () => {
    const { dynamics } = untrainedWorld().model.config as unknown as { dynamics: { memory: number } };
    const lookback = { frames: 4, recent: 2, window: 6 };
    const file = untrainedWorld({ dynamics: { ...dynamics, memory: 7, lookback } });
    expect(file.model.stepsApart).toBe(false);
    const notes: Notes = { rows: [] };
    const world = await World.create(file, 'test', async () =>
      notingExecutor(createStirringExecutor(), notes),
    );
    const { step } = await together(world, 3);
    await step();
    expect(notes.rows).toEqual([1, 1, 1]);
    await world.close();
  });
});

/** Worlds whose pictures follow from whole numbers, so that they are the same bytes however rows are rounded. */
const cases: readonly (readonly [name: string, open: () => Executor, file: WorldFile, runs: number])[] = [
  ['the reference', createReferenceExecutor, untrainedPatches('map'), 2],
  ['onnx', () => createNodeOnnxExecutor({ threads: 1 }), untrainedPatches('map'), 4],
  ['onnx, by pose', () => createNodeOnnxExecutor({ threads: 1 }), untrainedPatches('pose'), 3],
];

test.each(cases)(
  'sessions that come and go see on %s what each sees alone',
  async (_, open, file, runs) => {
    const create = (): Promise<World> => World.create(file, 'test', async () => open());
    await fc.assert(
      fc.asyncProperty(
        scripts({ sessions: 8, requests: 4, steps: 4 }),
        fc.array(fc.nat(7), { minLength: 8, maxLength: 32 }),
        async (told, joins) => {
          const world = await create();
          const players = await Promise.all(
            told.map(async (script, i) => {
              // Some come when others have gone on for a while.
              for (let turn = 0; turn < joins[i]!; turn++)
                await new Promise((resolve) => setImmediate(resolve));
              const player = await Player.start(world, script);
              for (const each of script.requests) await player.request(each);
              await Promise.all(player.outcomes);
              return player;
            }),
          );
          const seen = await Promise.all(players.map(({ outcomes }) => Promise.all(outcomes)));
          await world.close();
          for (const [i, script] of told.entries())
            expect(seen[i]).toEqual(await playedAlone(script, create));
        },
      ),
      { numRuns: runs },
    );
  },
  120_000,
);

const long = process.env['SNOWGLOBE_LONG_TESTS'] === '1';

test.runIf(long)(
  'ten thousand steps of sessions that come and go take no more memory than two thousand',
  async () => {
    const world = await World.create(untrainedPatches('map'), 'test', async () =>
      createNodeOnnxExecutor({ threads: 1 }),
    );
    const plays = [...(await together(world, 8)).plays];
    const taken: number[] = [];
    for (let round = 0; round < 1250; round++) {
      await Promise.all(plays.map((play, i) => play.step(i % 6)));
      if (round % 25 === 24) {
        const leaves = Math.floor(round / 25) % plays.length;
        await plays[leaves]!.close();
        plays[leaves] = await world.start({ prompt, seed: round, temperature: 1 });
      }
      if (round === 249 || round === 1249) {
        collectGarbage();
        const { heapUsed, arrayBuffers } = process.memoryUsage();
        taken.push(heapUsed + arrayBuffers);
      }
    }
    expect(taken[1]! - taken[0]!).toBeLessThan(1e6);
    await world.close();
  },
  240_000,
);

test('three sessions on WebGPU see what each sees alone', async () => {
  const [device] = await devicesUnderTest();
  const file = nextFrameWorld();
  const world = await World.create(file, 'test', async () => createWebgpuExecutor(device!));
  const { plays, step } = await together(world, 3);
  const seen = [await step(0), await step(1), await step(2)];
  for (const [i, play] of plays.entries()) {
    const { rgba } = play.first;
    const picture = { width: file.metadata.config.width, height: file.metadata.config.height, data: rgba };
    const alone = await world.start({ prompt: picture, seed: i, temperature: 1 });
    for (const [t, frames] of seen.entries()) {
      const { rgba: own } = await alone.step(t);
      own.forEach((value, at) => expect(Math.abs(value - frames[i]!.rgba[at]!)).toBeLessThanOrEqual(1));
    }
  }
  await world.close();
}, 120_000);
