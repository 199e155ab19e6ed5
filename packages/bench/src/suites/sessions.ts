import { setTimeout as wait } from 'node:timers/promises';
import type { OpenExecutor, Session, WorldDevice } from '@snowglobe/runtime';
import {
  World,
  createNodeOnnxExecutor,
  createThreadedOnnxExecutor,
  createWebgpuExecutor,
  findWorld,
  readWorldFile,
} from '@snowglobe/runtime';
import { bytesInUse } from '../measure/memory.js';
import { sampleSideBySide, summarize } from '../measure/sampling.js';
import { sessionFamilies, shapeAtOnce, shapePaced, wantedRate } from '../record/sessions.js';
import type { BenchEntry } from '../record/types.js';
import type { SuiteContext, SuiteResult } from './options.js';

/** Sessions that ask for a frame at the same time. */
const counts = [1, 4, 16, 64] as const;
/** How long players who want frames at a pace are watched: when it is to be found out how many get them, and when that is said. */
const [watchedMs, saidMs] = [3000, 10_000];
/** What they get may be so much less than what they want: their first frame comes when it comes. */
const enough = 0.98;

/**
 * What sessions of a world cost when they are played together: frames of so many at once, and how many players get the frames that they
 * want, and when. On the CPU, and on an adapter that is hardware there.
 */
export async function sessionsSuite(context: SuiteContext): Promise<SuiteResult> {
  const { opened, reopen, chooseVariant, threads, worlds, filter, signal, onStart, onEntry } = context;
  const { engines, players } = context.sessions ?? {};
  const onAdapter = opened.description.kind === 'hardware';
  const open: OpenExecutor = async () =>
    onAdapter
      ? createWebgpuExecutor(await reopen(), chooseVariant ? { chooseVariant } : {})
      : createNodeOnnxExecutor({ threads });
  const each = Math.max(1, Math.floor(threads / (engines ?? 1)));
  const where =
    engines === undefined || onAdapter
      ? open
      : Array.from({ length: engines }, (_, i): WorldDevice => ({
          name: `onnx ${i + 1}`,
          open: async () => createThreadedOnnxExecutor({ threads: each }),
        }));
  const entries: BenchEntry[] = [];
  const measured = worlds.filter((world) => !filter || filter.test(`sessions ${world}`));
  for (const [index, name] of measured.entries()) {
    signal?.throwIfAborted();
    onStart?.(`sessions of ${name}`, index, measured.length);
    const world = await World.create(await readWorldFile(await findWorld(name)), name, where);
    try {
      for await (const entry of timeSessions(world, name, players, signal)) {
        entries.push(entry);
        onEntry?.(entry);
      }
    } finally {
      await world.close();
    }
  }
  const counted = (count: number): string => `${count} ${count === 1 ? 'thread' : 'threads'}`;
  const notes = onAdapter
    ? []
    : [
        engines === undefined
          ? `sessions: on the CPU, ${counted(threads)}.`
          : `sessions: on the CPU, engines in threads of their own: ${engines}, each of ${counted(each)}.`,
      ];
  return { entries, refused: [], notes: measured.length > 0 ? notes : [] };
}

async function* timeSessions(
  world: World,
  name: string,
  wanted: number | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<BenchEntry> {
  const variant = world.executor.kind;
  const common = { suite: 'sessions', dtype: 'f32', variant, choice: 'default', repeats: 1 } as const;
  const plays: Session[] = [];
  let most = 0;
  let before = 0;
  for (const count of counts) {
    const more = count - plays.length;
    while (plays.length < count) plays.push(await begin(world, plays.length));
    const run = (): Promise<unknown> => Promise.all(plays.map((play) => play.step(0)));
    const [samples] = await sampleSideBySide([{ name: `${count} sessions`, run }], {
      ...{ maxSeconds: 3, minSamples: 6, rounds: 1 },
      ...(signal && { signal }),
    });
    const { ms, median, spread } = samples!;
    const rate = (1000 * count) / median;
    most = Math.max(most, rate);
    const now = await bytesInUse();
    // With the first of them programs and room for the states of 64 come as well.
    const grown = count < counts.at(-1)! ? '' : `, ${memoryEach((now - before) / more, more, world)}`;
    before = now;
    yield {
      ...{ ...common, family: sessionFamilies.atOnce, shape: shapeAtOnce(name, count) },
      ...{ ms: median, spread, samples: [...ms] },
      note: `${rate.toFixed(1)} frames/s in sum${grown}`,
    };
  }
  // Sizes of runs that come about now and then would be compiled meanwhile.
  await world.prepare(plays.length);
  const ms = wanted === undefined ? watchedMs : saidMs;
  for (
    let players = wanted ?? Math.min(plays.length, Math.floor(most / wantedRate));
    players > 0;
    players--
  ) {
    signal?.throwIfAborted();
    const late = await watch(plays.slice(0, players), ms);
    if (late.length < enough * players * wantedRate * (ms / 1000)) continue;
    const { ms: samples, median, spread } = summarize(late);
    yield {
      ...{ ...common, family: sessionFamilies.paced, shape: shapePaced(name, players) },
      ...{ ms: median, spread, samples: [...samples] },
    };
    return;
  }
}

function begin(world: World, seed: number): Promise<Session> {
  const { width, height } = world.metadata.config;
  return world.start({ prompt: { width, height, data: new Uint8Array(width * height * 4).fill(128) }, seed });
}

const memoryEach = (bytes: number, more: number, { stats }: World): string =>
  `${(bytes / 1000).toFixed(0)} kB of memory for each of ${more} more beside its state of ${(stats.stateBytes / 1000).toFixed(0)} kB in the executor`;

/**
 * Lets players want frames by a clock, each at moments of its own, spread over the time between two frames.
 * @returns how long after it was wanted each frame came, in milliseconds, of those that came in time
 */
async function watch(plays: readonly Session[], ms: number): Promise<number[]> {
  const interval = 1000 / wantedRate;
  const started = performance.now();
  const late = plays.map(async (play, player) => {
    const own: number[] = [];
    for (let frame = 0; ; frame++) {
      const wanted = started + (frame + player / plays.length) * interval;
      if (wanted >= started + ms) return own;
      // A timer may ring before its time.
      while (performance.now() < wanted) await wait(Math.ceil(wanted - performance.now()));
      await play.step(0);
      const now = performance.now();
      if (now > started + ms + interval) return own;
      own.push(now - wanted);
    }
  });
  return (await Promise.all(late)).flat();
}
