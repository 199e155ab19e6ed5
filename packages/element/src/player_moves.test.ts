/** Sessions that go on in another place. */
import { describe, expect, test } from 'vitest';
import { Clock, FakeWorld, prompt, started } from './testing/fake_world.js';

describe('places', () => {
  test('a session moves in the middle of a game, and loses nothing', async () => {
    const { clock, world, player } = await started(20);
    player.input.press('right');
    await clock.run(1000);
    const before = player.index;
    const other = new FakeWorld(clock);
    const moving = player.moveTo(other.asRemote);
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
      const { clock, world, player, errors } = await started(20, new FakeWorld(new Clock(), 10, road));
      player.input.press('right');
      await clock.run(1000);
      world.broken = true;
      await clock.run(300);
      // Far away, several requests were under way.
      expect(errors.length).toBeGreaterThanOrEqual(road > 0 ? 2 : 1);
      expect(new Set(errors)).toEqual(new Set(['session: the connection ended']));
      const done = player.replay('w').actions;
      const other = new FakeWorld(clock);
      const moving = player.moveTo(other.asRemote);
      await clock.run(3000);
      await moving;
      expect(other.done.slice(0, done.length)).toEqual(done);
      // It was being played when it broke, and nobody paused it.
      expect(player.index).toBeGreaterThan(done.length + 5);
    },
  );

  test('what was told goes with what was done, into replays, back and to another place; what comes after is forgotten', async () => {
    const { clock, world, player, errors } = await started(20);
    await clock.run(500);
    expect(() => player.tell('a comet')).toThrow('not known here');
    player.pause();
    await clock.run(100);
    expect(player.tell('rain')).toBe('rain');
    const at = player.index;
    const stepping = player.step();
    await clock.run(100);
    await stepping;
    expect(player.frames.at(-1)!.told).toBe('rain');
    player.play();
    await clock.run(500);
    expect(player.replay('w').told).toEqual([[at, 'rain']]);
    expect([...world.told]).toEqual([[at, 'rain']]);
    world.broken = true;
    const other = new FakeWorld(clock);
    const moving = player.moveTo(other.asRemote);
    await clock.run(2000);
    await moving;
    expect([...other.told]).toEqual([[at, 'rain']]);
    const going = player.goTo(at);
    await clock.run(500);
    await going;
    expect(player.replay('w').told).toEqual([]);
    expect(errors.filter((error) => error.startsWith('tell'))).toEqual([]);
  });

  test.each(['moved', 'broken'])(
    'what was told on the way to a frame that never came is told in the next one (%s)',
    async (how) => {
      const { clock, world, player } = await started(20, new FakeWorld(new Clock(), 10, 150));
      await clock.run(1000);
      player.tell('rain');
      // The request that tells it is on its way.
      await clock.run(60);
      const { index } = player;
      if (how === 'broken') {
        world.broken = true;
        await clock.run(300);
      }
      const other = new FakeWorld(clock, 10, 150);
      const moving = player.moveTo(other.asRemote);
      await clock.run(3000);
      await moving;
      const told = player.replay('w').told!;
      expect(told.map(([, sentence]) => sentence)).toEqual(['rain']);
      expect(told[0]![0]).toBeGreaterThanOrEqual(index);
      expect([...other.told]).toEqual(told);
    },
  );

  test('what was told on the way to a frame is forgotten by who winds back before it', async () => {
    const { clock, player } = await started(20, new FakeWorld(new Clock(), 10, 150));
    await clock.run(1000);
    player.tell('rain');
    await clock.run(60);
    const going = player.goTo(3);
    await clock.run(2000);
    await going;
    expect(player.index).toBeGreaterThan(10);
    expect(player.replay('w').told).toEqual([]);
  });

  test('a walk is done again with what was told in it, and who tells something takes over', async () => {
    const { clock, world, player } = await started(20);
    const walk = Array.from({ length: 30 }, () => 'left');
    const again = player.start({ prompt }, { walk, told: [[4, 'rain']] });
    await clock.run(600);
    await again;
    expect([...world.told]).toEqual([[4, 'rain']]);
    expect(player.walkLength).toBe(30);
    player.tell('rain');
    const { index } = player;
    await clock.run(1000);
    expect(player.walkLength).toBe(0);
    expect(player.replay('w').told).toEqual([
      [4, 'rain'],
      [index, 'rain'],
    ]);
    expect(player.replay('w').actions.slice(index)).not.toContain('left');
  });

  test('closed in the middle of a move, both places are closed, and the move settles', async () => {
    const { clock, world, player, errors } = await started(20);
    await clock.run(500);
    const other = new FakeWorld(clock, 10, 50);
    const moving = player.moveTo(other.asRemote);
    await clock.run(10);
    player.close();
    await clock.run(500);
    expect(await moving).toBe(false);
    expect([world.closed, other.closed, player.state]).toEqual([true, true, 'idle']);
    const late = new FakeWorld(clock);
    expect(await player.moveTo(late.asRemote)).toBe(false);
    expect(late.closed).toBe(true);
    expect(errors).toEqual([]);
  });

  test('a new session that is asked for in the middle of a move begins in the new place', async () => {
    const { clock, world, player } = await started(20);
    await clock.run(500);
    const other = new FakeWorld(clock, 10, 50);
    const moving = player.moveTo(other.asRemote);
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
    const { clock, player } = await started(20);
    await clock.run(500);
    const moving = player.moveTo(new FakeWorld(clock, 10, 50).asRemote);
    await clock.run(10);
    player.pause();
    await clock.run(1000);
    expect(await moving).toBe(true);
    expect(player.state).toBe('paused');
  });

  test('a place that refuses leaves everything as it was', async () => {
    const { clock, world, player } = await started(20);
    await clock.run(500);
    const other = new FakeWorld(clock);
    other.broken = true;
    const moving = player.moveTo(other.asRemote);
    const refused = expect(moving).rejects.toThrow(/the connection ended/);
    await clock.run(100);
    await refused;
    const { index } = player;
    await clock.run(500);
    expect([world.closed, other.closed]).toEqual([false, true]);
    expect(player.index).toBeGreaterThan(index + 5);
  });
});
