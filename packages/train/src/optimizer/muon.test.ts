import { expect, test } from 'vitest';
import type { TensorData } from '@snowglobe/graph';
import { GraphBuilder } from '@snowglobe/graph';
import { createReferenceExecutor } from '@snowglobe/runtime';
import { executorsUnderTest, expectClose, randomData } from '@snowglobe/runtime/testing';
import { muonDirections, orthogonalize } from './muon.js';

/** Singular values by one-sided Jacobi rotations (Hestenes 1958) of the shorter side, in double precision. */
function singularValues(data: ArrayLike<number>, rows: number, columns: number): number[] {
  const [count, length] = [Math.min(rows, columns), Math.max(rows, columns)];
  const at = (i: number, j: number): number =>
    rows <= columns ? data[i * columns + j]! : data[j * columns + i]!;
  const vectors = Array.from({ length: count }, (_, i) => Float64Array.from({ length }, (_, j) => at(i, j)));
  const dot = (x: Float64Array, y: Float64Array): number =>
    x.reduce((total, value, i) => total + value * y[i]!, 0);
  for (let sweep = 0; sweep < 30; sweep++) {
    let off = 0;
    for (let p = 0; p < count; p++) {
      for (let q = p + 1; q < count; q++) {
        const [x, y] = [vectors[p]!, vectors[q]!];
        const [xx, yy, xy] = [dot(x, x), dot(y, y), dot(x, y)];
        off = Math.max(off, Math.abs(xy) / Math.sqrt(xx * yy + 1e-300));
        if (xy === 0) continue;
        const tau = (yy - xx) / (2 * xy);
        const t = (tau < 0 ? -1 : 1) / (Math.abs(tau) + Math.sqrt(1 + tau * tau));
        const cosine = 1 / Math.sqrt(1 + t * t);
        for (let i = 0; i < length; i++) {
          [x[i], y[i]] = [cosine * (x[i]! - t * y[i]!), cosine * (t * x[i]! + y[i]!)];
        }
      }
    }
    if (off < 1e-12) break;
  }
  return vectors.map((vector) => Math.sqrt(dot(vector, vector)));
}

test('the singular values of the check itself are right', () => {
  // diag(3, 2) turned by 30 degrees.
  const [c, s] = [Math.cos(Math.PI / 6), Math.sin(Math.PI / 6)];
  expect(singularValues([3 * c, -2 * s, 3 * s, 2 * c], 2, 2).sort()).toEqual([
    expect.closeTo(2, 10),
    expect.closeTo(3, 10),
  ]);
});

async function orthogonalized(shape: readonly number[], seed: number): Promise<[TensorData, TensorData][]> {
  const builder = new GraphBuilder();
  builder.output('y', orthogonalize(builder.input('x', shape)));
  const graph = builder.build();
  const x = randomData({ shape, dtype: 'f32' }, seed);
  const results: [TensorData, TensorData][] = [];
  for (const executor of [createReferenceExecutor(), ...(await executorsUnderTest())]) {
    const program = await executor.compile(graph);
    results.push([x, (await program.run({ x }))['y']!]);
    await program.close();
  }
  return results;
}

// Up to a ratio of sides of 2 the iteration runs on the matrix, beyond on its Gram matrix. Exactly square random matrices
// are left out: they have a singular value near zero, which five steps of the quintic cannot lift to 0.7.
test.each([
  [1, 12, 20],
  [1, 20, 12],
  [2, 24, 36],
  [1, 12, 60],
  [1, 60, 12],
  [3, 144, 16],
  [1, 16, 64],
])('orthogonalizes %i matrices of %i x %i', async (count, rows, columns) => {
  for (const [x, y] of await orthogonalized([count, rows, columns], rows + columns)) {
    for (let i = 0; i < count; i++) {
      const size = rows * columns;
      const before = x.subarray(i * size, (i + 1) * size);
      const after = y.subarray(i * size, (i + 1) * size);
      for (const value of singularValues(after, rows, columns)) {
        expect(value).toBeGreaterThan(0.65);
        expect(value).toBeLessThan(1.3);
      }
      // Same singular vectors: the product with the input is symmetric and positive definite on the short side.
      const product =
        rows <= columns
          ? timesTransposed(before, after, rows, columns)
          : transposedTimes(before, after, rows, columns);
      const side = Math.min(rows, columns);
      const transposed = Float64Array.from(
        product,
        (_, k) => product[(k % side) * side + Math.floor(k / side)]!,
      );
      expectClose('symmetric', transposed, product, { relative: 1e-3 });
    }
  }
});

