import type { Frame, RemoteWorld } from '@snowglobe/runtime/browser';
import type { PlayerState } from '../player_host.js';
import { Player } from '../player.js';

/** A clock that goes on when it is told to. */
export class Clock {
  now = 0;
  #timers: { at: number; call: () => void }[] = [];
  later = (call: () => void, ms: number): (() => void) => {
    const timer = { at: this.now + Math.max(1, ms), call };
    this.#timers.push(timer);
    return () => (this.#timers = this.#timers.filter((each) => each !== timer));
  };
  async run(ms: number): Promise<void> {
    const end = this.now + ms;
    for (;;) {
      for (let i = 0; i < 20; i++) await Promise.resolve();
      const next = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#timers = this.#timers.filter((each) => each !== next);
      this.now = Math.max(this.now, next.at);
      next.call();
    }
    this.now = end;
  }
}

/** A world that needs `sampling` ms for a frame and lies `road` ms away; its frames say what was done so far. */
export class FakeWorld {
  readonly info = { actions: ['left', 'right', 'none', 'up'], fps: 15 };
  /** What was told, by the number of steps before it. */
  told = new Map<number, string>();
  readonly steps: string[] = [];
  readonly rewinds: number[] = [];
  done: string[] = [];
  closed = false;
  broken = false;
  most = 0;
  #waiting = 0;
  #free = 0;
  constructor(
    readonly clock: Clock,
    public sampling = 10,
    public road = 0,
  ) {}
  #answer<T>(work: () => T, ms = 0): Promise<T> {
    if (this.broken || this.closed) return Promise.reject(new Error('session: the connection ended'));
    this.most = Math.max(this.most, ++this.#waiting);
    this.#free = Math.max(this.#free, this.clock.now + this.road / 2) + ms;
    return new Promise((resolve, reject) =>
      this.clock.later(
        () => {
          this.#waiting--;
          if (this.broken || this.closed) reject(new Error('session: the connection ended'));
          else resolve(work());
        },
        this.#free + this.road / 2 - this.clock.now,
      ),
    );
  }
  #frame(): Frame & { oldest: number } {
    const rgba = new Uint8ClampedArray(4).fill(this.done.length % 256);
    const told = this.told.get(this.done.length - 1);
    return {
      ...(told !== undefined && { told }),
      index: this.done.length,
      width: 1,
      height: 1,
      rgba,
      ms: this.sampling,
      oldest: 0,
    };
  }
  start = () =>
    this.#answer(
      () => (
        (this.done = []),
        { frame: this.#frame(), sampling: { seed: 1, temperature: 0, confidenceThreshold: 0 } }
      ),
    );
  resume = (snapshot: unknown) =>
    this.#answer(() => ((this.done = [...(snapshot as string[])]), { frame: this.#frame(), sampling: {} }));
  snapshot = () => this.#answer(() => [...this.done]);
  eventMeant = (text: string): string => {
    if (text === 'rain') return text;
    throw new Error(`tell: '${text}' is not known here`);
  };
  step = (action: string, { tell }: { readonly tell?: string } = {}) =>
    this.#answer(() => {
      if (tell === undefined) this.told.delete(this.done.length);
      else this.told.set(this.done.length, tell);
      this.steps.push(action);
      this.done.push(action);
      return this.#frame();
    }, this.sampling);
  rewind = (index: number) => (
    this.rewinds.push(index),
    this.#answer(() => ((this.done.length = Math.min(index, this.done.length)), this.#frame()))
  );
  close = () => void (this.closed = true);

  get asRemote(): RemoteWorld {
    return this as unknown as RemoteWorld;
  }
}

export const prompt = { width: 1, height: 1, data: new Uint8Array(3) };

/** A player of a world, and what its page heard of it. */
export interface Played {
  readonly clock: Clock;
  readonly world: FakeWorld;
  readonly player: Player;
  /** Indices of frames. */
  readonly shown: number[];
  readonly states: PlayerState[];
  readonly errors: string[];
}

/** A player that nobody has started. */
export function create(world: FakeWorld, fps = 20): Played {
  const { clock } = world;
  const shown: number[] = [];
  const states: PlayerState[] = [];
  const errors: string[] = [];
  const player = new Player(
    world.asRemote,
    {
      onStart: () => {},
      onFrame: ({ index }) => shown.push(index),
      onState: (state) => states.push(state),
      onError: ({ message }) => errors.push(message),
      now: () => clock.now,
      later: clock.later,
    },
    fps,
  );
  return { clock, world, player, shown, states, errors };
}

/** A player in its first frame. */
export async function started(fps?: number, world = new FakeWorld(new Clock())): Promise<Played> {
  const played = create(world, fps);
  const starting = played.player.start({ prompt });
  await world.clock.run(1 + world.road);
  await starting;
  return played;
}
