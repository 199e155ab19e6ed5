import { GraphBuilder } from '@snowglobe/graph';
import type { KernelCase } from '@snowglobe/runtime/testing';
import { checkGradient, checkKernel, evaluate, f32, i32 } from '@snowglobe/runtime/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gatherRows, scatterAddRows, scatterRows } from './gather.js';

/** `count` integers below `below`, many of them repeated. */
const indicesOf = (count: number, below: number): number[] =>
  Array.from({ length: count }, (_, i) => (i * i * 7 + 3 * i) % below);

describe('gatherRows', () => {
  it.each([
    { rows: 1, width: 1, shape: [1] },
    { rows: 5, width: 3, shape: [2, 4] },
    { rows: 9, width: 8, shape: [2, 3, 5] },
    { rows: 33, width: 260, shape: [70] },
    { rows: 4, width: 12, shape: [] },
  ])('of ($rows, $width) by indices $shape, with its gradient', async ({ rows, width, shape }) => {
    const count = shape.reduce((product, dim) => product * dim, 1);
    const testCase = {
      inputs: { table: f32(rows, width), indices: i32(shape, indicesOf(count, rows)) },
      build: ({ table, indices }: any) => gatherRows(table, indices),
    };
    await checkKernel(testCase);
    await checkGradient(testCase);
  });

  it('takes rows of integers', async () => {
    const testCase = {
      inputs: { table: i32([3, 2], [0, 1, 10, 11, 20, 21]), indices: i32([4], [2, 0, 1, 2]) },
      build: ({ table, indices }: any) => gatherRows(table, indices),
    };
    await checkKernel(testCase);
    expect([...(await evaluate(testCase))['0']!]).toEqual([20, 21, 0, 1, 10, 11, 20, 21]);
  });

  it('refuses tables that are no table and indices that are not whole', () => {
    const builder = new GraphBuilder();
    const table = builder.input('table', [3, 2]);
    expect(() => gatherRows(table, builder.input('f', [4]))).toThrow(
      /indices \(4\) are f32; convert them with toI32/,
    );
    expect(() => gatherRows(builder.input('t', [3, 2, 1]), builder.input('i', [4], 'i32'))).toThrow(
      /gatherRows: the table \(3, 2, 1\) must be \(rows, width\)/,
    );
  });
});

describe('packed words', () => {
  /** Beyond what an i32 or an f32 keeps, in rows of each width that shaders tell apart. */
  const words = (count: number, seed: number) =>
    Uint32Array.from({ length: count }, (_, i) => Math.imul(i + seed, 0x9e3779b1) | 0x80000001);

  it.each([1, 6, 8])('rows of %i are taken and replaced bit by bit on every executor', async (width) => {
    const spec = (rows: number) => ({ shape: [rows, width], dtype: 'u32' as const });
    const [table, values] = [words(5 * width, 1), words(2 * width, 99)];
    const testCase: KernelCase = {
      inputs: {
        table: { ...spec(5), data: table },
        values: { ...spec(2), data: values },
        indices: i32([2], [4, 1]),
      },
      build: ({ table, values, indices }) => [
        scatterRows(table!, values!, indices!),
        gatherRows(table!, indices!),
      ],
      tolerance: { relative: 0, absolute: 0 },
    };
    await checkKernel(testCase);
    const { '0': written, '1': taken } = await evaluate(testCase);
    const row = (of: Uint32Array, i: number) => [...of.subarray(i * width, (i + 1) * width)];
    expect([...taken!]).toEqual([...row(table, 4), ...row(table, 1)]);
    expect([...written!]).toEqual([
      ...row(table, 0),
      ...row(values, 1),
      ...[2, 3].flatMap((i) => row(table, i)),
      ...row(values, 0),
    ]);
  });
});

describe('scatterAddRows', () => {
  it.each([
    { rows: 1, width: 1, count: 200 },
    { rows: 6, width: 4, count: 131 },
    { rows: 70, width: 5, count: 64 },
    { rows: 3, width: 300, count: 65 },
  ])('adds $count rows of $width into $rows, with its gradient', async ({ rows, width, count }) => {
    const testCase = {
      inputs: { values: f32(count, width), indices: i32([count], indicesOf(count, rows)) },
      build: ({ values, indices }: any) => scatterAddRows(values, indices, rows),
    };
    await checkKernel(testCase);
    await checkGradient(testCase);
  });

  it('keeps the total, whatever the indices', async () => {
    const indices = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 90 });
    await fc.assert(
      fc.asyncProperty(indices, async (list) => {
        const values = { ...f32(list.length, 1), data: Float32Array.from(list, (_, i) => i + 1) };
        const result = await evaluate({
          inputs: { values, indices: i32([list.length], list) },
          build: ({ values, indices }) => scatterAddRows(values!, indices!, 7),
        });
        expect([...result['0']!].reduce((a, b) => a + b)).toBe((list.length * (list.length + 1)) / 2);
      }),
      { numRuns: 30 },
    );
  });

  it('says which shape the values need', () => {
    const builder = new GraphBuilder();
    const indices = builder.input('indices', [2, 3], 'i32');
    expect(() => scatterAddRows(builder.input('values', [6, 4]), indices, 5)).toThrow(
      /scatterAddRows: values \(6, 4\) do not belong to indices \(2, 3\); give them the shape \(2, 3, width\)/,
    );
    expect(() => scatterAddRows(builder.input('fitting', [2, 3, 4]), indices, 0)).toThrow(/0 rows/);
  });
});

describe('scatterRows', () => {
  it.each([
    { rows: 7, width: 3, indices: [6, 0, 3] },
    { rows: 5, width: 8, indices: [4] },
    { rows: 40, width: 130, indices: [39, 38, 1, 20, 0] },
  ])('replaces rows $indices of ($rows, $width), with gradients', async ({ rows, width, indices }) => {
    const testCase = {
      inputs: {
        table: f32(rows, width),
        values: f32(indices.length, width),
        indices: i32([indices.length], indices),
      },
      build: ({ table, values, indices }: any) => scatterRows(table, values, indices),
    };
    await checkKernel(testCase);
    await checkGradient(testCase);
  });

  it('leaves a table alone that is read afterwards', async () => {
    const testCase = {
      inputs: { table: f32(3, 2), values: f32(1, 2), indices: i32([1], [1]) },
      build: ({ table, values, indices }: any) => [
        scatterRows(table, values, indices),
        gatherRows(table, indices),
      ],
    };
    await checkKernel(testCase);
  });

  it('keeps integers, and refuses values of another type or width', async () => {
    await checkKernel({
      inputs: { table: i32([3, 1], [1, 2, 3]), values: i32([1, 1], [9]), indices: i32([1], [2]) },
      build: ({ table, values, indices }) => scatterRows(table!, values!, indices!),
    });
    const builder = new GraphBuilder();
    const table = builder.input('table', [3, 2]);
    const indices = builder.input('indices', [1], 'i32');
    expect(() => scatterRows(table, builder.input('whole', [1, 2], 'i32'), indices)).toThrow(
      /values of i32 do not fit a table of f32/,
    );
    expect(() => scatterRows(table, builder.input('wide', [1, 3]), indices)).toThrow(
      /give them the shape \(1, 2\)/,
    );
  });
});
