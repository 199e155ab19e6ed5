/**
 * Sessions that a player recorded, whatever was done in them, are rendered from their replays as files: bit for bit on the executor that made them,
 * and code for code on the others, where nothing is left to chance.
 */
import type { WorldFile } from '@snowglobe/model';
import type { Frame, OpenExecutor, Replay } from '@snowglobe/runtime';
import {
  World,
  createNodeOnnxExecutor,
  createReferenceExecutor,
  createWebgpuExecutor,
  decodeReplay,
  encodeReplay,
  findWorld,
  openBestDevice,
  readWorldFile,
} from '@snowglobe/runtime';
import { eventfulPatches, untrainedPatches, untrainedWorld } from '@snowglobe/runtime/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createPlayer } from './create_player.js';

const isLong = process.env['SNOWGLOBE_LONG_TESTS'] === '1';

const executors = {
  reference: async () => createReferenceExecutor(),
  onnx: async () => createNodeOnnxExecutor({ threads: 1 }),
  webgpu: async () => createWebgpuExecutor((await openBestDevice()).opened!),
} satisfies Record<string, OpenExecutor>;
type Kind = keyof typeof executors;
const all = ['reference', 'onnx', 'webgpu'] as const;

interface Case {
  readonly name: string;
  readonly file: () => WorldFile | Promise<WorldFile>;
  readonly kinds: readonly Kind[];
  /** In CI, and in the long tests: 500 of all worlds. */
  readonly sessions: readonly [short: number, long: number];
  readonly isTold?: true;
  /** What is done in a session, from so many things to so many; default 8 to 24. */
  readonly deeds?: readonly [least: number, most: number];
}

const shipped = async (): Promise<WorldFile> => readWorldFile(await findWorld('factory-int4'));
const cases: readonly Case[] = [
  { name: 'a world without a map', file: () => untrainedWorld(), kinds: all, sessions: [8, 160] },
  { name: 'a world with a map', file: () => untrainedPatches('map'), kinds: all, sessions: [0, 100] },
  { name: 'a world by pose', file: () => untrainedPatches('pose'), kinds: all, sessions: [0, 100] },
  { name: 'a world of events', file: () => eventfulPatches(), kinds: all, sessions: [8, 110], isTold: true },
  {
    ...{ name: 'a shipped world', file: shipped, kinds: ['onnx', 'webgpu'], sessions: [0, 30], isTold: true },
    // On a software adapter a frame of it takes most of a second.
    deeds: [5, 10],
  },
];

type Deed =
  | { readonly what: 'step' | 'tell'; readonly which: number }
  /** How far, as a share of the frames that there are. */
  | { readonly what: 'back'; readonly share: number };

const which = fc.nat(99);
const deed: fc.Arbitrary<Deed> = fc.oneof(
  { arbitrary: fc.record({ what: fc.constant('step' as const), which }), weight: 12 },
  { arbitrary: fc.record({ what: fc.constant('tell' as const), which }), weight: 1 },
  {
    arbitrary: fc.record({
      what: fc.constant('back' as const),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    weight: 1,
  },
);
const prompt = fc
  .record({ width: fc.integer({ min: 1, max: 12 }), height: fc.integer({ min: 1, max: 12 }) })
  .chain(({ width, height }) =>
    fc
      .uint8Array({ minLength: width * height * 4, maxLength: width * height * 4 })
      .map((data) => ({ width, height, data })),
  );
const sessionOf = ([minLength, maxLength]: readonly [number, number]) =>
  fc.record({
    ...{ deeds: fc.array(deed, { minLength, maxLength, size: 'max' }), prompt },
    seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    temperature: fc.constantFrom(0, 0, 0.5, 1),
    maker: which,
  });

/** Plays by hand, and keeps the replay as a file. */
async function record(
  world: World,
  begin: Pick<Replay, 'prompt' | 'seed' | 'temperature'>,
  done: readonly Deed[],
): Promise<{ readonly file: string; readonly frames: readonly Frame[] }> {
  const player = await createPlayer({ ...begin, world, clock: 'manual' });
  for (const deed of done) {
    if (deed.what === 'back') await player.goTo(Math.floor(deed.share * player.index));
    else if (deed.what === 'step') await player.step(at(world.actions.names, deed.which));
    else if (world.events.length > 0) player.tell(at(world.events, deed.which));
  }
  const { frames } = player;
  const file = encodeReplay(player.replay());
  player.destroy();
  return { file, frames };
}

const at = (names: readonly string[], which: number): string => names[which % names.length]!;

/** Does again what a replay says. */
async function render(world: World, { actions, told = [], ...begin }: Replay): Promise<Frame[]> {
  const play = await world.start(begin);
  const frames = [];
  const tellings = new Map(told);
  for (const [i, action] of actions.entries()) {
    frames.push(await play.step(action, { codes: true, tell: tellings.get(i) }));
  }
  await play.close();
  return frames;
}

test.each(cases.filter(({ sessions }) => sessions[isLong ? 1 : 0] > 0))(
  'recorded sessions of $name are rendered again',
  async ({ name, file, kinds, sessions, isTold, deeds = [8, 24] }) => {
    const worldFile = await file();
    const worlds = new Map<Kind, World>();
    for (const kind of kinds) worlds.set(kind, await World.create(worldFile, 'w', executors[kind]));
    const seen = { frames: 0, told: 0, wound: 0, elsewhere: 0 };
    try {
      await fc.assert(
        fc.asyncProperty(sessionOf(deeds), async ({ deeds: done, maker, ...begin }) => {
          const kind = kinds[maker % kinds.length]!;
          const { file: kept, frames } = await record(worlds.get(kind)!, begin, done);
          const replay = decodeReplay(kept, 'the replay');
          const shown = frames.slice(1);
          expect(replay.actions).toHaveLength(shown.length);
          const again = await render(worlds.get(kind)!, replay);
          expect(again.map(({ rgba }) => rgba)).toEqual(shown.map(({ rgba }) => rgba));
          for (const [other, world] of worlds) {
            if (other === kind || begin.temperature > 0) continue;
            const elsewhere = await render(world, replay);
            expect(elsewhere.map(({ codes }) => codes)).toEqual(again.map(({ codes }) => codes));
            seen.elsewhere += elsewhere.length;
          }
          seen.frames += shown.length;
          seen.told += replay.told?.length ?? 0;
          seen.wound += done.filter(({ what }) => what === 'step').length - shown.length;
        }),
        { numRuns: sessions[isLong ? 1 : 0], ...(!isLong && { seed: 20 }) },
      );
    } finally {
      for (const world of worlds.values()) await world.close();
    }
    if (isLong) console.log(`${name}: ${JSON.stringify(seen)}`);
    expect(seen.frames).toBeGreaterThan(3 * sessions[isLong ? 1 : 0]);
    expect(seen.wound).toBeGreaterThan(0);
    expect(seen.elsewhere).toBeGreaterThan(0);
    expect(seen.told > 0).toBe(isTold === true);
  },
  isLong ? 3_600_000 : 180_000,
);
