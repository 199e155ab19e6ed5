import type { TensorSpec } from '@snowglobe/graph';
import { expandTemplate, includeParts } from './template.js';

/** A buffer of a node, as its passes name it. */
export interface BindingReference {
  readonly kind: 'input' | 'output' | 'scratch';
  readonly index: number;
  /** How the shader declares it: `var<storage, read>` or `var<storage, read_write>`. */
  readonly access: 'read' | 'read_write';
}

/** One dispatch. Binding `i` of group 0 is `bindings[i]`. */
export interface ShaderPass {
  readonly label: string;
  /** Complete WGSL with entry point `main`; shapes and tiles are constants in it. */
  readonly code: string;
  readonly bindings: readonly BindingReference[];
  readonly workgroups: readonly [x: number, y: number, z: number];
}

/** What a node does on a device: plain data that can be printed, hashed and cached. */
export interface ShaderProgram {
  readonly passes: readonly ShaderPass[];
  /** Temporary buffers between the passes. */
  readonly scratch?: readonly TensorSpec[];
}

/** One way to compute a node; the autotuner picks among those that are valid on the adapter. */
export interface ShaderVariant {
  /** Unique among the op's variants, for example `tile8x8-f16`; part of the tuning cache's key. */
  readonly name: string;
  /** Makes the shader, when the variant is chosen. */
  build(): ShaderProgram;
}

export const read = (kind: BindingReference['kind'], index: number): BindingReference => ({
  kind,
  index,
  access: 'read',
});
export const write = (kind: BindingReference['kind'], index: number): BindingReference => ({
  kind,
  index,
  access: 'read_write',
});

export interface Prelude {
  /** Features to `enable`, for example `f16`. */
  readonly enable?: readonly string[];
  /** Diagnostics to turn off: what the compiler cannot see and the shader sees to itself. */
  readonly allow?: readonly string[];
  /** Integers become `u32` constants, others must be given as WGSL expressions in a string. */
  readonly constants?: Readonly<Record<string, number | string>>;
  /** Type aliases, for example `{ element: 'f16' }`. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** What stands for `//: include NAME` in the body. */
  readonly parts?: Readonly<Record<string, string>>;
  /** What `//: if NAME` in the body asks for. */
  readonly conditions?: Readonly<Record<string, boolean>>;
}

/**
 * Puts `enable`, `diagnostic`, `alias` and `const` lines in front of a `.wgsl` body whose tiles and shapes are names, and writes out its
 * loops and conditions over constants (`expandTemplate`).
 */
export function withPrelude(body: string, prelude: Prelude): string {
  const lines = [
    ...(prelude.enable ?? []).map((feature) => `enable ${feature};`),
    ...(prelude.allow ?? []).map((rule) => `diagnostic(off, ${rule});`),
    ...Object.entries(prelude.aliases ?? {}).map(([name, type]) => `alias ${name} = ${type};`),
    ...Object.entries(prelude.constants ?? {}).map(
      ([name, value]) => `const ${name} = ${typeof value === 'number' ? integer(name, value) : value};`,
    ),
  ];
  const expanded = expandTemplate(includeParts(body, prelude.parts ?? {}), {
    ...prelude.constants,
    ...prelude.conditions,
  });
  return `${lines.join('\n')}\n${expanded}`;
}

function integer(name: string, value: number): string {
  if (!Number.isInteger(value) || value < 0) throw new Error(`prelude: ${name} = ${value} is not an integer`);
  return `${value}u`;
}

/** `1e-5` as WGSL needs it: always an f32 literal. */
export function f32Literal(value: number): string {
  if (Number.isNaN(value)) throw new Error('WGSL has no NaN literal');
  if (!Number.isFinite(value)) return value > 0 ? '3.4028234e38f' : '-3.4028234e38f';
  return `f32(${/[.e]/.test(String(value)) ? value : `${value}.0`})`;
}

/**
 * Workgroups for `threads` invocations of a one-dimensional kernel, folded into two dimensions when one would pass
 * the limit. The shader finds its index as
 * `global_invocation_id.y * (num_workgroups.x * WORKGROUP_SIZE) + global_invocation_id.x` and returns when it is
 * beyond the end.
 */
export function grid1d(
  threads: number,
  workgroupSize: number,
  maxPerDimension = 65535,
): [number, number, number] {
  const groups = Math.max(1, Math.ceil(threads / workgroupSize));
  if (groups <= maxPerDimension) return [groups, 1, 1];
  const rows = Math.ceil(groups / maxPerDimension);
  return [Math.ceil(groups / rows), rows, 1];
}
