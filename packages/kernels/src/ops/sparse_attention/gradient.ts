import { attentionScale } from '../attention/attention.js';
import type { WebgpuContext } from '../../kernel/kernel.js';
import type { BindingReference, ShaderPass, ShaderVariant } from '../../webgpu/shader.js';
import { f32Literal, grid1d, read, withPrelude, write } from '../../webgpu/shader.js';
import gradientKeys from './gradient_keys.wgsl';
import gradientQueries from './gradient_queries.wgsl';
import type { SparseAttentionAttributes } from './sparse_attention.js';
import { sparseAttentionShape } from './sparse_attention.js';
import listedKeys from './listed_keys.wgsl';
import statistics from './statistics.wgsl';

const workgroupSize = 64;
/** A query of a head and the keys that are listed for it. */
const parts = { listed_keys: listedKeys };

/** Buffers of the gradient of keys and of values, by the names that the shader has for them. */
const keyBuffers = { q: 0, k: 1, v: 2, indptr: 3, indices: 4, gradient: 6 } as const;

/** Four passes: statistics of each query, then the gradients of queries, keys and values, which read those. */
export function sparseAttentionGradientWebgpu({
  inputs,
  attributes,
  device,
}: WebgpuContext<SparseAttentionAttributes>): readonly ShaderVariant[] {
  const shape = sparseAttentionShape(inputs, attributes);
  const { batch, queries, keys, width, heads, head } = shape;
  const most = device.limits.maxComputeWorkgroupsPerDimension;
  const count = batch * queries * heads;
  const keyCount = batch * keys * heads;
  const constants = {
    ...{ QUERIES: queries, KEYS: keys, WIDTH: width, HEADS: heads, HEAD: head },
    ...{ QUERY_BLOCK: attributes.queryBlock, KEY_BLOCK: attributes.keyBlock },
    ...{ COUNT: count, KEY_COUNT: keyCount, WORKGROUP_SIZE: workgroupSize },
    ...{ SCALE: f32Literal(attentionScale(shape)), LOWEST: f32Literal(-Infinity) },
  };
  const operands = (...indices: number[]): BindingReference[] => indices.map((index) => read('input', index));
  const ofKeys = (values: boolean): ShaderPass => {
    const names = Object.entries(keyBuffers).filter(([name]) => !(values && name === 'v'));
    const declared = [...names.map(([name]) => name), 'statistics'].map((name, binding) => {
      const element = name.startsWith('ind') ? 'i32' : 'f32';
      return `@group(0) @binding(${binding}) var<storage, read> ${name}: array<${element}>;\n`;
    });
    const result = `@group(0) @binding(${declared.length}) var<storage, read_write> sums: array<f32>;\n`;
    return {
      label: `sparseAttentionGradient-${values ? 'values' : 'keys'}`,
      code: `${withPrelude(gradientKeys, { constants, conditions: { VALUES: values } })}\n${declared.join('')}${result}`,
      bindings: [
        ...operands(...names.map(([, index]) => index)),
        read('scratch', 0),
        write('output', values ? 2 : 1),
      ],
      workgroups: grid1d(keyCount, workgroupSize, most),
    };
  };
  return [
    {
      name: 'rows',
      build: () => ({
        scratch: [{ shape: [count, 3], dtype: 'f32' }],
        passes: [
          {
            label: 'sparseAttentionGradient-statistics',
            code: withPrelude(statistics, { constants, parts }),
            bindings: [...operands(0, 1, 3, 4, 5, 6), write('scratch', 0)],
            workgroups: grid1d(count, workgroupSize, most),
          },
          {
            label: 'sparseAttentionGradient-queries',
            code: withPrelude(gradientQueries, { constants, parts }),
            bindings: [...operands(0, 1, 2, 3, 4, 6), read('scratch', 0), write('output', 0)],
            workgroups: grid1d(count, workgroupSize, most),
          },
          ofKeys(false),
          ofKeys(true),
        ],
      }),
    },
  ];
}
