import type { OpNode } from '@snowglobe/graph';
import { GraphBuilder } from '@snowglobe/graph';
import { createReferenceExecutor, createWebgpuExecutor } from '@snowglobe/runtime';
import { devicesWith, f32, randomData, validateShaders } from '@snowglobe/runtime/testing';
import { describe, expect, it } from 'vitest';
import { randomWhole } from '../../testing/random_matrix.js';
import { kernelOf } from '../../registry.js';
import { guaranteedCapabilities } from '../../webgpu/capabilities.js';
import { matmulQuantized } from './matmul_quantized.js';
import type { WeightBits } from './pack.js';
import { packRows, wordsOf } from './pack.js';

/** Two rounded operands, their product and three sums of products: 2^-11 each, as a share of the magnitudes' sum. */
const bound = 6 * 2 ** -11;
const [m, n, k, group] = [5, 12, 128, 32];

/** Scales are one, so that magnitudes of weights are those of their steps. */
function productOf(bits: WeightBits) {
  const builder = new GraphBuilder();
  const weights = randomWhole(n * k, bits, 1);
  const packed = builder.constant(packRows(weights, n, k, bits), [n, wordsOf(k, bits)]);
  const scales = builder.constant(new Float32Array((n * k) / group).fill(1), [n, k / group]);
  const y = matmulQuantized(builder.input('a', [m, k]), { packed, scales, bits, group });
  builder.output('y', y);
  return { graph: builder.build(), node: y.node as OpNode, weights };
}

describe.each([2, 4, 8] as const)('weights of %i bits times activations in half precision', (bits) => {
  it('have shaders that compile, and come last without being asked for', async () => {
    const { inputs, outputs, attributes, op } = productOf(bits).node;
    const features = new Set(['shader-f16', 'subgroups']);
    const of = (precision: 'f32' | 'f16') =>
      kernelOf(op).webgpu({
        inputs,
        outputs,
        attributes,
        device: { ...guaranteedCapabilities, features, precision },
      });
    expect(of('f32').some(({ name }) => /f16/.test(name))).toBe(false);
    expect(of('f16')[0]!.name).toBe('split32-f16');
    for (const variant of of('f16')) await validateShaders(variant.build());
  });

  it('are off by no more than rounding explains', async () => {
    const { graph, weights } = productOf(bits);
    const a = randomData(f32(m, k), 3) as Float32Array;
    const reference = await createReferenceExecutor({ doublePrecision: true }).compile(graph);
    const { y: exact } = await reference.run({ a });
    const magnitude = (row: number, column: number): number => {
      let total = 0;
      for (let i = 0; i < k; i++) {
        total += Math.abs(a[row * k + i]! * (weights[column * k + i]! - 2 ** (bits - 1)));
      }
      return total;
    };
    for (const device of await devicesWith('shader-f16')) {
      for (const wanted of ['split8-f16', 'registers4x2-f16', ...(bits === 4 ? ['tile8x32-f16'] : [])]) {
        let chosen = '';
        const executor = createWebgpuExecutor(device, {
          precision: 'f16',
          chooseVariant: (_, variants) => {
            const variant = variants.find(({ name }) => name === wanted) ?? variants[0]!;
            chosen = variant.name;
            return variant;
          },
        });
        const program = await executor.compile(graph);
        const { y } = await program.run({ a });
        expect(chosen).toBe(wanted);
        y!.forEach((value, i) => {
          const limit = bound * magnitude(Math.floor(i / n), i % n);
          expect(Math.abs(value - exact![i]!)).toBeLessThan(limit);
        });
        await program.close();
      }
      device.close();
    }
  });
});
