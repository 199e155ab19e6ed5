import type { Executor } from '@snowglobe/graph';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DeviceCall } from '../testing/lossy_executor.js';
import { LossyExecutor } from '../testing/lossy_executor.js';
import { Player, playedAlone, scripts } from '../testing/players.js';
import { createStirringExecutor } from '../testing/stirring_executor.js';
import { untrainedWorld } from '../testing/untrained_world.js';
import { World } from './world.js';

/**
 * Sessions of one world, their requests interleaved at random, devices lost at random moments: each session must see exactly
 * what it sees when it is played alone.
 */
const long = process.env['SNOWGLOBE_LONG_TESTS'] === '1';
const file = untrainedWorld();
const stateBytes = file.model.stateBytes();

const closed = 'world: it was closed; open it again.';
const turns = (count: number): Promise<void> =>
  count === 0
    ? Promise.resolve()
    : new Promise((resolve) => setImmediate(resolve)).then(() => turns(count - 1));

test('sessions that are played together see what each sees alone, whatever is lost meanwhile', async () => {
  await fc.assert(
    fc.asyncProperty(
      scripts({ sessions: 8, requests: 10, steps: 70 }),
      // How many states there is room for on the device.
      fc.integer({ min: 1, max: 9 }),
      // Whose turn it is, and how long the next one waits for it.
      fc.array(fc.tuple(fc.nat(7), fc.nat(3)), { minLength: 40, maxLength: 40 }),
      // Moments at which a device is lost, each counted from the one before; fewer than what a request gives up at.
      fc.array(
        fc.oneof(
          fc.record({ on: fc.constant('any'), after: fc.integer({ min: 1, max: 120 }) }),
          fc.record({
            on: fc.constantFrom('read', 'write', 'compile'),
            after: fc.integer({ min: 1, max: 12 }),
          }),
        ),
        { maxLength: 4 },
      ),
      fc.option(fc.nat(20)),
      async (told, room, order, losses, closeAt) => {
        const expected = await Promise.all(
          told.map((script) =>
            playedAlone(script, () => World.create(file, 'test', async () => createStirringExecutor())),
          ),
        );
        const moments = losses.map((loss) => ({ ...loss }));
        let [opened, shut, openedLate] = [0, 0, 0];
        let isClosing = false;
        const breaks = (call: DeviceCall): boolean => {
          const [next] = moments;
          if (!next || (next.on !== 'any' && next.on !== call) || --next.after > 0) return false;
          moments.shift();
          return true;
        };
        const openExecutor = async (): Promise<Executor> => {
          opened++;
          if (isClosing) openedLate++;
          const executor = new LossyExecutor(createStirringExecutor(), `fragile ${opened}`, breaks);
          const close = executor.close.bind(executor);
          executor.close = () => {
            shut++;
            return close();
          };
          return executor;
        };
        const world = await World.create(file, 'test', openExecutor, { residentBytes: room * stateBytes });
        const players = await Promise.all(told.map((script) => Player.start(world, script)));
        const waiting = told.map(({ requests }) => [...requests]);
        const madeBefore = players.map(() => Infinity);
        let closing: Promise<void> | undefined;
        const ongoing = players.map(() => Promise.resolve());
        for (let turn = 0; waiting.some((requests) => requests.length > 0); turn++) {
          if (turn === closeAt) {
            isClosing = true;
            players.forEach(({ outcomes }, i) => (madeBefore[i] = outcomes.length));
            closing = world.close();
          }
          const [who, pause] = order[turn % order.length]!;
          // One of those that have anything left to ask for: the same turns, over and over, may leave one out.
          const left = [...waiting.keys()].filter((each) => waiting[each]!.length > 0);
          const i = left[(who + turn) % left.length]!;
          const next = waiting[i]!.shift()!;
          // A session makes its requests in their order.
          ongoing[i] = ongoing[i]!.then(() => players[i]!.request(next));
          await turns(pause);
        }
        await Promise.all(ongoing);
        const seen = await Promise.all(players.map(({ outcomes }) => Promise.all(outcomes)));
        await world.close();
        await closing;
        expect({ opened, openedLate }).toEqual({ opened: shut, openedLate: 0 });
        seen.forEach((outcomes, i) => {
          const refused = outcomes.findIndex((each) => each === closed);
          if (!isClosing) expect(refused).toBe(-1);
          const until = refused < 0 ? outcomes.length : refused;
          expect(outcomes.slice(0, until)).toEqual(expected[i]!.slice(0, until));
          if (!isClosing) expect(outcomes).toHaveLength(expected[i]!.length);
          // What was asked before is done, unless it would have needed another device.
          if (losses.length === 0 && refused >= 0) expect(refused).toBeGreaterThanOrEqual(madeBefore[i]!);
        });
      },
    ),
    { numRuns: long ? 1200 : 50, ...(long && { endOnFailure: true }) },
  );
}, 600_000);
