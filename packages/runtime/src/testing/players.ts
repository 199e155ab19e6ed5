import { createHash } from 'node:crypto';
import { SnowglobeError } from '@snowglobe/graph';
import fc from 'fast-check';
import type { Session, Snapshot } from '../world/session.js';
import { Timeline } from '../world/timeline.js';
import type { World } from '../world/world.js';

/** Sessions that are told what to do, for tests that compare those played together with those played alone. */

const prompt = { width: 4, height: 4, data: Uint8Array.from({ length: 48 }, (_, i) => (i * 37) % 256) };

type Request =
  | { readonly what: 'step'; readonly frames: number; readonly codes: boolean }
  | { readonly what: 'rewind' | 'restore'; readonly far: number }
  | { readonly what: 'snapshot' | 'unknown action' | 'bad snapshot' | 'resume' | 'close' };

/** A request; long runs of steps reach the copy of a state to the host. */
const requestOf = (mostSteps: number): fc.Arbitrary<Request> =>
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        what: fc.constant('step' as const),
        frames: fc.oneof(
          { weight: 6, arbitrary: fc.integer({ min: 1, max: 6 }) },
          ...(mostSteps > 6
            ? [{ weight: 1, arbitrary: fc.integer({ min: mostSteps - 10, max: mostSteps }) }]
            : []),
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

export interface Script {
  readonly seed: number;
  /** Whether it is a timeline, which keeps the state often, or a bare session, which keeps it after 64 frames. */
  readonly winds: boolean;
  readonly requests: readonly Request[];
}

/** What is done in up to so many sessions. */
export const scripts = (most: {
  readonly sessions: number;
  readonly requests: number;
  readonly steps: number;
}): fc.Arbitrary<Script[]> =>
  fc.array(
    fc.record({
      seed: fc.integer({ min: 0, max: 100 }),
      winds: fc.boolean(),
      requests: fc.array(requestOf(most.steps), { minLength: 1, maxLength: most.requests }),
    }),
    { minLength: 1, maxLength: most.sessions },
  );

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
export class Player {
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
          const step = session.step(
            this.world.actions.names[this.#sampled++ % this.world.actions.names.length]!,
            { codes: each.codes },
          );
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

/** What a session comes to that is played alone in a world of its own. */
export async function playedAlone(script: Script, open: () => Promise<World>): Promise<readonly string[]> {
  const world = await open();
  const player = await Player.start(world, script);
  for (const each of script.requests) {
    await player.request(each);
    await Promise.all(player.outcomes);
  }
  await world.close();
  return Promise.all(player.outcomes);
}
