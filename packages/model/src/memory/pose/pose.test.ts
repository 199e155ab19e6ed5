import type { Executor } from '@snowglobe/graph';
import { GraphBuilder, sizeOf } from '@snowglobe/graph';
import { pointwise as p } from '@snowglobe/kernels';
import { createNodeOnnxExecutor, createReferenceExecutor } from '@snowglobe/runtime';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cellsOf, freshness } from '../cells.js';
import type { Pose, PoseGeometry } from './geometry.js';
import { motionCount, poseAt, poseFrom, poseIndex, poseTables } from './geometry.js';
import { PoseMemory } from './pose_memory.js';
import { cellsInView, poseStep, rememberLast, surroundings } from './pose_step.js';

const geometry: PoseGeometry = {
  frame: { rows: 3, columns: 2 },
  view: { top: 0, left: 0, rows: 2, columns: 2 },
  motions: [
    [0, 0, 0],
    [1, 0, 0],
    [-1, 0, 0],
    [0, 0, 3],
    [0, 0, 1],
    [0, 1, 0],
  ],
  leadsElsewhere: true,
  sight: [1, 1, 2],
  ...{ reach: 3, frames: 6, recalled: 2 },
};
const tables = poseTables(geometry);
const motions = motionCount(geometry);

/** A walker on a plane: x to the east, y to the south, heading 0 to the east and 1 to the south. */
interface Walker {
  readonly x: number;
  readonly y: number;
  readonly heading: number;
}
const headings = [
  [1, 0],
  [0, 1],
  [-1, 0],
  [0, -1],
] as const;
function walk({ x, y, heading }: Walker, [ahead, right, turn]: Pose): Walker {
  const [a, r] = [headings[heading]!, headings[(heading + 1) % 4]!];
  return {
    x: x + ahead * a[0] + right * r[0],
    y: y + ahead * a[1] + right * r[1],
    heading: (heading + turn) % 4,
  };
}
/** The pose of one walker in the eyes of another. */
function poseOf(walker: Walker, eyes: Walker): Pose {
  const [dx, dy] = [walker.x - eyes.x, walker.y - eyes.y];
  const [a, r] = [headings[eyes.heading]!, headings[(eyes.heading + 1) % 4]!];
  return [dx * a[0] + dy * a[1], dx * r[0] + dy * r[1], (walker.heading - eyes.heading + 4) % 4];
}
/** Squares that a walker sees, as places of the plane. */
function seenBy(walker: Walker): Set<string> {
  const squares = geometry.sight.flatMap((width, depth) =>
    Array.from({ length: 2 * width + 1 }, (_, i) => walk(walker, [depth, i - width, 0])),
  );
  return new Set(squares.map(({ x, y }) => `${x} ${y}`));
}

const anyMotions = fc.array(fc.nat(geometry.motions.length - 1), { minLength: 1, maxLength: 60 });

describe('poses', () => {
  it('are where a walker on a plane says, however it goes', () => {
    fc.assert(
      fc.property(anyMotions, (walked) => {
        let walker: Walker = { x: 5, y: -2, heading: 2 };
        let start: Pose = [0, 0, 0];
        const first = walker;
        for (const motion of walked) {
          walker = walk(walker, geometry.motions[motion]!);
          start = poseFrom(start, geometry.motions[motion]!);
          expect(start).toEqual(poseOf(first, walker).map((each) => each + 0));
        }
      }),
    );
  });

  it('are integers within reach, and nowhere beyond', () => {
    for (const pose of [
      [0, 0, 0],
      [3, -3, 1],
      [-2, 1, 3],
    ] as const) {
      expect(poseAt(poseIndex(pose, geometry), geometry)).toEqual(pose);
    }
    expect(poseIndex([4, 0, 0], geometry)).toBe(0);
    expect(tables.ways.map((way) => poseAt(way, geometry))).toEqual([
      [0, 0, 1],
      [0, 0, 2],
    ]);
  });
});

describe('a memory by pose', () => {
  it('shows the frame that was last seen from the same pose, and frames whose views cover most of it', () => {
    fc.assert(
      fc.property(anyMotions, (walked) => {
        const roomy = { ...geometry, reach: 80, frames: 200 };
        const memory = new PoseMemory(roomy, roomyTables);
        let walker: Walker = { x: 0, y: 0, heading: 1 };
        const visited: Walker[] = [];
        walked.forEach((motion, time) => {
          memory.see(time);
          visited.push(walker);
          const around = memory.surroundings();
          geometry.motions.forEach((each, i) => {
            const { x, y } = walk(walker, each);
            const stood = visited.some((one) => one.x === x && one.y === y);
            expect(around.stood[i]).toBe(each[0] !== 0 || each[1] !== 0 ? Number(stood) : 0);
          });
          const next = walk(walker, geometry.motions[motion]!);
          const lastAt = (at: Walker): number =>
            visited.findLastIndex((one) => JSON.stringify(one) === JSON.stringify(at));
          expect([...around.ways]).toEqual([1, 2].map((turn) => lastAt(walk(walker, [0, 0, turn]))));
          walker = next;
          const hint = memory.move(motion);
          expect(hint.same).toBe(lastAt(next));
          const wanted = seenBy(next);
          for (const frame of hint.recalled) {
            const covers = (one: Walker): number =>
              [...seenBy(one)].filter((each) => wanted.has(each)).length;
            const others = [...visited.keys()].filter(
              (each) =>
                JSON.stringify(visited[each]) !== JSON.stringify(visited[time]) &&
                JSON.stringify(visited[each]) !== JSON.stringify(next),
            );
            const most = Math.max(0, ...others.map((each) => covers(visited[each]!)));
            expect(frame < 0 ? 0 : covers(visited[frame]!)).toBe(most);
            if (frame >= 0) for (const each of seenBy(visited[frame]!)) wanted.delete(each);
          }
        });
      }),
      { numRuns: 30 },
    );
  });

  it('is bounded: it forgets what was seen longest ago, what is out of reach, and all when it is led elsewhere', () => {
    const memory = new PoseMemory({ ...geometry, frames: 3 }, tables);
    const see = (frame: number, ...walked: readonly number[]) => {
      memory.see(frame);
      return walked.map((motion) => memory.move(motion)).at(-1)!;
    };
    // Four turns to the right: the first frame is forgotten when the fourth comes.
    for (let frame = 0; frame < 3; frame++) expect(see(frame, 4).same).toBe(-1);
    expect(see(3, 4).same).toBe(-1);
    expect(see(4, 3).same).toBe(3);
    // Farther than it reaches, and back.
    expect(see(5, 1, 1, 1, 2, 2, 2).same).toBe(5);
    expect(see(6, 1, 1, 1, 1, 2, 2, 2, 2).same).toBe(-1);
    expect(see(7, 0).same).toBe(7);
    expect(see(8, motions - 1)).toEqual({
      same: -1,
      recalled: Int32Array.of(-1, -1),
      views: Int32Array.of(0, 0, 0),
    });
  });
});

