/** Many requests at once, and in any order. */
import * as fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { Clock, FakeWorld, create, prompt, started } from './testing/fake_world.js';

describe('many at once', () => {
  test('of forty ways back the last one counts, one request at a time, and all settle', async () => {
    const { clock, world, player, shown } = await started(0);
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
    const { clock, world, player } = await started(20);
    player.input.press('right');
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
    const { clock, world, player } = await started(20);
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
        const world = new FakeWorld(new Clock(), 5, road);
        const worlds = [world];
        const { clock, player, errors } = create(world);
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
            asked.push(player.moveTo(worlds.at(-1)!.asRemote));
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
