import { createHash } from 'node:crypto';
import { SnowglobeError } from '@snowglobe/graph';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DeviceCall } from '../testing/lossy_executor.js';
import { LossyExecutor } from '../testing/lossy_executor.js';
import { createStirringExecutor } from '../testing/stirring_executor.js';
import { untrainedWorld } from '../testing/untrained_world.js';
import type { Session, Snapshot } from './session.js';
import { Timeline } from './timeline.js';
import { World } from './world.js';

/**
 * Sessions of one world, their requests interleaved at random, devices lost at random moments: each session must see exactly
 * what it sees when it is played alone.
 */
const long = process.env['SNOWGLOBE_LONG_TESTS'] === '1';
const file = untrainedWorld();
const prompt = { width: 4, height: 4, data: Uint8Array.from({ length: 48 }, (_, i) => (i * 37) % 256) };
const actions = ['right', 'left', 'none', 'up'];

type Request =
  | { readonly what: 'step'; readonly frames: number; readonly codes: boolean }
  | { readonly what: 'rewind' | 'restore'; readonly far: number }
  | { readonly what: 'snapshot' | 'unknown action' | 'bad snapshot' | 'resume' | 'close' };

const request: fc.Arbitrary<Request> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      what: fc.constant('step' as const),
      frames: fc.oneof(
        { weight: 6, arbitrary: fc.integer({ min: 1, max: 6 }) },
        { weight: 1, arbitrary: fc.integer({ min: 60, max: 70 }) },
      ),
      codes: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      what: fc.constantFrom('rewind' as const, 'restore' as const),
      far: fc.integer({ min: 0, max: 12 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constantFrom('snapshot' as const, 'unknown action' as const, 'bad snapshot' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constantFrom('resume' as const, 'close' as const) }) },
);

interface Script {
  readonly seed: number;
  /** Whether it is a timeline, which keeps the state often, or a bare session, which keeps it after 64 frames. */
  readonly winds: boolean;
  readonly requests: readonly Request[];
}

const digest = (...parts: readonly ArrayBufferView[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
  return hash.digest('hex').slice(0, 12);
};
const digestOf = ({ index, state }: Snapshot): string =>
  `snapshot ${index} ${digest(...Object.values(state))}`;
const frameDigest = ({ index, rgba, codes }: Awaited<ReturnType<Session['step']>>): string =>
  `frame ${index} ${digest(rgba, ...(codes ? [codes] : []))}`;
/** What a request came to: a bug, which is an error of another kind, fails the test. */
const outcome = (result: Promise<string>): Promise<string> =>
  result.catch((error: unknown) => {
    if (!(error instanceof SnowglobeError)) throw error;
    return error.message;
  });

/** A session that is told what to do, and keeps what came of it. */
class Player {
  readonly outcomes: Promise<string>[] = [];
  readonly #snapshots: Snapshot[] = [];
  #play: Session;
  #timeline: Timeline | undefined;
  #sampled = 0;

  constructor(
    readonly world: World,
    play: Session,
    readonly winds: boolean,
  ) {
    this.#play = play;
    this.#wind();
  }

  static async start(world: World, { seed, winds }: Script): Promise<Player> {
    return new Player(world, await world.start({ prompt, seed, temperature: 1 }), winds);
  }

  /** A timeline remembers actions, so a session that goes elsewhere gets a new one. */
  #wind(): void {
    this.#timeline = this.winds ? new Timeline(this.#play, { every: 3, most: 4 }) : undefined;
  }

  /** Makes a request without waiting for what comes of it, except where it builds on what came of others. */
  async request(each: Request): Promise<void> {
    const session = this.#timeline ?? this.#play;
    switch (each.what) {
      case 'step':
        for (let i = 0; i < each.frames; i++) {
          const step = session.step(actions[this.#sampled++ % 4]!, { codes: each.codes });
          this.#note(step.then(frameDigest));
        }
        return;
      case 'rewind': {
        await Promise.all(this.outcomes);
        if (!this.#timeline) return;
        return this.#note(this.#timeline.rewind(this.#timeline.index - each.far).then(frameDigest));
      }
      case 'snapshot':
        return this.#note(
          session.snapshot().then((snapshot) => {
            this.#snapshots.push(snapshot);
            return digestOf(snapshot);
          }),
        );
      case 'restore':
      case 'resume': {
        await Promise.all(this.outcomes);
        const snapshot = this.#snapshots.at(-1);
        if (!snapshot) return;
        if (each.what === 'resume') {
          // Refused once the world is closed; the session that was is then still this one.
          this.#note(
            this.world.resume(snapshot).then((play) => {
              this.#play = play;
              this.#timeline = new Timeline(play, { every: 3, most: 4 });
              return 'resumed';
            }),
          );
          await this.outcomes.at(-1);
          return;
        }
        // A timeline remembers actions, so a session that is restored gets a new one.
        this.#timeline = new Timeline(this.#play, { every: 3, most: 4 });
        return this.#note(this.#play.restore(snapshot).then(frameDigest));
      }
      case 'unknown action':
        return this.#note(session.step('fly').then(frameDigest));
      case 'bad snapshot':
        return this.#note(this.#play.restore({} as Snapshot).then(frameDigest));
      case 'close':
        return this.#note(session.close().then(() => 'closed'));
    }
  }

  #note(result: Promise<string>): void {
    const noted = outcome(result);
    // Looked at in the end.
    noted.catch(() => {});
    this.outcomes.push(noted);
  }
}

async function alone(script: Script): Promise<readonly string[]> {
  const world = await World.create(file, 'test', async () => createStirringExecutor());
  const player = await Player.start(world, script);
  for (const each of script.requests) {
    await player.request(each);
    await Promise.all(player.outcomes);
  }
  await world.close();
  return Promise.all(player.outcomes);
}

const closed = 'world: it was closed; open it again.';
const turns = (count: number): Promise<void> =>
  count === 0
    ? Promise.resolve()
    : new Promise((resolve) => setImmediate(resolve)).then(() => turns(count - 1));

test('sessions that are played together see what each sees alone, whatever is lost meanwhile', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          seed: fc.integer({ min: 0, max: 100 }),
          winds: fc.boolean(),
          requests: fc.array(request, { minLength: 1, maxLength: 10 }),
        }),
        { minLength: 1, maxLength: 3 },
      ),
      // Whose turn it is, and how long the next one waits for it.
      fc.array(fc.tuple(fc.nat(2), fc.nat(3)), { minLength: 40, maxLength: 40 }),
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
      async (scripts, order, losses, closeAt) => {
        const expected = await Promise.all(scripts.map(alone));
        const moments = losses.map((loss) => ({ ...loss }));
        let [opened, shut, openedLate] = [0, 0, 0];
        let isClosing = false;
        const breaks = (call: DeviceCall): boolean => {
          const [next] = moments;
          if (!next || (next.on !== 'any' && next.on !== call) || --next.after > 0) return false;
          moments.shift();
          return true;
        };
        const world = await World.create(file, 'test', async () => {
          opened++;
          if (isClosing) openedLate++;
          const executor = new LossyExecutor(createStirringExecutor(), `fragile ${opened}`, breaks);
          const close = executor.close.bind(executor);
          executor.close = () => {
            shut++;
            return close();
          };
          return executor;
        });
        const players = await Promise.all(scripts.map((script) => Player.start(world, script)));
        const waiting = scripts.map(({ requests }) => [...requests]);
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
          const i = (who + turn) % players.length;
          const next = waiting[i]!.shift();
          // A session makes its requests in their order.
          if (next) ongoing[i] = ongoing[i]!.then(() => players[i]!.request(next));
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