function timesTransposed(a: TensorData, b: TensorData, rows: number, columns: number): Float64Array {
  return Float64Array.from({ length: rows * rows }, (_, k) => {
    let total = 0;
    for (let j = 0; j < columns; j++)
      total += a[Math.floor(k / rows) * columns + j]! * b[(k % rows) * columns + j]!;
    return total;
  });
}

function transposedTimes(a: TensorData, b: TensorData, rows: number, columns: number): Float64Array {
  return Float64Array.from({ length: columns * columns }, (_, k) => {
    let total = 0;
    for (let j = 0; j < rows; j++)
      total += a[j * columns + Math.floor(k / columns)]! * b[j * columns + (k % columns)]!;
    return total;
  });
}

/** Jordan et al. 2024, written out for one matrix with rows <= columns, in double precision. */
function newtonSchulz(x: ArrayLike<number>, rows: number, columns: number): Float64Array {
  const multiply = (a: Float64Array, b: Float64Array, m: number, k: number, n: number): Float64Array => {
    const out = new Float64Array(m * n);
    for (let i = 0; i < m; i++)
      for (let l = 0; l < k; l++)
        for (let j = 0; j < n; j++) out[i * n + j]! += a[i * k + l]! * b[l * n + j]!;
    return out;
  };
  const norm = Math.hypot(...Array.from(x));
  let current = Float64Array.from(x, (value) => value / (norm + 1e-7));
  for (let step = 0; step < 5; step++) {
    const flipped = new Float64Array(rows * columns);
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++) flipped[j * rows + i] = current[i * columns + j]!;
    const gram = multiply(current, flipped, rows, columns, rows);
    const squared = multiply(gram, gram, rows, rows, rows);
    const factor = gram.map((value, i) => -4.775 * value + 2.0315 * squared[i]!);
    const moved = multiply(factor, current, rows, rows, columns);
    current = current.map((value, i) => 3.4445 * value + moved[i]!);
  }
  return current;
}

test.each([
  [16, 24],
  [16, 40],
  [13, 117],
])('follows the plain iteration on %i x %i', async (rows, columns) => {
  for (const [x, y] of await orthogonalized([1, rows, columns], 5)) {
    expectClose('iterate', y, newtonSchulz(x, rows, columns), { relative: 3e-4 });
  }
});

test('filters are seen as (9 · in, out), and weights of one shape share a product', async () => {
  const builder = new GraphBuilder();
  const filter = builder.input('filter', [3, 3, 4, 12]);
  const square = builder.input('matrix', [36, 12]);
  const wide = builder.input('wide', [12, 48]);
  muonDirections([filter, wide, square]).forEach((direction, i) => builder.output(`${i}`, direction));
  const program = await createReferenceExecutor().compile(builder.build());
  const data = randomData({ shape: [36, 12], dtype: 'f32' }, 9);
  const out = await program.run({
    filter: data,
    matrix: data,
    wide: randomData({ shape: [12, 48], dtype: 'f32' }, 10),
  });
  expectClose('filter', out['0']!, out['2']!);
  expect(singularValues(out['0']!, 36, 12).every((value) => value > 0.65 && value < 1.3)).toBe(true);
  // out / in = 4: directions are twice as long.
  expect(singularValues(out['1']!, 12, 48).every((value) => value > 1.3 && value < 2.6)).toBe(true);
});
