import type { Graph, Tensor, TensorSpec, Executor } from '@snowglobe/graph';
import { GraphBuilder } from '@snowglobe/graph';
import { createNodeOnnxExecutor, createReferenceExecutor } from '@snowglobe/runtime';
import { lowerToOnnx } from '@snowglobe/runtime/internal';
import {
  checkVariants,
  executorsUnderTest,
  f32,
  randomData,
  saturatingMatmuls,
} from '@snowglobe/runtime/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conv2dQuantized } from '../conv2d_quantized/conv2d_quantized.js';
import { OnnxEmitter } from '../../onnx/emitter.js';
import { matmulQuantized } from './matmul_quantized.js';
import type { WeightBits } from './pack.js';
import { packRows, wordsOf } from './pack.js';

/*
 * Matmuls of integers whose operands stand at the ends of their range: what saturates, or loses bits, on some processor. All numbers
 * are integers and all steps powers of two, so the results are known exactly.
 */

interface Format {
  readonly bits: WeightBits;
  readonly group: number;
  readonly zeroPoints: boolean;
  readonly codebook: boolean;
  readonly activationBits: 8 | 32;
}

const step = 2 ** -3;
/** MXFP4's shape of a codebook, and a ternary one: multiples of a unit up to the largest signed byte. */
const codebooks: Readonly<Record<number, readonly number[]>> = {
  2: [0, 127, -127, 1],
  4: [0, 1, 2, 3, 4, 6, 8, 127, 0, -1, -2, -3, -4, -6, -8, -127],
};

const anyFormat: fc.Arbitrary<Format> = fc
  .record({
    bits: fc.constantFrom<WeightBits>(2, 4, 8),
    group: fc.constantFrom(16, 32, 128, 256, 2048),
    zeroPoints: fc.boolean(),
    codebook: fc.boolean(),
    activationBits: fc.constantFrom<8 | 32>(8, 32),
  })
  .map((format) => ({ ...format, codebook: format.codebook && format.bits !== 8 && !format.zeroPoints }));

/** Integers of `low … high`: all the lowest, all the highest, by turns, or any, mostly at an end. */
function atTheEnds(
  count: number,
  low: number,
  high: number,
  kind: number,
  seed: number,
  width = count,
): number[] {
  const random = randomData({ shape: [count], dtype: 'f32' }, seed + 1);
  return Array.from(random, (x, i) => {
    const ends = [low, high, i % 2 ? low : high, Math.floor(i / width) % 2 ? low : high];
    if (kind < ends.length) return ends[kind]!;
    return Math.abs(x) < 0.1 ? Math.round(low + (high - low) * 10 * Math.abs(x)) : x < 0 ? low : high;
  });
}

interface Weights {
  readonly inputs: Readonly<Record<string, TensorSpec & { data: Uint32Array | Float32Array }>>;
  /** The integer that weight (k, n) is, in steps. */
  readonly weight: (k: number, n: number) => number;
}

function weightsOf(
  { bits, group, zeroPoints, codebook }: Format,
  k: number,
  n: number,
  kind: number,
  seed: number,
): Weights {
  const groups = Math.ceil(k / group);
  const top = 2 ** bits - 1;
  const values = atTheEnds(n * k, 0, top, kind, seed, k);
  const zeros = zeroPoints
    ? atTheEnds(n * groups, 0, top, (kind + 1) % 5, seed + 1, groups)
    : new Array<number>(n * groups).fill(2 ** (bits - 1));
  const words = (data: readonly number[], columns: number) => ({
    shape: [n, wordsOf(columns, bits)],
    dtype: 'u32' as const,
    data: packRows(data, n, columns, bits),
  });
  return {
    inputs: {
      packed: words(values, k),
      scales: { ...f32(n, groups), data: new Float32Array(n * groups).fill(step) },
      ...(zeroPoints && { zeros: words(zeros, groups) }),
    },
    weight: (i, column) => {
      const value = values[column * k + i]!;
      return codebook ? codebooks[bits]![value]! : value - zeros[column * groups + Math.floor(i / group)]!;
    },
  };
}

const quantized = ({ bits, group, codebook }: Format, { packed, scales, zeros }: Record<string, Tensor>) => ({
  ...{ packed: packed!, scales: scales!, bits, group },
  ...(zeros && { zeroPoints: zeros }),
  ...(codebook && { codebook: codebooks[bits]! }),
});

/** The graph with its weights as constants, which ONNX Runtime multiplies as they are packed, or as inputs. */
function graphOf(
  x: TensorSpec,
  { inputs }: Weights,
  areConstant: boolean,
  apply: (x: Tensor, tensors: Record<string, Tensor>) => Tensor,
): Graph {
  const builder = new GraphBuilder();
  const tensors = Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, dtype, data }]) => [
      name,
      areConstant ? builder.constant(data, shape) : builder.input(name, shape, dtype),
    ]),
  );
  builder.output('y', apply(builder.input('x', x.shape), tensors));
  return builder.build();
}

