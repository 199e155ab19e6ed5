import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Balancer, chooseMove } from './balance.js';
import type { FrameTime } from './frame_times.js';
import { expectedMs, frameTimes } from './frame_times.js';
import type { DeviceLoad } from './place.js';
import { frameMs, place } from './place.js';
import { Usage } from './usage.js';

const measured = fc
  .uniqueArray(
    fc.record({
      rows: fc.integer({ min: 2, max: 64 }),
      ms: fc.double({ min: 0.01, max: 1000, noNaN: true }),
    }),
    {
      maxLength: 6,
      selector: ({ rows }) => rows,
    },
  )
  .chain((others) =>
    fc.double({ min: 0.01, max: 1000, noNaN: true }).map((ms): FrameTime[] => [...others, { rows: 1, ms }]),
  );
const sessions = fc.integer({ min: 0, max: 12 });
const loads = fc
  .array(
    fc.record({
      times: measured.map(frameTimes),
      slowdown: fc.double({ min: 0.5, max: 20, noNaN: true }),
      ...{ interactive: sessions, batch: sessions },
      room: fc.integer({ min: 0, max: 3 }),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((all) => all.map((each, i): DeviceLoad => ({ name: `device ${i}`, ...each })));

describe('times of frames', () => {
  test('more rows never take less time, and what was measured is told as it was, its noise taken out', () => {
    fc.assert(
      fc.property(measured, fc.integer({ min: 0, max: 300 }), (all, rows) => {
        const times = frameTimes(all);
        expect(times.map((each) => each.rows)).toEqual(all.map((each) => each.rows).sort((a, b) => a - b));
        expect(expectedMs(times, rows + 1)).toBeGreaterThanOrEqual(expectedMs(times, rows) - 1e-9);
        for (const [i, { rows: at, ms }] of times.entries()) {
          expect(expectedMs(times, at)).toBeCloseTo(ms, 9);
          expect(ms).toBe(Math.max(...all.filter((each) => each.rows <= at).map((each) => each.ms)));
          const next = times[i + 1];
          if (next) expect(expectedMs(times, (at + next.rows) / 2)).toBeCloseTo((ms + next.ms) / 2, 6);
        }
        const { rows: most, ms } = times.at(-1)!;
        expect(expectedMs(times, 3 * most)).toBeCloseTo(3 * ms, 6);
      }),
    );
  });

  test('nothing takes no time, nor does what was not measured', () => {
    expect([expectedMs([{ rows: 1, ms: 5 }], 0), expectedMs([], 4)]).toEqual([0, 0]);
  });
});

describe('a session is placed', () => {
  test('where nobody else would serve it sooner, among those with memory for it', () => {
    fc.assert(
      fc.property(loads, fc.constantFrom('interactive' as const, 'batch' as const), (devices, priority) => {
        const chosen = devices[place(devices, priority)]!;
        const waits = (each: DeviceLoad): number =>
          frameMs(each, { ...each, [priority]: each[priority] + 1 }, priority);
        const free = devices.filter(({ room }) => room > 0);
        if (free.length > 0) expect(free).toContain(chosen);
        for (const each of free.length > 0 ? free : devices)
          expect(waits(chosen)).toBeLessThanOrEqual(waits(each));
      }),
    );
  });

  test('by what batches of sessions take: a GPU fills up before a CPU gets any', () => {
    const gpu = {
      times: frameTimes([
        { rows: 1, ms: 4 },
        { rows: 8, ms: 6 },
      ]),
      slowdown: 1,
      room: 99,
    };
    const cpu = {
      times: frameTimes([
        { rows: 1, ms: 10 },
        { rows: 8, ms: 80 },
      ]),
      slowdown: 1,
      room: 99,
    };
    const devices = [
      { name: 'cpu', ...cpu, interactive: 0, batch: 0 },
      { name: 'gpu', ...gpu, interactive: 0, batch: 0 },
    ];
    for (let i = 0; i < 18; i++) devices[place(devices, 'interactive')]!.interactive++;
    expect(devices.map(({ interactive }) => interactive)).toEqual([1, 17]);
    // Batch work waits for players, and goes where it waits least.
    expect(devices[place(devices, 'batch')]!.name).toBe('gpu');
    devices[1]!.slowdown = 4;
    expect(devices[place(devices, 'batch')]!.name).toBe('cpu');
  });
});

describe('sessions are moved', () => {
  test('only finitely often while nothing else changes, and each time the one that is moved waits less', () => {
    fc.assert(
      fc.property(loads, fc.double({ min: 0, max: 100, noNaN: true }), (given, periodMs) => {
        const devices = given.map((each) => ({ ...each, room: 1 }));
        const seen = new Set<string>();
        for (let moves = 0; ; moves++) {
          const counts = devices.map(({ interactive, batch }) => `${interactive} ${batch}`).join();
          expect(seen.has(counts)).toBe(false);
          seen.add(counts);
          const move = chooseMove(devices, periodMs);
          if (!move) break;
          const [from, to] = [move.from, move.to].map((name) => devices.find((each) => each.name === name)!);
          const before = frameMs(from!, from!, move.priority);
          from![move.priority]--;
          to![move.priority]++;
          expect(frameMs(to!, to!, move.priority)).toBeLessThan(before);
          expect(moves).toBeLessThan(500);
        }
      }),
    );
  });

  const fast = frameTimes([{ rows: 1, ms: 10 }]);
  const busy = (counts: readonly number[], slowdowns: readonly number[] = []): DeviceLoad[] =>
    counts.map((interactive, i) => ({
      ...{ name: `device ${i}`, times: fast, slowdown: slowdowns[i] ?? 1, interactive, batch: 0, room: 1 },
    }));

  test('not where everybody is served in time, nor where there is no memory', () => {
    expect(chooseMove(busy([4, 0]), 40)).toBeUndefined();
    expect(chooseMove(busy([5, 0]), 40)).toEqual({
      from: 'device 0',
      to: 'device 1',
      priority: 'interactive',
    });
    expect(
      chooseMove(
        busy([5, 0]).map((each) => ({ ...each, room: 0 })),
        40,
      ),
    ).toBeUndefined();
  });

  test('for reasons that last, one a second', () => {
    const balancer = new Balancer(20);
    const decide = (now: number, slow: number) => balancer.decide(busy([2, 1], [slow]), now)?.to;
    expect([0, 500, 999].map((now) => decide(now, 3))).toEqual(Array(3).fill(undefined));
    expect(decide(1000, 3)).toBe('device 1');
    expect([1250, 1500].map((now) => decide(now, 3))).toEqual([undefined, undefined]);
    // A moment in which all is well begins anew.
    expect([decide(1750, 1), decide(2500, 3), decide(3400, 3), decide(3500, 3)]).toEqual([
      ...[undefined, undefined, undefined, 'device 1'],
    ]);
  });
});

describe('the use of a device', () => {
  const player = (priority: 'interactive' | 'batch' = 'interactive') => ({ priority });

  test('counts who asked for something in the last 5 seconds', () => {
    const usage = new Usage();
    const [a, b, c] = [player(), player('batch'), player()];
    [a, b, c].forEach((each, i) => usage.touch(each!, 1000 * i));
    expect(usage.count(2000)).toEqual({ interactive: 2, batch: 1 });
    usage.touch(a!, 3000);
    expect(usage.active(3000)).toEqual([b, c, a]);
    expect(usage.count(6500)).toEqual({ interactive: 2, batch: 0 });
    usage.forget(c!);
    expect(usage.count(6500)).toEqual({ interactive: 1, batch: 0 });
    expect(usage.count(9000)).toEqual({ interactive: 0, batch: 0 });
  });

  test('tells how busy it is, and how much slower than measured; that is forgotten with time', () => {
    const usage = new Usage();
    for (let t = 0; t < 20_000; t += 50) usage.ran(2, 25, 10, t);
    expect(usage.load(20_000)).toBeCloseTo(0.5, 1);
    expect(usage.framesPerSecond(20_000)).toBeCloseTo(40, 0);
    expect(Math.abs(usage.slowdown(20_000) - 2.45)).toBeLessThan(0.06);
    expect([usage.load(60_000), usage.slowdown(120_000)].map((each) => Math.round(each * 100))).toEqual([
      0, 100,
    ]);
    // One that took for ever says little.
    usage.ran(1, 1e9, 1, 130_000);
    expect(usage.slowdown(130_000)).toBeLessThan(12);
  });
});
