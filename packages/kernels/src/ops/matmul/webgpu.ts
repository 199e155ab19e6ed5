import type { WebgpuContext } from '../../kernel/kernel.js';
import type { ShaderVariant } from '../../webgpu/shader.js';
import { inPreferredOrder } from '../../webgpu/policy/policy.js';
import { epilogue } from './epilogue.js';
import type { MatmulAttributes, MatmulShape } from './matmul.js';
import { matmulEpilogueOperands, matmulShape } from './matmul.js';
import { matrixVariants } from '../../webgpu/gemm/matrices.js';
import type { Tile } from '../../webgpu/gemm/tiled.js';
import { tiledCode, tilesFor } from '../../webgpu/gemm/tiled.js';
import { simd8Variants } from './simd8.js';
import { registerVariants } from './registers.js';
import { subgroupVariants } from './subgroups.js';

export function matmulWebgpu({
  inputs,
  attributes,
  device,
}: WebgpuContext<MatmulAttributes>): readonly ShaderVariant[] {
  const shape = matmulShape(inputs, attributes);
  const most = device.limits.maxComputeWorkgroupsPerDimension;
  const tiled = tilesFor(shape.m, device).map((tile) => ({
    name: tile.name,
    build: () => program(tile, shape, attributes, inputs.length, most),
  }));
  const registers = registerVariants(shape, attributes, inputs.length, device);
  const subgroups = subgroupVariants(shape, attributes, inputs.length, device);
  const access = accessCode(attributes, inputs.length);
  const matmul = {
    label: 'matmul',
    ...shape,
    stride: shape.shared ? 0 : shape.k * shape.n,
    ...access,
  };
  const simd8 = simd8Variants(shape, access, device);
  const matrices = matrixVariants(matmul, device);
  const variants = [...registers, ...simd8, ...tiled, ...subgroups, ...matrices];
  return inPreferredOrder('matmul', shape, variants, device);
}

/** `a_offset`, `load_b`, the epilogue, and all buffers but `a`. */
function accessCode(attributes: MatmulAttributes, inputCount: number) {
  const { transposeA, transposeB, activation } = attributes;
  const operands = matmulEpilogueOperands(inputCount, attributes);
  const { code: ending, bindings } = epilogue(activation, operands, inputCount, 'f32');
  const generated = [
    '@group(0) @binding(1) var<storage, read> b: array<f32>;',
    `fn a_offset(row: u32, i: u32) -> u32 { return ${transposeA ? 'i * M + row' : 'row * K + i'}; }`,
    `fn load_b(base: u32, i: u32, column: u32) -> f32 { return b[base + ${transposeB ? 'column * K + i' : 'i * N + column'}]; }`,
    ending,
  ].join('\n');
  return { generated, bindings };
}

function program(
  tile: Tile,
  shape: MatmulShape,
  attributes: MatmulAttributes,
  inputCount: number,
  most: number,
) {
  const { m, n, k, batch, shared } = shape;
  const folds = Math.ceil(batch / most);
  const items = Math.ceil(batch / folds);
  const { generated, bindings } = accessCode(attributes, inputCount);
  const sizes = { m, n, k, stride: shared ? 0 : k * n };
  const code = tiledCode(tile, sizes, folds > 1 ? { batch, items } : undefined);
  return {
    passes: [
      {
        label: `matmul-${tile.name}`,
        code: `${code}\n${generated}\n`,
        bindings,
        workgroups: [Math.ceil(n / tile.columns), Math.ceil(m / tile.rows) * folds, items] as const,
      },
    ],
  };
}
