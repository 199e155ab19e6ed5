import type { Executor } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DeviceCall } from '../testing/lossy_executor.js';
import { LossyExecutor } from '../testing/lossy_executor.js';
import { createStirringExecutor } from '../testing/stirring_executor.js';
import { untrainedWorld } from '../testing/untrained_world.js';
import type { Frame } from './frame.js';
import { Timeline } from './timeline.js';
import { World } from './world.js';

/**
 * Sessions on three devices that fail at random moments, in all the ways in which devices fail: each session must see exactly what it
 * sees when it is played alone, no frame lost, doubled or another one.
 */
const long = process.env['SNOWGLOBE_LONG_TESTS'] === '1';
const file = untrainedWorld();
const prompt = { width: 4, height: 4, data: Uint8Array.from({ length: 48 }, (_, i) => (i * 37) % 256) };
const actions = ['right', 'left', 'none', 'up'];

/** Lost before a call or in it, without memory for it, or never heard of again. */
const kinds = ['lost', 'killed', 'out of memory', 'hung'] as const;
type Kind = (typeof kinds)[number];
interface Fault {
  readonly kind: Kind;
  /** Calls after the fault before. */
  readonly after: number;
}

const struck: Record<Kind, number> = { lost: 0, killed: 0, 'out of memory': 0, hung: 0 };

/** Executors among whose calls, of all of them together, some fail. */
function faultyExecutors(faults: readonly Fault[]) {
  const waiting = [...faults];
  let calls = 0;
  let opened = 0;
  const strikes = (...wanted: readonly Kind[]): Kind | undefined => {
    const [next] = waiting;
    if (!next || calls < next.after || !wanted.includes(next.kind)) return undefined;
    waiting.shift();
    calls = 0;
    struck[next.kind]++;
    return next.kind;
  };
  const breaks = (_: DeviceCall, isDone: boolean): boolean => {
    calls++;
    if (isDone) return strikes('killed') !== undefined;
    const kind = strikes('lost', 'out of memory');
    if (kind === 'out of memory') throw new SnowglobeError('device: it is out of memory.');
    return kind === 'lost';
  };
  // Only what is run or read is watched.
  const hangs = (call: DeviceCall): boolean => call !== 'compile' && strikes('hung') !== undefined;
  return {
    open: async (): Promise<Executor> =>
      new LossyExecutor(createStirringExecutor(), `fragile ${++opened}`, breaks, hangs),
  };
}

/** Asks until it is given: what was refused has changed nothing. */
async function insist<T>(session: Pick<Timeline, 'index'>, ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    const before = session.index;
    try {
      return await ask();
    } catch (error) {
      expect(String(error)).toMatch(/^SnowglobeError: .*(out of memory|was lost|was given up)/);
      expect([session.index, tries < 30]).toEqual([before, true]);
    }
  }
}

interface Walk {
  readonly seed: number;
  readonly priority: 'interactive' | 'batch';
  /** Frames, between which it goes back by so many. */
  readonly legs: readonly { readonly frames: number; readonly back: number }[];
}

async function walked(world: World, { seed, priority, legs }: Walk): Promise<string[]> {
  const seen: string[] = [];
  const note = ({ index, rgba }: Frame): void => void seen.push(`${index} ${rgba.slice(0, 24).join()}`);
  const timeline = new Timeline(await world.start({ prompt, seed, temperature: 1, priority }), { every: 5 });
  for (const { frames, back } of legs) {
    for (let i = 0; i < frames; i++) {
      note(await insist(timeline, () => timeline.step(actions[(seed + i) % 4]!)));
    }
    const { index, state } = await insist(timeline, () => timeline.snapshot());
    seen.push(`snapshot ${index} ${Object.values(state).map((values) => values.slice(0, 9).join())}`);
    const to = Math.max(timeline.oldest, timeline.index - back);
    note(await insist(timeline, () => timeline.rewind(to)));
  }
  await timeline.close();
  return seen;
}

const walks = fc.array(
  fc.record({
    seed: fc.integer({ min: 0, max: 99 }),
    priority: fc.constantFrom('interactive' as const, 'batch' as const),
    legs: fc.array(fc.record({ frames: fc.integer({ min: 1, max: 30 }), back: fc.nat(9) }), {
      ...{ minLength: 1, maxLength: 4 },
    }),
  }),
  { minLength: 2, maxLength: 7 },
);
const faults = fc.array(
  fc.record({ kind: fc.constantFrom(...kinds), after: fc.integer({ min: 0, max: 60 }) }),
  { minLength: 3, maxLength: 12 },
);

test('devices that fail in whatever way, one after the other, change nothing that is seen', async () => {
  await fc.assert(
    fc.asyncProperty(walks, faults, fc.integer({ min: 1, max: 4 }), async (told, planned, room) => {
      const alone = await Promise.all(
        told.map(async (walk) => {
          const world = await World.create(file, 'test', async () => createStirringExecutor());
          const seen = await walked(world, walk);
          await world.close();
          return seen;
        }),
      );
      const { open } = faultyExecutors(planned);
      const world = await World.create(
        file,
        'test',
        ['a', 'b', 'c'].map((name) => ({ name, open })),
        { residentBytes: room * file.model.stateBytes(), hungMs: 40 },
      ).catch((error: unknown) => {
        // All three failed at once.
        expect(String(error)).toMatch(/out of memory|was lost|was given up/);
        return undefined;
      });
      if (!world) return;
      const seen = await Promise.all(told.map((walk) => walked(world, walk)));
      expect(seen).toEqual(alone);
      await world.close();
    }),
    { numRuns: long ? 300 : 12, ...(long && { endOnFailure: true }) },
  );
  const total = Object.values(struck).reduce((a, b) => a + b);
  expect(total).toBeGreaterThanOrEqual(long ? 1000 : 30);
  expect(Math.min(...Object.values(struck))).toBeGreaterThan(0);
}, 900_000);
