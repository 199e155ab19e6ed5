import type { Tensor, TensorData, TensorSpec, Executor } from '@snowglobe/graph';
import { GraphBuilder } from '@snowglobe/graph';
import {
  createNodeOnnxExecutor,
  createReferenceExecutor,
  createWebgpuExecutor,
  openBestDevice,
} from '@snowglobe/runtime';
import { lowerToOnnx } from '@snowglobe/runtime/internal';
import type { KernelCase } from '@snowglobe/runtime/testing';
import {
  checkKernel,
  checkVariants,
  evaluate,
  expectClose,
  f32,
  hasFeature,
  randomData,
} from '@snowglobe/runtime/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matmulQuantized } from './matmul_quantized.js';
import type { WeightBits } from './pack.js';
import { normalFloat4 } from './onnx/normal_float.js';
import { packRows, unpackValue, wordsOf } from './pack.js';
import { randomWhole as whole, unevenCodebook } from '../../testing/random_matrix.js';

interface Case {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly bits: WeightBits;
  readonly group: number;
  readonly zeroPoints: boolean;
  readonly bias: boolean;
  readonly activationBits?: 8 | 32;
  readonly codebook?: 'normal float' | 'whole' | 'uneven';
  /** Rows hold no more words than K needs. */
  readonly trimmed?: true;
}

/** NF4 as its authors' code has it; the values of MXFP4 where there are as many, ternary ones otherwise; anything. */
function codebookOf({ bits, codebook }: Case): readonly number[] | undefined {
  if (codebook === 'whole') {
    const halves = [0, 0.5, 1, 1.5, 2, 3, 4, 6];
    return bits === 4 ? [...halves, ...halves.map((x) => -x)] : [0, 0.3, -0.3, 0];
  }
  if (codebook === 'uneven') return unevenCodebook(bits);
  return codebook && normalFloat4;
}

function operandsOf({ m, n, k, bits, group, zeroPoints, bias, trimmed }: Case, seed = 1) {
  const groups = Math.ceil(k / group);
  const depth = trimmed ? k : groups * group;
  // What pads the last group may be anything.
  const weights = whole(n * depth, bits, seed);
  const zeros = whole(n * groups, bits, seed + 1);
  return {
    a: { ...f32(m, k), data: randomData(f32(m, k), seed + 2) },
    packed: {
      shape: [n, wordsOf(depth, bits)],
      dtype: 'u32' as const,
      data: packRows(weights, n, depth, bits),
    },
    scales: { ...f32(n, groups), data: randomData(f32(n, groups), seed + 3) },
    ...(zeroPoints && {
      zeros: {
        shape: [n, wordsOf(groups, bits)],
        dtype: 'u32' as const,
        data: packRows(zeros, n, groups, bits),
      },
    }),
    ...(bias && { bias: { ...f32(n), data: randomData(f32(n), seed + 4) } }),
    weights,
    depth,
    zeroValues: zeroPoints ? zeros : zeros.map(() => 2 ** (bits - 1)),
  };
}

const build =
  (each: Case) =>
  ({ a, packed, scales, zeros, bias }: Readonly<Record<string, Tensor>>): Tensor => {
    const { bits, group, activationBits = 32 } = each;
    const codebook = codebookOf(each);
    const optional = { ...(zeros && { zeroPoints: zeros }), ...(codebook && { codebook }) };
    return matmulQuantized(
      a!,
      { packed: packed!, scales: scales!, bits, group, ...optional },
      { activationBits, ...(bias && { bias }) },
    );
  };

