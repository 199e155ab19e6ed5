import type { Frame, RemoteWorld } from '@snowglobe/runtime/browser';
import * as fc from 'fast-check';
import { beforeEach, describe, expect, test, vi } from 'vitest';
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
  readonly rewinds: number[] = [];
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
    return { index: this.done.length, width: 1, height: 1, rgba, ms: this.drawing, oldest: 0 };
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
  step = (action: string) =>
    this.#answer(() => (this.steps.push(action), this.done.push(action), this.#frame()), this.drawing);
  rewind = (index: number) => (
    this.rewinds.push(index),
    this.#answer(() => ((this.done.length = Math.min(index, this.done.length)), this.#frame()))
  );
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

describe('many at once', () => {
  test('of forty ways back the last one counts, one request at a time, and all settle', async () => {
    await started(0);
    await clock.run(600);
    player.pause();
    await clock.run(100);
    expect(player.index).toBeGreaterThan(45);
    const going = Array.from({ length: 40 }, (_, i) => player.goTo(45 - i));
    expect(player.index).toBe(6);
    expect(shown.at(-1)).toBe(6);
    await clock.run(200);
    await Promise.all(going);
    expect(world.rewinds).toEqual([6]);
    expect([player.index, player.frames.at(-1)!.index, world.done.length]).toEqual([6, 6, 6]);
  });

  test('a way back that went too far is made good by doing again what was done', async () => {
    await started(20);
    player.press('right');
    await clock.run(1000);
    player.pause();
    await clock.run(100);
    const done = player.replay('w').actions;
    const first = player.goTo(3);
    await clock.run(0);
    expect(world.rewinds).toEqual([3]);
    const second = player.goTo(9);
    await clock.run(500);
    await Promise.all([first, second]);
    expect([player.index, player.frames.length]).toEqual([9, 10]);
    expect(world.done).toEqual(done.slice(0, 9));
    player.play();
    await clock.run(300);
    expect(player.frames.map(({ index }) => index)).toEqual(player.frames.map((_, i) => i));
    expect(player.replay('w').actions).toEqual(world.done.slice(0, player.index));
  });

  test('of forty starts the last one counts, and all settle', async () => {
    await started(20);
    const asked = vi.spyOn(world, 'start');
    const starting = Array.from({ length: 40 }, () => player.start({ prompt }));
    await clock.run(1000);
    await Promise.all(starting);
    expect(asked).toHaveBeenCalledTimes(1);
    expect(world.most).toBeLessThanOrEqual(2);
    expect(player.state).toBe('playing');
  });

  test('whatever is asked for, in any order, settles, and what was played is what the world did', async () => {
    const request = fc.oneof(
      fc.record({ kind: fc.constant('goTo' as const), at: fc.nat(30) }),
      fc.record({ kind: fc.constantFrom('play', 'pause', 'step', 'start', 'move', 'wind', 'unwind') }),
      fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(80) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(request, { maxLength: 25 }), fc.nat(60), async (requests, road) => {
        clock = new Clock();
        world = new FakeWorld(clock, 5, road);
        const worlds = [world];
        player = create(20);
        const asked: Promise<unknown>[] = [player.start({ prompt })];
        await clock.run(400);
        for (const each of requests) {
          if (each.kind === 'goTo') asked.push(player.goTo((each as { at: number }).at));
          else if (each.kind === 'wait') await clock.run((each as { ms: number }).ms);
          else if (each.kind === 'play') player.play();
          else if (each.kind === 'pause') player.pause();
          else if (each.kind === 'step') asked.push(player.step());
          else if (each.kind === 'start') asked.push(player.start({ prompt }));
          else if (each.kind === 'wind') player.rewind();
          else if (each.kind === 'unwind') asked.push(player.stopRewind());
          else {
            worlds.push(new FakeWorld(clock, 5, road));
            asked.push(player.moveTo(worlds.at(-1) as unknown as RemoteWorld));
          }
        }
        await clock.run(2000);
        asked.push(player.stopRewind());
        player.pause();
        let settled = 0;
        for (const each of asked)
          each.then(
            () => settled++,
            () => settled++,
          );
        await clock.run(1000);
        expect(settled).toBe(asked.length);
        expect(errors).toEqual([]);
        const last = worlds.at(-1)!;
        expect(worlds.filter(({ closed }) => !closed)).toEqual([last]);
        expect(Math.max(...worlds.map(({ most }) => most))).toBeLessThan(16);
        expect(player.replay('w').actions).toEqual(last.done.slice(0, player.index));
        const indices = player.frames.map(({ index }) => index);
        expect(indices).toEqual(indices.map((_, i) => indices[0]! + i));
      }),
      { numRuns: 300 },
    );
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

  test('closed in the middle of a move, both places are closed, and the move settles', async () => {
    await started(20);
    await clock.run(500);
    const other = new FakeWorld(clock, 10, 50);
    const moving = player.moveTo(other as unknown as RemoteWorld);
    await clock.run(10);
    player.close();
    await clock.run(500);
    expect(await moving).toBe(false);
    expect([world.closed, other.closed, player.state]).toEqual([true, true, 'idle']);
    const late = new FakeWorld(clock);
    expect(await player.moveTo(late as unknown as RemoteWorld)).toBe(false);
    expect(late.closed).toBe(true);
    expect(errors).toEqual([]);
  });

  test('a new session that is asked for in the middle of a move begins in the new place', async () => {
    await started(20);
    await clock.run(500);
    const other = new FakeWorld(clock, 10, 50);
    const moving = player.moveTo(other as unknown as RemoteWorld);
    await clock.run(10);
    const starting = player.start({ prompt });
    await clock.run(1000);
    await starting;
    expect(await moving).toBe(true);
    expect(world.closed).toBe(true);
    expect(other.done.length).toBeGreaterThan(5);
    expect(other.done.length - player.index).toBeLessThanOrEqual(4);
    expect(player.state).toBe('playing');
  });

  test('a pause in the middle of a move holds', async () => {
    await started(20);
    await clock.run(500);
    const moving = player.moveTo(new FakeWorld(clock, 10, 50) as unknown as RemoteWorld);
    await clock.run(10);
    player.pause();
    await clock.run(1000);
    expect(await moving).toBe(true);
    expect(player.state).toBe('paused');
  });

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
    expect([world.closed, other.closed]).toEqual([false, true]);
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