const roomyTables = poseTables({ ...geometry, reach: 80 });

describe('the memory as a graph', () => {
  const executors: readonly [string, () => Executor][] = [
    ['reference', createReferenceExecutor],
    ['onnx', () => createNodeOnnxExecutor({ threads: 1 })],
  ];
  it.each(executors)('on %s: three worlds side by side, step by step as the loops', async (_, open) => {
    const executor = open();
    const { frames, recalled } = geometry;
    const [batch, cells] = [3, cellsOf(geometry.frame)];
    const builder = new GraphBuilder();
    const places = builder.variable('places', [batch, frames], 'i32');
    const kept = builder.variable('frames', [batch, frames, cells], 'i32');
    const last = builder.input('last', [batch, cells], 'i32');
    const state = rememberLast({ places_BN: places, frames_BNP: kept }, last, tables);
    const around = surroundings(state, tables);
    const step = poseStep(state, builder.input('motion', [batch], 'i32'), geometry, tables);
    builder.assign(places, step.places_BN);
    builder.assign(kept, p.add(state.frames_BNP, 0));
    builder.output('ways', around.ways_BWP!);
    builder.output('stood', around.stood_BM);
    builder.output('codes', step.codes_BP);
    builder.output('freshness', step.freshness_BP);
    builder.output('recalled', step.recalled_BRP!);
    builder.output('views', step.views_BV);
    const graph = builder.build();
    const store = executor.createStore();
    const program = await executor.compile(graph, { store });
    for (const [name, spec] of graph.variables) store.write(name, spec, new Int32Array(sizeOf(spec.shape)));

    const random = fc.sample(fc.integer({ min: 0, max: 2 ** 30 }), { seed: 9, numRuns: 2000 });
    let at = 0;
    const next = (below: number): number => random[at++ % random.length]! % below;
    const memories = Array.from({ length: batch }, () => new PoseMemory(geometry, tables));
    const shown: Int32Array[] = [];
    const none = new Int32Array(cells);
    const codesOf = (frame: number): number[] => [...(frame < 0 ? none : shown[frame]!)];
    const isInView = cellsInView(geometry);
    const fresh = new Set<number>();
    for (let t = 0; t < 40; t++) {
      const lasts = memories.map((memory) => {
        shown.push(Int32Array.from({ length: cells }, () => 1 + next(50)));
        memory.see(shown.length - 1);
        return shown.at(-1)!;
      });
      // Elsewhere is rare.
      const chosen = memories.map(() => (next(12) === 0 ? motions - 1 : next(motions - 1)));
      const before = memories.map((memory) => memory.surroundings());
      const hints = memories.map((memory, b) => memory.move(chosen[b]!));
      const run = await program.run({
        last: Int32Array.from(lasts.flatMap((codes) => [...codes])),
        motion: Int32Array.from(chosen),
      });
      expect([...run['ways']!]).toEqual(before.flatMap(({ ways }) => [...ways].flatMap(codesOf)));
      expect([...run['stood']!]).toEqual(before.flatMap(({ stood }) => [...stood]));
      expect([...run['recalled']!]).toEqual(hints.flatMap((hint) => [...hint.recalled].flatMap(codesOf)));
      expect([...run['views']!]).toEqual(hints.flatMap(({ views }) => [...views]));
      hints.forEach(({ same }, b) => {
        const isLast = same === shown.length - batch + b;
        for (let cell = 0; cell < cells; cell++) {
          const [code, kind] = isInView[cell]
            ? [codesOf(same)[cell], same < 0 ? freshness.never : isLast ? freshness.last : freshness.earlier]
            : [lasts[b]![cell], freshness.last];
          expect(run['codes']![b * cells + cell]).toBe(code);
          expect(run['freshness']![b * cells + cell]).toBe(kind);
          fresh.add(kind);
        }
      });
    }
    expect(recalled).toBe(2);
    expect([...fresh].sort()).toEqual(Object.values(freshness).sort());
    await executor.close();
  });
});
