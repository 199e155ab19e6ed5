import type { Frame, RemoteWorld } from '@snowglobe/runtime/browser';
import { beforeEach, describe, expect, test } from 'vitest';
import type { PlayerState } from './player.js';
import { Player } from './player.js';

/** A clock that goes on when it is told to. */
class Clock {
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

/** A world that needs `drawing` ms for a frame and lies `road` ms away; its frames say what was done so far. */
class FakeWorld {
  readonly info = { actions: ['left', 'right', 'none', 'up'], fps: 15 };
  readonly steps: string[] = [];
  done: string[] = [];
  closed = false;
  broken = false;
  most = 0;
  #waiting = 0;
  #free = 0;
  constructor(
    readonly clock: Clock,
    public drawing = 10,
    public road = 0,
  ) {}
  #answer<T>(work: () => T, ms = 0): Promise<T> {
    if (this.broken) return Promise.reject(new Error('session: the connection ended'));
    this.most = Math.max(this.most, ++this.#waiting);
    this.#free = Math.max(this.#free, this.clock.now + this.road / 2) + ms;
    return new Promise((resolve, reject) =>
      this.clock.later(
        () => {
          this.#waiting--;
          if (this.broken) reject(new Error('session: the connection ended'));
          else resolve(work());
        },
        this.#free + this.road / 2 - this.clock.now,
      ),
    );
  }
  #frame(): Frame & { oldest: number } {
    const rgba = new Uint8ClampedArray(4).fill(this.done.length % 256);
    return { index: this.done.length, width: 1, height: 1, rgba, ms: this.drawing, oldest: 0 };
  }
  start = () =>
    this.#answer(
      () => ((this.done = []), { frame: this.#frame(), draw: { seed: 1, temperature: 0, certainty: 0 } }),
    );
  resume = (snapshot: unknown) =>
    this.#answer(() => ((this.done = [...(snapshot as string[])]), { frame: this.#frame(), draw: {} }));
  snapshot = () => this.#answer(() => [...this.done]);
  step = (action: string) =>
    this.#answer(() => (this.steps.push(action), this.done.push(action), this.#frame()), this.drawing);
  rewind = (index: number) => this.#answer(() => ((this.done.length = index), this.#frame()));
  close = () => void (this.closed = true);
}

const prompt = { width: 1, height: 1, data: new Uint8Array(3) };
let clock: Clock;
let world: FakeWorld;
let shown: number[];
let states: PlayerState[];
let errors: string[];
let player: Player;

function create(fps = 20): Player {
  shown = [];
  states = [];
  errors = [];
  return new Player(
    world as unknown as RemoteWorld,
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
}

async function started(fps?: number): Promise<void> {
  player = create(fps);
  const starting = player.start({ prompt });
  await clock.run(1 + world.road);
  await starting;
}

beforeEach(() => {
  clock = new Clock();
  world = new FakeWorld(clock);
});

describe('pace', () => {
  test('plays at the frames a second that were asked for', async () => {
    await started(20);
    await clock.run(5000);
    expect(shown.length).toBeGreaterThanOrEqual(100);
    expect(shown.length).toBeLessThanOrEqual(103);
    expect(player.framesPerSecond).toBeGreaterThanOrEqual(19);
    expect(shown).toEqual(shown.map((_, i) => i));
  });

  test('0 is as fast as it goes, and a slow world sets the pace itself', async () => {
    await started(0);
    await clock.run(2000);
    expect(shown.length).toBeGreaterThan(150);
    player.close();
    world = new FakeWorld(clock, 100);
    await started(20);
    await clock.run(5000);
    expect(shown.length).toBeGreaterThan(45);
    expect(shown.length).toBeLessThan(53);
    expect(world.most).toBe(1);
  });

  test('a world far away is asked ahead, but never for much', async () => {
    world = new FakeWorld(clock, 10, 150);
    await started(20);
    await clock.run(4000);
    const before = shown.length;
    await clock.run(5000);
    expect(shown.length - before).toBeGreaterThan(90);
    expect(world.most).toBeLessThanOrEqual(4);
  });
});

describe('keys', () => {
  test('are heard in the next frame, and taps are not lost', async () => {
    await started(20);
    await clock.run(200);
    player.press('right');
    await clock.run(200);
    player.release('right');
    player.press('up');
    player.release('up');
    await clock.run(200);
    const steps = world.steps.join(' ');
    expect(steps).toMatch(/^(none )+(right ){3,5}up( none)+$/);
    expect(player.replay('w').actions.join(' ')).toBe(steps);
  });
});

test('an action can be held without a key, and keys can be given other actions', async () => {
  world.info.actions = ['code 0', 'code 1', 'none'];
  await started(20);
  player.keymap = { right: 'code 1' };
  player.press('right');
  await clock.run(200);
  player.hold('code 0');
  await clock.run(200);
  player.hold(undefined);
  player.release('right');
  await clock.run(200);
  expect(world.steps.join(' ')).toMatch(/^(code 1 ?){3,5}(code 0 ?){3,5}(code 1 )?(none ?){3,5}$/);
});

describe('time', () => {
  test('pauses, steps and plays on', async () => {
    await started();
    await clock.run(500);
    player.pause();
    await clock.run(100);
    const { index } = player;
    await clock.run(1000);
    expect(player.index).toBe(index);
    player.press('left');
    const step = player.step();
    await clock.run(50);
    await step;
    expect([player.index, world.steps.at(-1)]).toEqual([index + 1, 'left']);
    player.play();
    await clock.run(500);
    expect(player.index).toBeGreaterThan(index + 5);
    expect(states).toEqual(['playing', 'paused', 'playing']);
  });

  test('winds back while asked to, and goes on from what is shown', async () => {
    await started(20);
    await clock.run(2000);
    const { index } = player;
    player.rewind();
    await clock.run(500);
    const wound = player.index;
    expect(wound).toBeLessThanOrEqual(index - 9);
    const stopping = player.stopRewind();
    await clock.run(20);
    await stopping;
    expect(world.done.length).toBeGreaterThanOrEqual(wound);
    await clock.run(1000);
    expect(player.index).toBeGreaterThan(wound + 15);
    const indices = player.frames.map((frame) => frame.index);
    expect(indices).toEqual(indices.map((_, i) => i));
    expect(player.replay('w').actions).toHaveLength(player.index);
    expect(player.replay('w').actions).toEqual(world.done.slice(0, player.index));
  });

  test('winds back to the prompt and no further', async () => {
    await started(20);
    await clock.run(400);
    player.rewind();
    await clock.run(3000);
    expect(player.index).toBe(0);
    const stopping = player.stopRewind();
    await clock.run(100);
    await stopping;
    expect(player.state).toBe('playing');
  });

  test('goes to a frame, and stays paused when it was', async () => {
    await started(20);
    await clock.run(1000);
    player.pause();
    await clock.run(100);
    const going = player.goTo(5);
    await clock.run(50);
    await going;
    expect([player.index, player.state, world.done.length]).toEqual([5, 'paused', 5]);
    await player.goTo(99);
    expect(player.index).toBe(5);
  });
});

describe('places', () => {
  test('a session moves in the middle of a game, and loses nothing', async () => {
    await started(20);
    player.press('right');
    await clock.run(1000);
    const before = player.index;
    const other = new FakeWorld(clock);
    const moving = player.moveTo(other as unknown as RemoteWorld);
    await clock.run(100);
    await moving;
    await clock.run(1000);
    expect(world.closed).toBe(true);
    expect(other.done.length).toBeGreaterThan(before + 15);
    const { actions } = player.replay('w');
    expect(other.done.slice(0, actions.length)).toEqual(actions);
  });

  test.each([0, 150])(
    'a place that broke is left, and what was done is done again (%i ms away)',
    async (road) => {
      world = new FakeWorld(clock, 10, road);
      await started(20);
      player.press('right');
      await clock.run(1000);
      world.broken = true;
      await clock.run(300);
      // Far away, several requests were under way.
      expect(errors.length).toBeGreaterThanOrEqual(road > 0 ? 2 : 1);
      expect(new Set(errors)).toEqual(new Set(['session: the connection ended']));
      const done = player.replay('w').actions;
      const other = new FakeWorld(clock);
      const moving = player.moveTo(other as unknown as RemoteWorld);
      await clock.run(3000);
      await moving;
      expect(other.done.slice(0, done.length)).toEqual(done);
      // It was being played when it broke, and nobody paused it.
      expect(player.index).toBeGreaterThan(done.length + 5);
    },
  );

  test('a place that refuses leaves everything as it was', async () => {
    await started(20);
    await clock.run(500);
    const other = new FakeWorld(clock);
    other.broken = true;
    const moving = player.moveTo(other as unknown as RemoteWorld);
    const refused = expect(moving).rejects.toThrow(/the connection ended/);
    await clock.run(100);
    await refused;
    const { index } = player;
    await clock.run(500);
    expect(world.closed).toBe(false);
    expect(player.index).toBeGreaterThan(index + 5);
  });
});

test('a prompt that the world refuses leaves the game as it was', async () => {
  await started(20);
  await clock.run(500);
  world.start = () => Promise.reject(new Error('prompt: no'));
  await expect(player.start({ prompt })).rejects.toThrow('prompt: no');
  const { index } = player;
  await clock.run(500);
  expect(player.index).toBeGreaterThan(index + 5);
});