describe('matmulQuantized', () => {
  const cases: Case[] = [
    { m: 1, n: 65, k: 96, bits: 4, group: 32, zeroPoints: false, bias: false },
    { m: 1, n: 9, k: 50, bits: 8, group: 16, zeroPoints: true, bias: true },
    { m: 5, n: 33, k: 130, bits: 4, group: 64, zeroPoints: true, bias: true },
    { m: 9, n: 20, k: 33, bits: 4, group: 32, zeroPoints: true, bias: false },
    { m: 40, n: 70, k: 129, bits: 8, group: 128, zeroPoints: false, bias: true },
    // Many rows and groups larger than the blocks that ONNX Runtime knows.
    { m: 130, n: 6, k: 600, bits: 8, group: 512, zeroPoints: true, bias: false },
    { m: 130, n: 5, k: 640, bits: 8, group: 1024, zeroPoints: false, bias: false, trimmed: true },
    { m: 130, n: 6, k: 40, bits: 8, group: 16, zeroPoints: true, bias: true, trimmed: true },
    { m: 65, n: 5, k: 1, bits: 4, group: 16, zeroPoints: true, bias: true },
    { m: 1, n: 40, k: 96, bits: 8, group: 32, zeroPoints: false, bias: false, activationBits: 8 },
    { m: 11, n: 21, k: 70, bits: 4, group: 32, zeroPoints: true, bias: true, activationBits: 8 },
    { m: 18, n: 9, k: 129, bits: 8, group: 64, zeroPoints: true, bias: false, activationBits: 8 },
    { m: 5, n: 33, k: 64, bits: 4, group: 16, zeroPoints: false, bias: true, activationBits: 8 },
    { m: 5, n: 17, k: 96, bits: 2, group: 32, zeroPoints: true, bias: true },
    { m: 17, n: 9, k: 61, bits: 2, group: 16, zeroPoints: false, bias: false, trimmed: true },
    { m: 9, n: 20, k: 160, bits: 2, group: 64, zeroPoints: true, bias: true, activationBits: 8 },
    { m: 3, n: 10, k: 144, bits: 8, group: 256, zeroPoints: true, bias: true, trimmed: true },
    { m: 129, n: 4, k: 300, bits: 8, group: 512, zeroPoints: false, bias: false, trimmed: true },
    {
      m: 6,
      n: 12,
      k: 72,
      bits: 8,
      group: 128,
      zeroPoints: true,
      bias: true,
      activationBits: 8,
      trimmed: true,
    },
    { m: 6, n: 12, k: 40, bits: 4, group: 64, zeroPoints: false, bias: false, activationBits: 8 },
    { m: 5, n: 11, k: 64, bits: 4, group: 32, zeroPoints: false, bias: true, codebook: 'normal float' },
    { m: 2, n: 11, k: 72, bits: 4, group: 32, zeroPoints: false, bias: false, codebook: 'normal float' },
    { m: 18, n: 7, k: 64, bits: 4, group: 32, zeroPoints: false, bias: true, codebook: 'whole' },
    { m: 4, n: 7, k: 50, bits: 2, group: 16, zeroPoints: false, bias: false, codebook: 'whole' },
    {
      m: 4,
      n: 7,
      k: 32,
      bits: 2,
      group: 32,
      zeroPoints: false,
      bias: false,
      codebook: 'whole',
      activationBits: 8,
    },
    { m: 4, n: 7, k: 40, bits: 8, group: 16, zeroPoints: false, bias: false, codebook: 'uneven' },
    {
      m: 4,
      n: 7,
      k: 64,
      bits: 2,
      group: 64,
      zeroPoints: false,
      bias: true,
      codebook: 'uneven',
      activationBits: 8,
    },
  ];
  it.each(cases)('agrees on every executor: %j', async (each) => {
    const { weights: _, zeroValues: __, depth: ___, ...inputs } = operandsOf(each);
    await checkKernel({ inputs, build: build(each) });
  });

  it.each<Case>([
    ...cases.slice(1, 3),
    ...cases.filter(({ activationBits }) => activationBits === 8).slice(0, 2),
    { m: 7, n: 11, k: 72, bits: 4, group: 32, zeroPoints: true, bias: false },
    { m: 19, n: 10, k: 48, bits: 4, group: 64, zeroPoints: true, bias: true },
    { m: 6, n: 9, k: 96, bits: 2, group: 32, zeroPoints: true, bias: true },
    { m: 6, n: 9, k: 40, bits: 2, group: 16, zeroPoints: true, bias: false, activationBits: 8 },
    { m: 5, n: 6, k: 64, bits: 4, group: 32, zeroPoints: false, bias: true, codebook: 'normal float' },
    { m: 1, n: 7, k: 260, bits: 4, group: 32, zeroPoints: true, bias: true },
    { m: 6, n: 10, k: 300, bits: 8, group: 64, zeroPoints: false, bias: false },
    { m: 5, n: 3, k: 530, bits: 2, group: 32, zeroPoints: true, bias: false },
  ])('agrees in every variant: %j', async (each) => {
    const { weights: _, zeroValues: __, depth: ___, ...inputs } = operandsOf(each);
    const ran = await checkVariants({ inputs, build: build(each) }, 'matmulQuantized');
    for (const [device, names] of ran) {
      const isDeep = each.k * each.bits >= 512 && (await hasFeature(device, 'subgroups'));
      expect(names.some((name) => /subgroup1x/.test(name))).toBe(isDeep);
      const one =
        each.activationBits !== 8 ? 'tile32x32' : each.codebook ? 'rounded-tile32x32' : 'integer4x4';
      const other = each.activationBits === 8 ? 'rounded-split8' : 'split8';
      expect(names).toEqual(expect.arrayContaining([one, other]));
    }
  });

  it.each(cases)('runs constant weights through ONNX Runtime’s own low-bit matmul: %j', async (each) => {
    const { a, weights: _, zeroValues: __, depth: ___, ...rest } = operandsOf(each);
    const builder = new GraphBuilder();
    const constants = Object.fromEntries(
      Object.entries(rest).map(([name, { data, shape }]) => [name, builder.constant(data, shape)]),
    );
    builder.output('y', build(each)({ a: builder.input('a', a.shape), ...constants }));
    const graph = builder.build();
    const [expected, actual] = await Promise.all(
      [createReferenceExecutor({ doublePrecision: true }), createNodeOnnxExecutor({ threads: 1 })].map(
        async (executor) => (await (await executor.compile(graph)).run({ a: a.data }))['y']!,
      ),
    );
    expectClose('MatMulNBits', actual!, expected!, { relative: 1e-4 });
  });

  it.each(cases.filter(({ activationBits }) => activationBits !== 8))(
    'has a form for older versions of ONNX Runtime: %j',
    (each) => {
      const { a, weights: _, zeroValues: __, depth: ___, ...rest } = operandsOf(each);
      const builder = new GraphBuilder();
      const constants = Object.fromEntries(
        Object.entries(rest).map(([name, { data, shape }]) => [name, builder.constant(data, shape)]),
      );
      builder.output('y', build(each)({ a: builder.input('a', a.shape), ...constants }));
      const { nodes } = lowerToOnnx(builder.build(), new Map(), { isPortable: true }).model;
      const products = nodes.filter(({ domain }) => domain === 'com.microsoft');
      expect(products).toHaveLength(1);
      for (const { opType, inputs: operands, attributes } of products) {
        if (opType === 'MatMulBnb4') continue;
        expect(opType).toBe('MatMulNBits');
        expect(operands.length).toBeLessThanOrEqual(4);
        expect(attributes['bits']).toEqual({ int: 4 });
      }
    },
  );

  it.each<Omit<Case, 'm' | 'n'>>([
    { k: 40, bits: 8, group: 64, zeroPoints: true, bias: true, activationBits: 8 },
    { k: 40, bits: 8, group: 64, zeroPoints: false, bias: false, activationBits: 8 },
    { k: 40, bits: 8, group: 16, zeroPoints: false, bias: true, activationBits: 8 },
    { k: 40, bits: 8, group: 16, zeroPoints: true, bias: true },
    { k: 40, bits: 4, group: 32, zeroPoints: true, bias: true },
    { k: 64, bits: 4, group: 32, zeroPoints: false, bias: true, codebook: 'normal float' },
  ])('takes rows of constant weights as they lie in a tensor: %j', async (format) => {
    for (const outer of [[], [1], [4], [1, 4], [1, 1, 4], [4, 1], [2, 3], [1, 1], [1, 130]]) {
      const m = outer.reduce((product, size) => product * size, 1);
      const each = { ...format, m, n: 7 };
      const { a, weights: _, zeroValues: __, depth: ___, ...rest } = operandsOf(each);
      // A row of zeros has no largest number to round by.
      if (m > 1) a.data.fill(0, 0, format.k);
      const run = async (executor: Executor, shape: readonly number[]): Promise<TensorData> => {
        const builder = new GraphBuilder();
        const constants = Object.fromEntries(
          Object.entries(rest).map(([name, { data, shape: own }]) => [name, builder.constant(data, own)]),
        );
        const y = build(each)({ a: builder.input('a', shape), ...constants });
        expect(y.shape).toEqual([...shape.slice(0, -1), 7]);
        builder.output('y', y);
        const program = await executor.compile(builder.build());
        return (await program.run({ a: a.data }))['y']!;
      };
      const expected = await run(createReferenceExecutor({ doublePrecision: true }), [m, format.k]);
      const actual = await run(createNodeOnnxExecutor({ threads: 1 }), [...outer, format.k]);
      expectClose(`(${outer.join(', ')}, K)`, actual, expected, { relative: 1e-4 });
    }
  });

  it('agrees with weights that were dequantized by hand, for any shape', async () => {
    const { opened } = await openBestDevice();
    const gpu = opened && createWebgpuExecutor(opened);
    const reference = createReferenceExecutor();
    const anyCase = fc
      .record<Omit<Case, 'codebook'>>({
        m: fc.integer({ min: 1, max: 20 }),
        n: fc.integer({ min: 1, max: 40 }),
        k: fc.integer({ min: 1, max: 200 }),
        bits: fc.constantFrom<WeightBits>(2, 4, 8),
        group: fc.constantFrom(16, 32, 64, 128),
        zeroPoints: fc.boolean(),
        bias: fc.boolean(),
      })
      .chain((each) =>
        each.zeroPoints ? fc.constant(each) : fc.constantFrom<Case>(each, { ...each, codebook: 'uneven' }),
      );
    let onGpu = 0;
    await fc.assert(
      fc.asyncProperty(anyCase, fc.nat(1000), async (each, seed) => {
        const { weights, zeroValues, depth, ...inputs } = operandsOf(each, seed + 1);
        const { m, n, k, group } = each;
        const codebook = codebookOf(each);
        const groups = Math.ceil(k / group);
        const expected = new Float64Array(m * n);
        for (let row = 0; row < m; row++) {
          for (let column = 0; column < n; column++) {
            let total = inputs.bias ? (inputs.bias.data as Float32Array)[column]! : 0;
            for (let i = 0; i < k; i++) {
              const at = column * groups + Math.floor(i / group);
              const value = weights[column * depth + i]!;
              const weight = codebook ? codebook[value]! : value - zeroValues[at]!;
              total += inputs.a.data[row * k + i]! * weight * inputs.scales.data[at]!;
            }
            expected[row * n + column] = total;
          }
        }
        const builder = new GraphBuilder();
        const tensors = Object.fromEntries(
          Object.entries(inputs).map(([name, { shape, dtype }]) => [name, builder.input(name, shape, dtype)]),
        );
        builder.output('y', build(each)(tensors));
        const graph = builder.build();
        const data = Object.fromEntries(
          Object.entries(inputs).map(([name, { data: values }]) => [name, values]),
        );
        // Shaders take their time to compile: a part of the shapes goes there.
        const executors = gpu && onGpu++ < 12 ? [reference, gpu] : [reference];
        for (const executor of executors) {
          const program = await executor.compile(graph);
          expectClose(executor.kind, (await program.run(data))['y']!, expected, { relative: 1e-4 });
          await program.close();
        }
      }),
      { numRuns: 1000 },
    );
    await gpu?.close();
  });

  it('rounds each row of activations to bytes by its own largest, halves to even', async () => {
    // Weights 1, 2, 3, … in one column each, so that the result lists the rounded activations.
    const k = 16;
    const identity = Array.from({ length: k * k }, (_, i) => (i % (k + 1) === 0 ? 129 : 128));
    const row = [127, 0.5, 1.5, 2.5, -0.5, -1.5, 3.49, -126.6, 0, 0, 0, 0, 0, 0, 0, 1e-3];
    const each: KernelCase = {
      inputs: {
        a: {
          ...f32(3, k),
          data: Float32Array.from([...row, ...row.map((x) => x / 64), ...row.map(() => 0)]),
        },
        packed: { shape: [k, k / 4], dtype: 'u32', data: packRows(identity, k, k, 8) },
        scales: { ...f32(k, 1), data: new Float32Array(k).fill(1) },
      },
      build: ({ a, packed, scales }) =>
        matmulQuantized(a!, { packed: packed!, scales: scales!, bits: 8, group: 16 }, { activationBits: 8 }),
    };
    await checkKernel(each);
    const rounded = [127, 0, 2, 2, 0, -2, 3, -127, 0, 0, 0, 0, 0, 0, 0, 0];
    const result = (await evaluate(each))['0']!;
    const expected = Float32Array.from([...rounded, ...rounded.map((x) => x / 64), ...row.map(() => 0)]);
    expectClose('bytes', result, expected);

    // The same where weights are constant, which ONNX Runtime multiplies as bytes.
    const builder = new GraphBuilder();
    const { a, packed, scales } = each.inputs;
    const constant = ({ data, shape }: TensorSpec & { readonly data?: TensorData }): Tensor =>
      builder.constant(data!, shape);
    const x = builder.input('a', a!.shape);
    builder.output('y', each.build({ a: x, packed: constant(packed!), scales: constant(scales!) }) as Tensor);
    const program = await createNodeOnnxExecutor({ threads: 1 }).compile(builder.build());
    expectClose('constant', (await program.run({ a: a!.data! }))['y']!, expected);
  });

  it('says which operand does not fit', () => {
    const builder = new GraphBuilder();
    const a = builder.input('a', [2, 40]);
    const packed = builder.input('packed', [3, 8], 'u32');
    const scales = builder.input('scales', [3, 2]);
    const good = { packed, scales, bits: 4, group: 32 } as const;
    expect(matmulQuantized(a, good).shape).toEqual([2, 3]);
    expect(() => matmulQuantized(a, { ...good, group: 48 })).toThrow(
      /group of 48 weights is no power of two/,
    );
    expect(() => matmulQuantized(a, { ...good, bits: 8 })).toThrow(
      /packed is u32 \(3, 8\) for 8 bits .* u32 \(3, 10\)/,
    );
    expect(() => matmulQuantized(a, { ...good, scales: packed })).toThrow(
      /scales is u32 .* must be f32 \(3, 2\)/,
    );
    expect(() => matmulQuantized(a, good, { bias: scales })).toThrow(/bias is f32 \(3, 2\)/);
    expect(() => matmulQuantized(a, { ...good, codebook: [1, 2] })).toThrow(
      /a codebook of 2 values for 4 bits; give it 16 values/,
    );
  });
});

describe('packing', () => {
  it('is undone by unpacking, and nothing else is written', () => {
    const rows = fc.integer({ min: 1, max: 4 });
    fc.assert(
      fc.property(
        rows,
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom<WeightBits>(2, 4, 8),
        fc.nat(99),
        (r, c, bits, seed) => {
          const values = whole(r * c, bits, seed + 1);
          const packed = packRows(values, r, c, bits);
          const words = wordsOf(c, bits);
          expect(packed).toHaveLength(r * words);
          values.forEach((value, i) =>
            expect(unpackValue(packed, Math.floor(i / c), words, i % c, bits)).toBe(value),
          );
          const padded = (words * 32) / bits;
          for (let row = 0; row < r; row++)
            for (let i = c; i < padded; i++) expect(unpackValue(packed, row, words, i, bits)).toBe(0);
        },
      ),
    );
  });

  it('refuses what does not fit', () => {
    for (const value of [-1, 16, 0.5, NaN]) expect(() => packRows([value], 1, 1, 4)).toThrow(/from 0 to 15/);
  });
});
