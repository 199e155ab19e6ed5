import type { AttentionAttributes } from '../attention/attention.js';
import { attentionShape } from '../attention/attention.js';
import type { KeySource } from '../attention/registers.js';
import { registerVariants } from '../attention/registers.js';
import type { WebgpuContext } from '../kernel.js';
import type { ShaderVariant } from '../webgpu/shader.js';
import { f32Literal, grid1d, inOrder, read, withPrelude, write } from '../webgpu/shader.js';
import { leastLargest } from '../rounding.js';
import { plainOperands } from './attention_int8.js';
import { packedHeads } from './dequantize_heads.js';
import dequantizeHeads from './dequantize_heads.wgsl';
import type { QuantizeHeadsAttributes } from './quantize_heads.js';
import { headsShape } from './quantize_heads.js';
import quantizeHeads from './quantize_heads.wgsl';

const workgroupSize = 64;

/** Bytes that are unpacked and scaled as they are read: a word is a vec4, and a head has VECTORS of them. */
const byteKeys: KeySource = {
  bindings: [
    { name: 'k', reference: read('input', 1), element: 'u32' },
    { name: 'k_scales', reference: read('input', 2) },
    { name: 'v', reference: read('input', 3), element: 'u32' },
    { name: 'v_scales', reference: read('input', 4) },
  ],
  code:
    'fn load_k(i: u32) -> vec4f { return vec4f(unpack4xI8(k[i])) * k_scales[i / VECTORS]; }\n' +
    'fn load_v(i: u32) -> vec4f { return vec4f(unpack4xI8(v[i])) * v_scales[i / VECTORS]; }\n',
  biasInput: 5,
};

export function attentionInt8Webgpu(context: WebgpuContext<AttentionAttributes>): readonly ShaderVariant[] {
  const { inputs, attributes, device } = context;
  const shape = attentionShape(plainOperands(inputs), attributes);
  const variants = registerVariants(context, shape, byteKeys);
  const few = shape.queries < 8 ? ['split8x1', 'registers1'] : ['registers4'];
  return inOrder(variants, device.isSoftware ? ['registers8', 'registers4', 'registers1'] : few);
}

export function quantizeHeadsWebgpu({
  inputs,
  attributes,
  device,
}: WebgpuContext<QuantizeHeadsAttributes>): readonly ShaderVariant[] {
  const { count, head } = headsShape(inputs[0]!, attributes);
  return [
    {
      name: 'thread',
      build: () => ({
        passes: [
          {
            label: 'quantizeHeads',
            code: withPrelude(quantizeHeads, {
              constants: {
                ...{ COUNT: count, VECTORS: head / 4, WORKGROUP_SIZE: workgroupSize },
                LEAST_LARGEST: f32Literal(leastLargest),
              },
            }),
            bindings: [read('input', 0), write('output', 0), write('output', 1)],
            workgroups: grid1d(count, workgroupSize, device.limits.maxComputeWorkgroupsPerDimension),
          },
        ],
      }),
    },
  ];
}

export function dequantizeHeadsWebgpu({
  inputs,
  device,
}: WebgpuContext<Record<never, never>>): readonly ShaderVariant[] {
  const { count, words } = packedHeads(inputs);
  const threads = count * words;
  return [
    {
      name: 'word',
      build: () => ({
        passes: [
          {
            label: 'dequantizeHeads',
            code: withPrelude(dequantizeHeads, {
              constants: { COUNT: threads, VECTORS: words, WORKGROUP_SIZE: workgroupSize },
            }),
            bindings: [read('input', 0), read('input', 1), write('output', 0)],
            workgroups: grid1d(threads, workgroupSize, device.limits.maxComputeWorkgroupsPerDimension),
          },
        ],
      }),
    },
  ];
}
