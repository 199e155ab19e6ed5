import type { TensorSpec } from '@snowglobe/graph';
import { GraphBuilder } from '@snowglobe/graph';
import { describe, expect, it } from 'vitest';
import { attention } from '../../ops/attention/attention.js';
import { conv2d } from '../../ops/conv2d/conv2d.js';
import { conv2dQuantized } from '../../ops/conv2d_quantized/conv2d_quantized.js';
import { hadamard } from '../../ops/hadamard/hadamard.js';
import { matmul } from '../../ops/matmul/matmul.js';
import { matmulQuantized } from '../../ops/matmul_quantized/matmul_quantized.js';
import { softmax } from '../../ops/softmax/softmax.js';
import { sparseAttention } from '../../ops/sparse_attention/sparse_attention.js';
import { kernelOf } from '../../registry.js';
import type { DeviceCapabilities } from '../capabilities.js';
import { guaranteedCapabilities } from '../capabilities.js';
import { inPreferredOrder, preferredNames } from './policy.js';

const withLanes = (lanes: number): Partial<DeviceCapabilities> => ({
  features: new Set(['subgroups']),
  subgroupMinSize: lanes,
  subgroupMaxSize: lanes,
});

/** An adapter of each class. */
const adapters: readonly DeviceCapabilities[] = [
  {},
  withLanes(32),
  { features: new Set(['shader-f16']), precision: 'f16' as const },
  { isSoftware: true },
  { isSoftware: true, ...withLanes(4) },
  { isSoftware: true, ...withLanes(8) },
].map((each) => ({ ...guaranteedCapabilities, ...each }));

type Build = (
  tensor: (shape: number[], dtype?: TensorSpec['dtype']) => ReturnType<typeof matmul>,
) => ReturnType<typeof matmul>;

/** Names of the variants of an op on an adapter, in their order. */
function variantsOf(build: Build, device: DeviceCapabilities): readonly string[] {
  const builder = new GraphBuilder();
  let count = 0;
  const { node } = build((shape, dtype = 'f32') => builder.input(String(count++), shape, dtype));
  if (node.kind !== 'op') throw new Error('nothing was built');
  const { inputs, outputs, attributes } = node;
  return kernelOf(node.op)
    .webgpu({ inputs, outputs, attributes, device })
    .map(({ name }) => name);
}

const [rows, columns, depth] = [
  [1, 4, 8, 64],
  [4, 64],
  [64, 512],
] as const;
const quantized =
  (m: number, n: number, k: number, activationBits: 8 | 32): Build =>
  (tensor) =>
    matmulQuantized(
      tensor([m, k]),
      { packed: tensor([n, k / 8], 'u32'), scales: tensor([n, k / 32]), bits: 4, group: 32 },
      { activationBits },
    );

/** Whether a variant is one that a preferred name stands for. */
const standsFor = (preferred: string, name: string): boolean =>
  preferred.endsWith('*') ? name.startsWith(preferred.slice(0, -1)) : name === preferred;

/** Problems of every op that has an order, and what builds them. */
const cases: readonly { op: Parameters<typeof preferredNames>[0]; problem: object; build: Build }[] = [
  ...rows.flatMap((m) =>
    columns.flatMap((n) => [
      {
        op: 'matmul' as const,
        problem: { m, n },
        build: ((tensor) => matmul(tensor([m, 64]), tensor([64, n]))) as Build,
      },
      ...depth.flatMap((k) => [
        { op: 'matmulQuantized' as const, problem: { m, n: n * 64, k }, build: quantized(m, n * 64, k, 32) },
        { op: 'matmulRoundedRows' as const, problem: { m, n: n * 64, k }, build: quantized(m, n * 64, k, 8) },
      ]),
    ]),
  ),
  ...[4, 64].map((side) => ({
    op: 'conv2d' as const,
    problem: { flops: 2 * side * side * 9 * 32 * 32, fitsRegisters: true },
    build: ((tensor) => conv2d(tensor([1, side, side, 32]), tensor([3, 3, 32, 32]))) as Build,
  })),
  {
    op: 'conv2dQuantized',
    problem: {},
    build: (tensor) =>
      conv2dQuantized(
        tensor([1, 8, 8, 32]),
        { packed: tensor([32, 36], 'u32'), scales: tensor([32, 9]), bits: 4, group: 32 },
        3,
      ),
  },
  ...[1, 8, 64].map((queries) => ({
    op: 'attention' as const,
    problem: { queries },
    build: ((tensor) =>
      attention(tensor([1, queries, 64]), tensor([1, 512, 64]), tensor([1, 512, 64]), { heads: 2 })) as Build,
  })),
  {
    op: 'sparseAttention',
    problem: {},
    build: (tensor) =>
      sparseAttention(tensor([1, 64, 64]), tensor([1, 512, 64]), tensor([1, 512, 64]), {
        ...{ heads: 2, queryBlock: 8, keyBlock: 64 },
        indptr: tensor([9], 'i32'),
        indices: tensor([64], 'i32'),
      }),
  },
  { op: 'hadamard', problem: {}, build: (tensor) => hadamard(tensor([8, 64]), 64) },
];

describe('the order of variants', () => {
  it('names no variant that no op has', () => {
    const existing = new Map<string, Set<string>>();
    const named = new Map<string, Set<string>>();
    for (const { op, problem, build } of cases) {
      for (const device of adapters) {
        existing.set(op, new Set([...(existing.get(op) ?? []), ...variantsOf(build, device)]));
        named.set(op, new Set([...(named.get(op) ?? []), ...preferredNames(op, problem as never, device)]));
      }
    }
    for (const [op, names] of named) {
      const all = [...existing.get(op)!];
      const missing = [...names].filter((name) => !all.some((each) => standsFor(name, each)));
      expect(missing, op).toEqual([]);
    }
  });

  it.each(cases)(
    '$op $problem: the first variant is one that was measured on the class of the adapter',
    ({ op, problem, build }) => {
      for (const device of adapters) {
        const preferred = preferredNames(op, problem as never, device);
        const [first] = variantsOf(build, device);
        const matches = preferred.some((name) => standsFor(name, first!));
        // Without a preference the op's own order stands: tiles first.
        expect(
          preferred.length === 0 ? first!.startsWith('tile') : matches,
          `${first} of ${preferred.join()}`,
        ).toBe(true);
      }
    },
  );

  it('keeps all variants, those without a preference in their order', () => {
    const variants = ['b', 'registers1', 'a', 'rows'].map((name) => ({ name }));
    const ordered = inPreferredOrder('attention', { queries: 1 }, variants, guaranteedCapabilities);
    expect(ordered.map(({ name }) => name)).toEqual(['rows', 'b', 'registers1', 'a']);
  });

  it('shares a row among few threads where barriers are dear', () => {
    const first = (device: DeviceCapabilities) => variantsOf((tensor) => softmax(tensor([8, 64])), device)[0];
    expect(adapters.map(first)).toEqual(['lanes4', 'lanes4', 'lanes4', 'lanes1', 'lanes1', 'lanes1']);
  });
});
