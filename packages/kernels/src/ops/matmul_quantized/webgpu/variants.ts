import type { WebgpuContext } from '../../../kernel/kernel.js';
import { matrixVariants } from '../../../webgpu/gemm/matrices.js';
import type { Tile } from '../../../webgpu/gemm/tiled.js';
import { tiledCode, tilesFor } from '../../../webgpu/gemm/tiled.js';
import { inPreferredOrder } from '../../../webgpu/policy/policy.js';
import { allowsHalf } from '../../../webgpu/capabilities.js';
import type { ShaderProgram, ShaderVariant } from '../../../webgpu/shader.js';
import type { QuantizedBuffers } from './buffers.js';
import { declareBuffers } from './buffers.js';
import type { MatmulQuantizedAttributes, MatmulQuantizedShape } from '../matmul_quantized.js';
import { matmulQuantizedShape } from '../matmul_quantized.js';
import { integerVariants, roundedVariant } from './integer.js';
import { subgroupVariants } from './subgroups.js';
import { laneVariants } from './lanes.js';
import { registerVariants, splitVariants } from './row_matmul.js';

export function matmulQuantizedWebgpu(
  context: WebgpuContext<MatmulQuantizedAttributes>,
): readonly ShaderVariant[] {
  const { inputs, attributes, device } = context;
  const shape = matmulQuantizedShape(inputs, attributes);
  const buffers = declareBuffers(shape, attributes, inputs.length);
  const { m, k } = shape;
  const { bits, group, codebook } = attributes;

  const tiled = tilesFor(m, device).map((tile) => ({
    name: tile.name,
    build: () => tiledProgram(tile, shape, buffers),
  }));
  const rows = k % (32 / bits) === 0 ? wholeWords : k % 4 === 0 ? vectors : numbers;
  const matmul = {
    label: 'matmul-quantized',
    ...shape,
    bits,
    group,
    rows,
    rowsByLane: wholeWordsByLane,
    mostLoads: 32,
    buffers,
  };
  const matrices = matrixVariants(
    {
      label: 'matmul-quantized',
      ...shape,
      batch: 1,
      stride: 0,
      generated: `${buffers.code}\n${singly}`,
      bindings: buffers.bindings,
    },
    device,
  );
  const precisions = allowsHalf(device) ? (['f32', 'f16'] as const) : (['f32'] as const);
  const variants = precisions
    .flatMap((precision) => [
      ...registerVariants(matmul, device, precision),
      ...splitVariants(matmul, device, precision),
      ...(precision === 'f32' ? subgroupVariants(matmul, device) : []),
    ])
    .concat(laneVariants(matmul, device), tiled, matrices);
  if (attributes.activationBits === 32) return inPreferredOrder('matmulQuantized', shape, variants, device);
  const rounded = variants.map((variant) => roundedVariant(variant, shape, device));
  // A codebook's values are no integers.
  const integer = codebook.length > 0 ? [] : integerVariants(shape, attributes, buffers, device);
  return inPreferredOrder('matmulRoundedRows', shape, [...rounded, ...integer], device);
}

/** How tiles read both operands: number by number. */
const singly = `fn a_offset(row: u32, i: u32) -> u32 { return row * K + i; }
fn load_b(base: u32, i: u32, column: u32) -> f32 {
  let bits = packed[column * WORDS + i / PER_WORD] >> ((i % PER_WORD) * BITS);
  return step_of(bits & MASK, zero_of(column, i / GROUP)) * scale_of(column, i / GROUP);
}`;

function tiledProgram(
  tile: Tile,
  { m, n, k }: MatmulQuantizedShape,
  { code, bindings }: QuantizedBuffers,
): ShaderProgram {
  return {
    passes: [
      {
        label: `matmul-quantized-${tile.name}`,
        code: `${tiledCode(tile, { m, n, k, stride: 0 })}\n${code}\n${singly}\n`,
        bindings,
        workgroups: [Math.ceil(n / tile.columns), Math.ceil(m / tile.rows), 1],
      },
    ],
  };
}

const places = `fn place_of(row: u32) -> u32 { return row * K; }
fn spot_of(i: u32) -> u32 { return i; }`;

/** `load_a` where rows fall into whole words, into vectors of four, and into neither. */
const wholeWords = `@group(0) @binding(0) var<storage, read> a: array<vec4f>;
${places}
fn load_a(place: u32, i: u32) -> vec4f { return a[(place + i) / 4u]; }`;
const wholeWordsByLane = `@group(0) @binding(0) var<storage, read> a: array<f32>;
${places}
fn load_one(place: u32, i: u32) -> f32 { return a[place + i + lane]; }`;
const vectors = `@group(0) @binding(0) var<storage, read> a: array<vec4f>;
${places}
fn load_a(place: u32, i: u32) -> vec4f {
  return select(vec4f(0.0), a[(place + min(i, K - 4u)) / 4u], i < K);
}`;
const numbers = `@group(0) @binding(0) var<storage, read> a: array<f32>;
${places}
fn number(place: u32, i: u32) -> f32 { return select(0.0, a[place + min(i, K - 1u)], i < K); }
fn load_a(place: u32, i: u32) -> vec4f {
  return vec4f(number(place, i), number(place, i + 1u), number(place, i + 2u), number(place, i + 3u));
}`;
