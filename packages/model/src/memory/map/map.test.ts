import type { Executor } from '@snowglobe/graph';
import { GraphBuilder } from '@snowglobe/graph';
import { pointwise as p } from '@snowglobe/kernels';
import { createNodeOnnxExecutor, createReferenceExecutor } from '@snowglobe/runtime';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MapGeometry, Motion } from './geometry.js';
import { oldestAge } from './geometry.js';
import { cellsOf, freshness } from '../cells.js';
import { MapMemory } from './map_memory.js';
import { agesAfter, mapStep } from './map_step.js';

const motions: readonly Motion[] = [
  [0, 0],
  [0, -1],
  [0, 1],
  [-1, 0],
  [1, 0],
];
const scrolling: MapGeometry = {
  frame: { rows: 5, columns: 5 },
  view: { top: 0, left: 0, rows: 3, columns: 5 },
  motions,
  canvas: { rows: 9, columns: 9 },
};
const still: MapGeometry = {
  ...scrolling,
  view: { top: 0, left: 0, rows: 0, columns: 0 },
  motions: [[0, 0]],
  canvas: { rows: 0, columns: 0 },
};

/** What a plane of different codes shows to a view at a place, above two rows that tell the time. */
const plane = (row: number, column: number): number => ((((row * 31 + column * 17) % 97) + 97) % 97) + 3;
function frameAt(row: number, column: number, time: number): Int32Array {
  return Int32Array.from({ length: 25 }, (_, i) =>
    i < 15 ? plane(row + Math.floor(i / 5), column + (i % 5)) : time % 3,
  );
}

describe('a map of a plane', () => {
  it('shows what was seen where it was seen, and nothing else', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 40 }), (walk) => {
        const map = new MapMemory(scrolling);
        const seen = new Set<string>();
        let [row, column] = [0, 0];
        walk.forEach((motion, time) => {
          for (let i = 0; i < 15; i++) seen.add(`${row + Math.floor(i / 5)} ${column + (i % 5)}`);
          map.see(frameAt(row, column, time));
          const [down, right] = motions[motion]!;
          const before = [row, column];
          [row, column] = [row + down, column + right];
          const { codes, freshness: fresh } = map.move(motion);
          for (let i = 0; i < 15; i++) {
            const [y, x] = [row + Math.floor(i / 5), column + (i % 5)];
            const isLast = y >= before[0]! && y < before[0]! + 3 && x >= before[1]! && x < before[1]! + 5;
            if (isLast) expect(fresh[i]).toBe(freshness.last);
            // What left the canvas is forgotten, and may be remembered again by nobody.
            if (codes[i] === 0) expect(fresh[i]).toBe(freshness.never);
            else {
              expect(codes[i]).toBe(plane(y, x) + 1);
              expect(seen.has(`${y} ${x}`)).toBe(true);
            }
          }
          for (let i = 15; i < 25; i++)
            expect([codes[i], fresh[i]]).toEqual([(time % 3) + 1, freshness.last]);
        });
      }),
    );
  });

  it('remembers a walk out and back, as far as the canvas reaches', () => {
    const map = new MapMemory(scrolling);
    for (let x = 0; x < 2; x++) {
      map.see(frameAt(0, x, 0));
      map.move(2);
    }
    map.see(frameAt(0, 2, 0));
    for (let x = 1; x >= 0; x--) {
      const { codes } = map.move(1);
      expect(codes[0]).toBe(plane(0, x) + 1);
      map.see(frameAt(0, x, 0));
    }
  });

  it('tells how long a cell has been what it is', () => {
    const map = new MapMemory(scrolling);
    map.see(frameAt(0, 0, 0));
    expect(map.move(0).ages[20]).toBe(0); // Nobody knows.
    map.see(frameAt(0, 0, 1));
    for (let t = 1; t < oldestAge + 5; t++) {
      const { ages } = map.move(0);
      expect(ages[20]).toBe(Math.min(t, oldestAge));
      expect(ages[0]).toBe(0);
      map.see(frameAt(0, 0, 1));
    }
  });
});

describe('the map as a graph', () => {
  const executors: readonly [string, () => Executor][] = [
    ['reference', createReferenceExecutor],
    ['onnx', () => createNodeOnnxExecutor({ threads: 1 })],
  ];
  it.each(
    executors.flatMap(([name, open]) => [
      [name, 'a plane', scrolling, open] as const,
      [name, 'a view that stands still', still, open] as const,
    ]),
  )('on %s: %s, three worlds side by side, step by step as the loops', async (_, __, geometry, open) => {
    const executor = open();
    const [batch, cells, places] = [3, cellsOf(geometry.frame), cellsOf(geometry.canvas)];
    const builder = new GraphBuilder();
    const variable = (name: string, width: number) => builder.variable(name, [batch, width], 'i32');
    const [codes, ages] = [variable('codes', cells), variable('ages', cells)];
    const canvas = places > 0 ? variable('canvas', places) : undefined;
    const drawn = builder.input('drawn', [batch, cells], 'i32');
    const step = mapStep(
      { codes_BP: codes, ages_BP: ages, canvas_BC: canvas },
      builder.input('motion', [batch], 'i32'),
      geometry,
    );
    builder.assign(codes, p.add(drawn, 0));
    builder.assign(ages, agesAfter(drawn, step));
    if (canvas) builder.assign(canvas, step.canvas_BC!);
    builder.output('hint', step.codes_BP);
    builder.output('freshness', step.freshness_BP);
    builder.output('ages', step.ages_BP);
    const graph = builder.build();
    const store = executor.createStore();
    const program = await executor.compile(graph, { store });

    const random = fc.sample(fc.integer({ min: 0, max: 2 ** 30 }), { seed: 7, numRuns: 2000 });
    let at = 0;
    const next = (below: number): number => random[at++ % random.length]! % below;
    const frame = (): Int32Array => Int32Array.from({ length: cells }, () => next(4));
    const maps = Array.from({ length: batch }, () => new MapMemory(geometry));
    const first = maps.map((map) => {
      const seen = frame();
      map.see(seen);
      return seen;
    });
    for (const [name, spec] of graph.variables) {
      const data = new Int32Array(spec.shape.reduce((a, b) => a * b));
      if (name === 'codes') data.set(first.flatMap((seen) => [...seen.map((code) => code + 1)]));
      store.write(name, spec, data);
    }
    for (let t = 0; t < 12; t++) {
      const chosen = maps.map(() => next(geometry.motions.length));
      const known = maps.map((map, b) => map.move(chosen[b]!));
      const drawnNow = maps.map((map) => {
        const seen = frame();
        map.see(seen);
        return seen;
      });
      const run = await program.run({
        motion: Int32Array.from(chosen),
        drawn: Int32Array.from(drawnNow.flatMap((seen) => [...seen.map((code) => code + 1)])),
      });
      expect([...run['hint']!]).toEqual(known.flatMap((each) => [...each.codes]));
      expect([...run['freshness']!]).toEqual(known.flatMap((each) => [...each.freshness]));
      expect([...run['ages']!]).toEqual(known.flatMap((each) => [...each.ages]));
    }
    await executor.close();
  });
});