/**
 * Whatever order floats are added in, sums of these integers are exact. Where ONNX Runtime scales a matmul of bytes by a step of the
 * column over 127 and by the largest of the row, the step, the product's conversion and both scalings are rounded.
 */
async function expectExact(
  executors: readonly Executor[],
  graph: Graph,
  data: Record<string, any>,
  expected: readonly number[],
) {
  expect(saturatingMatmuls(lowerToOnnx(graph, new Map()).model)).toEqual([]);
  for (const executor of executors) {
    const program = await executor.compile(graph);
    const { y } = await program.run(
      Object.fromEntries([...graph.inputs.keys()].map((name) => [name, data[name]])),
    );
    await program.close();
    expected.forEach((value, i) => {
      const allowed = 4 * 2 ** -24 * Math.abs(value);
      if (!(Math.abs(y![i]! - value) <= allowed)) {
        throw new Error(`${executor.device}: result ${i} is ${y![i]}, and ${value} by integers`);
      }
    });
  }
}

const cpu = (): Executor[] => [createReferenceExecutor(), createNodeOnnxExecutor({ threads: 1 })];
/** The largest depth for which any order of summing stays below 2^24: rows of 127, two digits of 4 bits. */
const exactDepth = 500;

describe('matmuls of integers at the ends of their range', () => {
  const anyProduct = fc.record({
    format: anyFormat,
    m: fc.constantFrom<number[]>(1, 2, 5, 16, 64, 130),
    n: fc.integer({ min: 1, max: 37 }),
    k: fc.oneof(fc.integer({ min: 1, max: 70 }), fc.constantFrom(127, 256, 500, 1023, 1024)),
    rows: fc.integer({ min: 0, max: 4 }),
    weights: fc.integer({ min: 0, max: 4 }),
    seed: fc.nat(1000),
  });
  type Product = typeof anyProduct extends fc.Arbitrary<infer T> ? T : never;

  function setUp({ format, m, n, k: wanted, rows, weights: kind, seed }: Product, areConstant: boolean) {
    // ONNX Runtime adds integers where weights are constant and have one group a column, and floats elsewhere.
    const isWhole = areConstant && format.activationBits === 8 && format.group >= wanted;
    const k = isWhole ? wanted : Math.min(wanted, exactDepth);
    const weights = weightsOf(format, k, n, kind, seed);
    const x = Float32Array.from(atTheEnds(m * k, -127, 127, rows, seed + 2, k));
    // Each row's largest is 127, so that its bytes are its numbers.
    for (let row = 0; row < m; row++) x[row * k] = x[row * k]! < 0 ? -127 : 127;
    const expected: number[] = [];
    for (let row = 0; row < m; row++) {
      for (let column = 0; column < n; column++) {
        let total = 0;
        for (let i = 0; i < k; i++) total += x[row * k + i]! * weights.weight(i, column);
        expected.push(total * step);
      }
    }
    const apply = (tensor: Tensor, tensors: Record<string, Tensor>): Tensor =>
      matmulQuantized(tensor, quantized(format, tensors), { activationBits: format.activationBits });
    const data = Object.fromEntries(Object.entries(weights.inputs).map(([name, { data }]) => [name, data]));
    return { shape: f32(m, k), weights, apply, data: { ...data, x }, expected };
  }

  it('are exact in every format and shape, with constant weights and others', async () => {
    const executors = cpu();
    await fc.assert(
      fc.asyncProperty(anyProduct, fc.boolean(), async (product, areConstant) => {
        const { shape, weights, apply, data, expected } = setUp(product, areConstant);
        await expectExact(executors, graphOf(shape, weights, areConstant, apply), data, expected);
      }),
      { numRuns: 250 },
    );
  }, 180_000);

  it.each<Partial<Product> & { format: Format }>([
    { format: { bits: 8, group: 2048, zeroPoints: false, codebook: false, activationBits: 8 }, k: 1024 },
    { format: { bits: 8, group: 2048, zeroPoints: true, codebook: false, activationBits: 8 }, k: exactDepth },
    { format: { bits: 8, group: 64, zeroPoints: false, codebook: false, activationBits: 32 } },
    { format: { bits: 4, group: 32, zeroPoints: true, codebook: false, activationBits: 8 } },
    { format: { bits: 2, group: 16, zeroPoints: true, codebook: false, activationBits: 32 } },
  ])('are exact in every variant of every adapter: %j', async ({ format, k = 96 }) => {
    const product = { format, m: 6, n: 9, k, rows: 3, weights: 3, seed: 1 };
    // Without zero points, 1,024 products stay below 2^24 also as floats.
    const { shape, weights, apply, data, expected } = setUp(product, true);
    const inputs = { x: { ...shape, data: data.x }, ...weights.inputs };
    const tolerance = { relative: 4 * 2 ** -24, absolute: 0 };
    const build = ({ x, ...tensors }: Readonly<Record<string, Tensor>>): Tensor => apply(x!, tensors);
    await checkVariants({ inputs, build, tolerance }, 'matmulQuantized');
    const graph = graphOf(shape, weights, false, apply);
    await expectExact([createReferenceExecutor(), ...(await executorsUnderTest())], graph, data, expected);
  });

  it('and so are convolutions', async () => {
    const executors = cpu();
    const anyConvolution = fc.record({
      format: anyFormat,
      height: fc.integer({ min: 1, max: 5 }),
      width: fc.integer({ min: 1, max: 6 }),
      channels: fc.constantFrom(1, 3, 8, 16),
      outputs: fc.integer({ min: 1, max: 9 }),
      size: fc.constantFrom(1, 3, 5),
      rows: fc.integer({ min: 0, max: 4 }),
      weights: fc.integer({ min: 0, max: 4 }),
      seed: fc.nat(1000),
    });
    await fc.assert(
      fc.asyncProperty(anyConvolution, fc.boolean(), async (each, areConstant) => {
        const { format, height, width, channels, outputs, size, seed } = each;
        const weights = weightsOf(format, size * size * channels, outputs, each.weights, seed);
        const x = Float32Array.from(
          atTheEnds(height * width * channels, -127, 127, each.rows, seed + 2, channels),
        );
        const radius = (size - 1) / 2;
        const expected: number[] = [];
        for (let at = 0; at < height * width * outputs; at++) {
          const [pixel, column] = [Math.floor(at / outputs), at % outputs];
          let total = 0;
          for (let i = 0; i < size * size * channels; i++) {
            const [tap, channel] = [Math.floor(i / channels), i % channels];
            const row = Math.floor(pixel / width) + Math.floor(tap / size) - radius;
            const place = (pixel % width) + (tap % size) - radius;
            if (row < 0 || row >= height || place < 0 || place >= width) continue;
            total += x[(row * width + place) * channels + channel]! * weights.weight(i, column);
          }
          expected.push(total * step);
        }
        const graph = graphOf(f32(1, height, width, channels), weights, areConstant, (picture, tensors) =>
          conv2dQuantized(picture, quantized(format, tensors), size),
        );
        const data = Object.fromEntries(
          Object.entries(weights.inputs).map(([name, { data }]) => [name, data]),
        );
        await expectExact(executors, graph, { ...data, x }, expected);
      }),
      { numRuns: 100 },
    );
  }, 180_000);
});

