import { describe, expect, test } from 'vitest';
import { Clock, FakeWorld, prompt, started } from './testing/fake_world.js';

describe('pace', () => {
  test('plays at the frames a second that were asked for', async () => {
    const { clock, player, shown } = await started(20);
    await clock.run(5000);
    expect(shown.length).toBeGreaterThanOrEqual(100);
    expect(shown.length).toBeLessThanOrEqual(103);
    expect(player.framesPerSecond).toBeGreaterThanOrEqual(19);
    expect(shown).toEqual(shown.map((_, i) => i));
  });

  test('0 is as fast as it goes, and a slow world sets the pace itself', async () => {
    const { clock, player, shown } = await started(0);
    await clock.run(2000);
    expect(shown.length).toBeGreaterThan(150);
    player.close();
    const slow = await started(20, new FakeWorld(clock, 100));
    await clock.run(5000);
    expect(slow.shown.length).toBeGreaterThan(45);
    expect(slow.shown.length).toBeLessThan(53);
    expect(slow.world.most).toBe(1);
  });

  test('a world far away is asked ahead, but never for much', async () => {
    const { clock, world, shown } = await started(20, new FakeWorld(new Clock(), 10, 150));
    await clock.run(4000);
    const before = shown.length;
    await clock.run(5000);
    expect(shown.length - before).toBeGreaterThan(90);
    expect(world.most).toBeLessThanOrEqual(4);
  });
});

describe('keys', () => {
  test('are heard in the next frame, and taps are not lost', async () => {
    const { clock, world, player } = await started(20);
    await clock.run(200);
    player.input.press('right');
    await clock.run(200);
    player.input.release('right');
    player.input.press('up');
    player.input.release('up');
    await clock.run(200);
    const steps = world.steps.join(' ');
    expect(steps).toMatch(/^(none )+(right ){3,5}up( none)+$/);
    expect(player.replay('w').actions.join(' ')).toBe(steps);
  });
});

test('an action can be held without a key, and keys can be given other actions', async () => {
  const codes = new FakeWorld(new Clock());
  codes.info.actions = ['code 0', 'code 1', 'none'];
  const { clock, world, player } = await started(20, codes);
  player.input.keymap = { right: 'code 1' };
  player.input.press('right');
  await clock.run(200);
  player.input.hold('code 0');
  await clock.run(200);
  player.input.hold(undefined);
  player.input.release('right');
  await clock.run(200);
  expect(world.steps.join(' ')).toMatch(/^(code 1 ?){3,5}(code 0 ?){3,5}(code 1 )?(none ?){3,5}$/);
});

describe('time', () => {
  test('pauses, steps and plays on', async () => {
    const { clock, world, player, states } = await started();
    await clock.run(500);
    player.pause();
    await clock.run(100);
    const { index } = player;
    await clock.run(1000);
    expect(player.index).toBe(index);
    player.input.press('left');
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
    const { clock, world, player } = await started(20);
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
    const { clock, player } = await started(20);
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
    const { clock, world, player } = await started(20);
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

test('a prompt that the world refuses leaves the game as it was', async () => {
  const { clock, world, player } = await started(20);
  await clock.run(500);
  world.start = () => Promise.reject(new Error('prompt: no'));
  await expect(player.start({ prompt })).rejects.toThrow('prompt: no');
  const { index } = player;
  await clock.run(500);
  expect(player.index).toBeGreaterThan(index + 5);
});
