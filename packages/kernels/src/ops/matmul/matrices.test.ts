import type { OpNode } from '@snowglobe/graph';
import { GraphBuilder } from '@snowglobe/graph';
import type { ChooseVariant } from '@snowglobe/runtime';
import { createReferenceExecutor, createWebgpuExecutor } from '@snowglobe/runtime';
import { devicesWith, expectClose, randomData, validateShaders } from '@snowglobe/runtime/testing';
import { describe, expect, it } from 'vitest';
import { kernelOf } from '../../registry.js';
import type { DeviceCapabilities, SubgroupMatrixConfig } from '../../webgpu/capabilities.js';
import { guaranteedCapabilities } from '../../webgpu/capabilities.js';
import type { ShaderVariant } from '../../webgpu/shader.js';
import type { MatmulOptions } from './matmul.js';
import { matmul } from './matmul.js';

const matrix = (
  component: 'f16' | 'f32' | 'i8',
  m: number,
  n: number,
  k: number,
  result: 'f16' | 'f32' | 'i32' = 'f32',
): SubgroupMatrixConfig => ({ component, result, m, n, k });

const device = (
  subgroupMatrices: readonly SubgroupMatrixConfig[],
  changes: Partial<DeviceCapabilities> = {},
): DeviceCapabilities => ({
  ...guaranteedCapabilities,
  features: new Set(['shader-f16', 'subgroups', 'chromium-experimental-subgroup-matrix']),
  limits: {
    ...guaranteedCapabilities.limits,
    maxComputeWorkgroupStorageSize: 32768,
    maxComputeInvocationsPerWorkgroup: 1024,
    maxComputeWorkgroupSizeX: 1024,
  },
  subgroupMinSize: 32,
  subgroupMaxSize: 32,
  precision: 'f16',
  subgroupMatrices,
  ...changes,
});

function variantsOn(capabilities: DeviceCapabilities, options: MatmulOptions = {}) {
  const builder = new GraphBuilder();
  const b = options.transposeB ? [72, 100] : [100, 72];
  const { op, inputs, outputs, attributes } = matmul(builder.input('a', [70, 100]), builder.input('b', b), {
    bias: builder.input('bias', [72]),
    ...options,
  }).node as OpNode;
  return kernelOf(op).webgpu({ inputs, outputs, attributes, device: capabilities });
}

const matricesOn = (capabilities: DeviceCapabilities, options?: MatmulOptions) =>
  variantsOn(capabilities, options).filter(({ name }) => name.startsWith('matrix'));

const threadsOf = (variant: ShaderVariant): number =>
  Number(/const THREADS = (\d+)u/.exec(variant.build().passes[0]!.code)![1]);

describe('matmuls by subgroup matrices', () => {
  it.each([
    ['Apple', [matrix('f16', 8, 8, 8), matrix('f32', 8, 8, 8)], 'matrix8x8x8-f16-64x64'],
    ['NVIDIA', [matrix('f16', 16, 16, 16)], 'matrix16x16x16-f16-64x64'],
    ['Intel', [matrix('f16', 8, 16, 16)], 'matrix8x16x16-f16-64x64'],
  ] as const)('have the sizes that %s names, and compile', async (_, configs, name) => {
    const [narrow, wide] = [32, 128].map((subgroupMaxSize) => device(configs, { subgroupMaxSize }));
    expect(matricesOn(narrow!).map((variant) => variant.name)).toContain(name);
    let compiled = 0;
    for (const transposeB of [false, true]) {
      for (const variant of [narrow!, wide!].flatMap((each) => matricesOn(each, { transposeB }))) {
        // The null backend has subgroups of up to 128 and workgroups of up to 256.
        if (![128, 256].includes(threadsOf(variant))) continue;
        await validateShaders(variant.build());
        compiled++;
      }
    }
    // Both layouts of each size.
    expect(compiled).toBe(2 * 2 * configs.length);
  });

  it('agree where an adapter has them, in every size', async () => {
    const [m, n, k] = [70, 72, 100];
    const builder = new GraphBuilder();
    const bias = builder.input('bias', [n]);
    builder.output('y', matmul(builder.input('a', [2, m, k]), builder.input('b', [2, k, n]), { bias }));
    const graph = builder.build();
    const data = Object.fromEntries(
      [...graph.inputs].map(([name, tensor], i) => [name, randomData(tensor, i + 1)]),
    );
    const reference = await createReferenceExecutor({ doublePrecision: true }).compile(graph);
    const { y: exact } = await reference.run(data);
    for (const opened of await devicesWith('chromium-experimental-subgroup-matrix')) {
      const named = matricesOn({ ...opened.capabilities, precision: 'f16' }).map(({ name }) => name);
      expect(named).not.toEqual([]);
      for (const wanted of named) {
        const chooseVariant: ChooseVariant = (_, variants) => variants.find(({ name }) => name === wanted)!;
        const executor = createWebgpuExecutor(opened, { precision: 'f16', chooseVariant });
        const program = await executor.compile(graph);
        // A hundred products of numbers below 1, whose operands lose 2^-11 each.
        expectClose(wanted, (await program.run(data))['y']!, exact!, { relative: 1e-3 });
        await program.close();
      }
      opened.close();
    }
  });

  it('are never the first choice, and not there without feature, room or permission', () => {
    const apple = [matrix('f16', 8, 8, 8), matrix('f32', 8, 8, 8)];
    expect(variantsOn(device(apple))[0]!.name).not.toMatch(/matrix/);
    expect(matricesOn(device(apple, { features: new Set(['shader-f16']) }))).toEqual([]);
    const single = matricesOn(device(apple, { precision: 'f32' })).map(({ name }) => name);
    expect(single.every((name) => name.startsWith('matrix8x8x8-f32'))).toBe(true);
    expect(single.length).toBeGreaterThan(0);
    const { limits } = guaranteedCapabilities;
    const tight = matricesOn(device(apple, { limits, subgroupMaxSize: 64 }));
    for (const variant of tight) {
      expect(threadsOf(variant)).toBeLessThanOrEqual(limits.maxComputeInvocationsPerWorkgroup);
    }
    // Sums in half precision would lose what operands kept, and integers are another matmul.
    expect(matricesOn(device([matrix('f16', 8, 8, 8, 'f16'), matrix('i8', 8, 8, 32, 'i32')]))).toEqual([]);
  });
});