describe('the rule for matmuls that saturate without VNNI', () => {
  const product = (columns: Int8Array | Uint8Array): readonly string[] => {
    const emitter = new OnnxEmitter();
    const weights =
      columns instanceof Int8Array
        ? emitter.signedBytes(columns, [columns.length / 2, 2])
        : emitter.bytes(columns, [columns.length / 2, 2]);
    emitter.emit('MatMulInteger', ['rows', weights]);
    return saturatingMatmuls(emitter);
  };

  it('refuses signed columns whose neighbours exceed 16 bits with rows of 255', () => {
    // Of column 0, then of column 1: 127 + 2 one above the other.
    expect(product(Int8Array.of(127, 0, 2, 0))).toEqual([
      expect.stringMatching(/add up to 129, more than 128/),
    ]);
    expect(product(Int8Array.of(0, -100, 0, -100))).toHaveLength(1);
    // Neighbours of unlike sign, and those of different columns, cancel or do not meet.
    expect(product(Int8Array.of(127, 127, -127, -127))).toEqual([]);
    expect(product(Int8Array.of(64, 64, 64, 64))).toEqual([]);
    expect(product(Uint8Array.of(255, 255, 255, 255))).toEqual([]);
  });

  it('refuses what it cannot see, and activations that ONNX Runtime rounds by itself', () => {
    const emitter = new OnnxEmitter();
    emitter.emit('MatMulIntegerToFloat', ['rows', 'columns'], {}, 'com.microsoft');
    emitter.emit('MatMulNBits', ['rows', 'columns'], { accuracy_level: { int: 4 } }, 'com.microsoft');
    emitter.emit('MatMul', ['a', 'b']);
    expect(saturatingMatmuls(emitter)).toEqual([
      expect.stringMatching(/MatMulIntegerToFloat.* no constants/),
      expect.stringMatching(/MatMulNBits.* by itself/),
    ]);
  });
});
