import { GraphBuilder } from '@snowglobe/graph';
import type { OpNode, Tensor } from '@snowglobe/graph';
import { createReferenceExecutor, createWebgpuExecutor } from '@snowglobe/runtime';
import { devicesWith, f32, randomData, validateShaders } from '@snowglobe/runtime/testing';
import { describe, expect, it } from 'vitest';
import { kernelOf } from '../../registry.js';
import type { DeviceCapabilities } from '../../webgpu/capabilities.js';
import { guaranteedCapabilities } from '../../webgpu/capabilities.js';
import { matmul } from './matmul.js';

/** Rounding of two operands to half precision (11 bits each), as a share of the magnitudes' sum; half a bit is f32's. */
const bound = 2 * 2 ** -11 + 2 ** -18;

function product(m: number, n: number, k: number): { node: OpNode; builder: GraphBuilder } {
  const builder = new GraphBuilder();
  const y: Tensor = matmul(builder.input('a', [m, k]), builder.input('b', [k, n]));
  builder.output('y', y);
  return { node: y.node as OpNode, builder };
}

function variantsOf(node: OpNode, device: DeviceCapabilities) {
  const { op, inputs, outputs, attributes } = node;
  return kernelOf(op).webgpu({ inputs, outputs, attributes, device });
}

const half: DeviceCapabilities = {
  ...guaranteedCapabilities,
  features: new Set(['shader-f16']),
  precision: 'f16',
};

describe('matmuls in half precision', () => {
  it('are there when they were asked for, and the device can', async () => {
    const { node } = product(40, 36, 20);
    const named = (device: DeviceCapabilities) => variantsOf(node, device).map(({ name }) => name);
    expect(named({ ...half, precision: 'f32' }).join()).not.toContain('f16');
    expect(named({ ...half, features: new Set() }).join()).not.toContain('f16');
    expect(named(half)[0]).toBe('tile32x32-f16');
    for (const variant of variantsOf(node, half)) await validateShaders(variant.build());
  });

  it('are off by no more than two rounded operands are', async () => {
    const [m, n, k] = [19, 24, 70];
    const { builder } = product(m, n, k);
    const graph = builder.build();
    const [a, b] = [f32(m, k), f32(k, n)].map((spec, i) => randomData(spec, i + 1));
    const reference = await createReferenceExecutor({ doublePrecision: true }).compile(graph);
    const { y: exact } = await reference.run({ a: a!, b: b! });
    const { y: magnitudes } = await reference.run({
      a: a!.map((x: number) => Math.abs(x)) as Float32Array,
      b: b!.map((x: number) => Math.abs(x)) as Float32Array,
    });
    for (const device of await devicesWith('shader-f16')) {
      let ran = 0;
      for (const wanted of ['tile32x32-f16', 'tile8x32-f16']) {
        const executor = createWebgpuExecutor(device, {
          precision: 'f16',
          chooseVariant: (_, variants) => variants.find(({ name }) => name === wanted) ?? variants[0]!,
        });
        const program = await executor.compile(graph);
        const { y } = await program.run({ a: a!, b: b! });
        let worst = 0;
        y!.forEach((value, i) => (worst = Math.max(worst, Math.abs(value - exact![i]!) / magnitudes![i]!)));
        expect(worst).toBeLessThan(bound);
        // f32 would be a thousand times as exact: operands were really rounded.
        expect(worst).toBeGreaterThan(1e-6);
        await program.close();
        ran++;
      }
      expect(ran).toBe(2);
      device.close();
    }
  });
});
