import type { OpNode } from '@snowglobe/graph';
import { GraphBuilder } from '@snowglobe/graph';
import type { KernelCase } from '@snowglobe/runtime/testing';
import { checkVariants, devicesWith, f32, randomData, validateShaders } from '@snowglobe/runtime/testing';
import { describe, expect, it } from 'vitest';
import { attention } from '../ops/attention/attention.js';
import { conv2dQuantized } from '../ops/conv2d_quantized/conv2d_quantized.js';
import { matmul } from '../ops/matmul/matmul.js';
import { matmulQuantized } from '../ops/matmul_quantized/matmul_quantized.js';
import { wordsOf } from '../ops/matmul_quantized/pack.js';
import { kernelOf } from '../registry.js';
import { guaranteedCapabilities } from './capabilities.js';
import { vectorLanes } from './subgroups.js';

/** A matrix of `n` columns of `k` random weights, as constants. */
function weightsOf(builder: GraphBuilder, n: number, k: number, bits: 4 | 8, group: number) {
  const groups = Math.ceil(k / group);
  const packed = randomData(f32(n, wordsOf(groups * group, bits)), 5).map((x) => Math.abs(x) * 2 ** 30);
  return {
    packed: builder.constant(Uint32Array.from(packed), [n, packed.length / n]),
    scales: builder.constant(randomData(f32(n, groups), 6) as Float32Array, [n, groups]),
    bits,
    group,
  };
}

const fewBits = (bits: 4 | 8, activationBits: 8 | 32): KernelCase => ({
  inputs: { a: f32(19, 72) },
  build: ({ a }) => matmulQuantized(a!, weightsOf(a!.builder, 21, 72, bits, 32), { activationBits }),
  // Weights in 8 bits reach 128.
  tolerance: { absolute: 1e-3, relative: 1e-4 },
});

const filter = (bits: 4 | 8): KernelCase => ({
  inputs: { x: f32(1, 5, 7, 16), bias: f32(9) },
  build: ({ x, bias }) =>
    conv2dQuantized(x!, weightsOf(x!.builder, 9, 3 * 3 * 16, bits, 64), 3, { bias: bias! }),
  tolerance: { absolute: 1e-3, relative: 1e-4 },
});

const full = (transposed: boolean): KernelCase => ({
  inputs: { a: transposed ? f32(2, 21, 35) : f32(2, 35, 21), b: transposed ? f32(2, 18, 21) : f32(21, 18) },
  build: ({ a, b }) => matmul(a!, b!, { transposeA: transposed, transposeB: transposed }),
});

const attended = (causal: boolean): KernelCase => ({
  inputs: { q: f32(2, 19, 48), k: f32(2, 37, 48), v: f32(2, 37, 48) },
  build: ({ q, k, v }) => attention(q!, k!, v!, { heads: 2, ...(causal && { causal, window: 9 }) }),
});

describe.each([
  ['matmul', 'as it is', full(false)],
  ['matmul', 'of transposed matrices', full(true)],
  ['matmulQuantized', 'W4A16', fewBits(4, 32)],
  ['matmulQuantized', 'W8A16', fewBits(8, 32)],
  ['matmulQuantized', 'W4A8', fewBits(4, 8)],
  ['conv2dQuantized', '4 bits', filter(4)],
  ['conv2dQuantized', '8 bits', filter(8)],
  ['attention', 'whole', attended(false)],
  ['attention', 'in a causal window', attended(true)],
] as const)('%s, %s, by subgroups of eight', (op, _, testCase) => {
  it('has shaders that compile', async () => {
    const builder = new GraphBuilder();
    const inputs = Object.entries(testCase.inputs).map(([name, { shape }]) => [
      name,
      builder.input(name, shape),
    ]);
    builder.output('y', testCase.build(Object.fromEntries(inputs)) as never);
    const node = builder
      .build()
      .nodes.find((each): each is OpNode => each.kind === 'op' && each.op.name === op)!;
    const variants = kernelOf(node.op).webgpu({
      ...{ inputs: node.inputs, outputs: node.outputs, attributes: node.attributes },
      device: {
        ...guaranteedCapabilities,
        ...{ features: new Set(['subgroups']), isSoftware: true, subgroupMinSize: 8, subgroupMaxSize: 8 },
      },
    });
    const simd8 = variants.filter(({ name }) => name.includes('simd8'));
    expect(variants[0]).toBe(simd8[0]);
    for (const variant of simd8) await validateShaders(variant.build());
  });

  it('agrees in every variant, where there is such a driver', async () => {
    const able = await devicesWith('subgroups');
    const devices = able.filter(({ capabilities }) => vectorLanes(capabilities) === 8);
    const ran = await checkVariants(testCase, op, { devices, only: /simd8/ });
    for (const [, names] of ran) expect(names.length).toBeGreaterThan(0);
  });
});
