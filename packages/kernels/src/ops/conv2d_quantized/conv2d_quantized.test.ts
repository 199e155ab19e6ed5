import type { Tensor } from '@snowglobe/graph';
import { GraphBuilder } from '@snowglobe/graph';
import { createNodeOnnxExecutor, createReferenceExecutor } from '@snowglobe/runtime';
import { checkKernel, checkVariants, expectClose, f32, randomData } from '@snowglobe/runtime/testing';
import { describe, expect, it } from 'vitest';
import { conv2d } from '../conv2d/conv2d.js';
import { dequantizeMatrix } from '../../quantized_weights/dequantize.js';
import type { WeightFormat } from '../../quantized_weights/format.js';
import { randomMatrix, unevenCodebook } from '../../testing/random_matrix.js';
import { conv2dQuantized } from './conv2d_quantized.js';

interface Case {
  readonly picture: readonly [batch: number, height: number, width: number, channels: number];
  readonly size: number;
  readonly outputs: number;
  readonly format: WeightFormat;
}

function setUp({ picture, size, outputs, format }: Case) {
  const k = size * size * picture[3];
  const { matrix } = randomMatrix({ k, n: outputs }, format, 3);
  const { packed, scales, zeroPoints } = matrix;
  const u32 = (data: Uint32Array) => ({
    shape: [outputs, data.length / outputs],
    dtype: 'u32' as const,
    data,
  });
  const weights = {
    packed: u32(packed),
    scales: { ...f32(outputs, scales.length / outputs), data: scales },
    ...(zeroPoints && { zeros: u32(zeroPoints) }),
  };
  const build = ({ x, packed, scales, zeros, bias }: Readonly<Record<string, Tensor>>): Tensor => {
    const { bits, group, codebook } = format;
    const optional = { ...(zeros && { zeroPoints: zeros }), ...(codebook && { codebook }) };
    return conv2dQuantized(x!, { packed: packed!, scales: scales!, bits, group, ...optional }, size, {
      bias: bias!,
    });
  };
  return { matrix, weights, build, inputs: { x: f32(...picture), ...weights, bias: f32(outputs) } };
}

describe('conv2dQuantized', () => {
  const cases: Case[] = [
    { picture: [2, 5, 7, 3], size: 3, outputs: 5, format: { bits: 8, group: 32, zeroPoints: true } },
    { picture: [1, 6, 5, 8], size: 3, outputs: 12, format: { bits: 4, group: 32, zeroPoints: false } },
    { picture: [2, 3, 4, 4], size: 5, outputs: 6, format: { bits: 8, group: 128, zeroPoints: false } },
    { picture: [1, 4, 5, 4], size: 3, outputs: 6, format: { bits: 8, group: 64, zeroPoints: true } },
    { picture: [1, 4, 6, 12], size: 3, outputs: 3, format: { bits: 2, group: 16, zeroPoints: true } },
    { picture: [1, 4, 6, 8], size: 1, outputs: 3, format: { bits: 4, group: 16, zeroPoints: true } },
    {
      picture: [1, 4, 4, 16],
      size: 3,
      outputs: 9,
      format: { bits: 2, group: 16, zeroPoints: false, codebook: unevenCodebook(2) },
    },
  ];

  it.each(cases)('agrees on every executor: %j', async (each) => {
    const { inputs, build } = setUp(each);
    await checkKernel({ inputs, build });
  });

  it.each(cases)('agrees in every variant: %j', async (each) => {
    const { inputs, build } = setUp(each);
    const ran = await checkVariants({ inputs, build }, 'conv2dQuantized');
    for (const names of ran.values()) expect(names).toContain('split8');
  });

  it.each(cases)('with constant weights is the convolution with what they stand for: %j', async (each) => {
    const { matrix, weights, build } = setUp(each);
    const { picture, size, outputs } = each;
    const builder = new GraphBuilder();
    const constants = Object.fromEntries(
      Object.entries(weights).map(([name, { data, shape }]) => [name, builder.constant(data, shape)]),
    );
    const x = builder.input('x', picture);
    const bias = builder.input('bias', [outputs]);
    const filter = builder.constant(dequantizeMatrix(matrix), [size, size, picture[3], outputs]);
    builder.output('expected', conv2d(x, filter, { bias }));
    builder.output('quantized', build({ x, bias, ...constants }));
    const inputs = { x: randomData(x, 1), bias: randomData(bias, 2) };
    const graph = builder.build();
    const exact = await (await createReferenceExecutor({ doublePrecision: true }).compile(graph)).run(inputs);
    for (const executor of [createReferenceExecutor(), createNodeOnnxExecutor({ threads: 1 })]) {
      const result = await (await executor.compile(graph)).run(inputs);
      expectClose(executor.kind, result['quantized']!, exact['expected']!, { relative: 1e-4 });
    }
  });

  it('says what does not fit', () => {
    const builder = new GraphBuilder();
    const x = builder.input('x', [1, 4, 4, 8]);
    const packed = builder.input('packed', [3, 12], 'u32');
    const scales = builder.input('scales', [3, 3]);
    const good = { packed, scales, bits: 4, group: 32 } as const;
    expect(conv2dQuantized(x, good, 3).shape).toEqual([1, 4, 4, 3]);
    expect(() => conv2dQuantized(x, good, 2)).toThrow(/a filter of side 2; use an odd integer/);
    expect(() => conv2dQuantized(x, good, 5)).toThrow(/packed is u32 \(3, 12\) .* u32 \(3, 25\)/);
    expect(() => conv2dQuantized(scales, good, 3)).toThrow(/the picture is f32 \(3, 3\)/);
    expect(() => conv2dQuantized(x, { ...good, group: 24 }, 3)).toThrow(/a group of 24 weights/);
  });
});
