import type { Shape, TensorSpec } from '@snowglobe/graph';
import { sizeOf } from '@snowglobe/graph';
import { stridesOf } from '@snowglobe/graph/internal';
import type { DeviceCapabilities } from '../capabilities.js';
import type { ShaderPass } from '../shader.js';
import { grid1d, read, withPrelude, write } from '../shader.js';
import copy from './copy.wgsl';

/**
 * WGSL that turns the linear index `linear` of `shape` into the offset `base + Σ coordinate · stride`. Axes with equal
 * layout are merged and divisions by constants are left to the compiler.
 */
export function offsetExpression(linear: string, shape: Shape, strides: readonly number[], base = 0): string {
  const own = stridesOf(shape);
  const terms = shape.flatMap((dim, axis) => {
    if (dim === 1 || strides[axis] === 0) return [];
    const outer = own[axis] === 1 ? linear : `(${linear} / ${own[axis]}u)`;
    const coordinate = axis === 0 ? outer : `(${outer} % ${dim}u)`;
    return [strides[axis] === 1 ? coordinate : `${coordinate} * ${strides[axis]}u`];
  });
  if (base !== 0) terms.unshift(`${base}u`);
  return terms.length > 0 ? terms.join(' + ') : '0u';
}

/** WGSL's name of each element type. */
export const wgslTypes = { f32: 'f32', i32: 'i32', u32: 'u32' } as const;
const workgroupSize = 64;

export interface StridedCopy {
  readonly label: string;
  /** Region that is copied. */
  readonly shape: Shape;
  readonly source: { readonly input: number; readonly strides: readonly number[]; readonly offset?: number };
  readonly target: { readonly strides: readonly number[]; readonly offset?: number };
}

/** A pass that copies a strided region of an input into a strided region of output 0. */
export function stridedCopyPass(
  { label, shape, source, target }: StridedCopy,
  output: TensorSpec,
  device: DeviceCapabilities,
): ShaderPass {
  const count = sizeOf(shape);
  const code = withPrelude(copy, {
    constants: { COUNT: count, WORKGROUP_SIZE: workgroupSize },
    aliases: { Element: wgslTypes[output.dtype] },
  });
  const offsets =
    `fn source_offset(i: u32) -> u32 { return ${offsetExpression('i', shape, source.strides, source.offset)}; }\n` +
    `fn target_offset(i: u32) -> u32 { return ${offsetExpression('i', shape, target.strides, target.offset)}; }\n`;
  return {
    label,
    code: code + offsets,
    bindings: [read('input', source.input), write('output', 0)],
    workgroups: grid1d(count, workgroupSize, device.limits.maxComputeWorkgroupsPerDimension),
  };
}
