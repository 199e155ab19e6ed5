import { sizeOf } from '@snowglobe/graph';
import type { WebgpuContext } from '../../kernel/kernel.js';
import { inPreferredOrder } from '../../webgpu/policy/policy.js';
import type { ShaderVariant } from '../../webgpu/shader.js';
import { f32Literal, grid1d, read, withPrelude, write } from '../../webgpu/shader.js';
import direct from './direct.wgsl';
import type { HadamardAttributes } from './hadamard.js';
import shared from './shared.wgsl';

const workgroupSize = 64;
/** What still fits in the registers of a thread. */
const mostRegisters = 64;

export function hadamardWebgpu({
  inputs,
  attributes: { size },
  device,
}: WebgpuContext<HadamardAttributes>): readonly ShaderVariant[] {
  const { limits } = device;
  const count = sizeOf(inputs[0]!.shape);
  const blocks = count / size;
  const norm = f32Literal(1 / Math.sqrt(size));
  const variant = (
    name: string,
    code: string,
    workgroups: readonly [number, number, number],
  ): ShaderVariant => ({
    name,
    build: () => ({
      passes: [
        { label: `hadamard-${name}`, code, bindings: [read('input', 0), write('output', 0)], workgroups },
      ],
    }),
  });
  const most = limits.maxComputeWorkgroupsPerDimension;
  const constants = { COUNT: count, BLOCKS: blocks, SIZE: size, NORM: norm };
  const variants: ShaderVariant[] = [];
  if (size <= mostRegisters) {
    const grid = grid1d(blocks, workgroupSize, most);
    const code = registersCode(size, { ...constants, WORKGROUP_SIZE: workgroupSize });
    variants.push(variant('registers', code, grid));
  }
  if (4 * size <= limits.maxComputeWorkgroupStorageSize) {
    const threads = Math.min(size / 2, 128);
    const code = withPrelude(shared, { constants: { ...constants, THREADS: threads } });
    variants.push(variant('shared', code, grid1d(blocks, 1, most)));
  }
  const code = withPrelude(direct, { constants: { ...constants, WORKGROUP_SIZE: workgroupSize } });
  variants.push(variant('direct', code, grid1d(count, workgroupSize, most)));
  return inPreferredOrder('hadamard', {}, variants, device);
}

/** A thread turns a block, whose numbers have a name each. */
function registersCode(size: number, constants: Readonly<Record<string, number | string>>): string {
  const lines = Array.from({ length: size }, (_, i) => `  var x${i} = x[first + ${i}u];`);
  for (let half = 1; half < size; half *= 2) {
    for (let i = 0; i < size; i++) {
      if (i & half) continue;
      lines.push(`  let s${half}_${i} = x${i} - x${i + half};`);
      lines.push(`  x${i} += x${i + half};`, `  x${i + half} = s${half}_${i};`);
    }
  }
  for (let i = 0; i < size; i++) lines.push(`  result[first + ${i}u] = x${i} * NORM;`);
  const body = [
    '@group(0) @binding(0) var<storage, read> x: array<f32>;',
    '@group(0) @binding(1) var<storage, read_write> result: array<f32>;',
    '@compute @workgroup_size(WORKGROUP_SIZE)',
    'fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {',
    '  let block = id.y * groups.x * WORKGROUP_SIZE + id.x;',
    '  if (block >= BLOCKS) {',
    '    return;',
    '  }',
    '  let first = block * SIZE;',
    ...lines,
    '}',
  ].join('\n');
  return withPrelude(body, { constants });
}
