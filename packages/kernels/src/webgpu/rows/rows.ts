import type { DeviceCapabilities } from '../capabilities.js';
import { inPreferredOrder } from '../policy/policy.js';
import type { BindingReference, ShaderPass, ShaderVariant } from '../shader.js';
import { grid1d, read, withPrelude, write } from '../shader.js';
import { hasSubgroups, reductions, subgroupDirectives } from '../subgroups.js';
import columnSums from './column_sums.wgsl';
import rowExponentials from './row_exponentials.wgsl';
import rowMain from './row_main.wgsl';
import rows from './rows.wgsl';
import rowsOfWorkgroups from './rows_subgroups.wgsl';

const workgroupSize = 64;
/** Threads of a row whose sums are added by subgroups. */
const subgroupSizes = [32, 128];

/** `total_of` and `largest_of` of an Element, by its width. */
export const elementFunctions = {
  1: 'fn total_of(x: Element) -> f32 { return x; }\nfn largest_of(x: Element) -> f32 { return x; }\n',
  4:
    'fn total_of(x: Element) -> f32 { return x.x + x.y + x.z + x.w; }\n' +
    'fn largest_of(x: Element) -> f32 { return max(max(x.x, x.y), max(x.z, x.w)); }\n',
} as const;

export interface RowKernel {
  readonly label: string;
  /**
   * WGSL of the bindings and, after `//: include row_main`, of what a thread does; may use everything in `rows.wgsl`, `total_of` and
   * `largest_of`. `//: include row_exponentials` gives the largest number (`high`) of a row of `x` and its sum of exponentials (`total`).
   */
  readonly body: string;
  /** Numbers in a row. */
  readonly length: number;
  readonly rows: number;
  readonly bindings: readonly BindingReference[];
  readonly constants?: Readonly<Record<string, string>>;
}

/**
 * Variants of a kernel that reduces along rows: `vec4` elements where the length allows it, and three widths of the
 * group of threads that shares a row, the one with about four elements a thread first. Where there are subgroups, they add the
 * sums of long rows.
 */
export function rowVariants(
  { label, body, length, rows: count, bindings, constants = {} }: RowKernel,
  device: DeviceCapabilities,
): readonly ShaderVariant[] {
  const width = length % 4 === 0 ? 4 : 1;
  const elements = length / width;
  const preferred = powerOfTwo(elements / 4);
  const lanes = [...new Set([preferred, powerOfTwo(preferred * 4), powerOfTwo(preferred / 4)])];
  const program = (share: number, group: number, prelude: string, enable: readonly string[] = []) => ({
    passes: [
      {
        label,
        code: withPrelude(prelude + elementFunctions[width] + body, {
          enable,
          parts: { row_main: rowMain, row_exponentials: rowExponentials },
          constants: {
            COUNT: count,
            LENGTH: elements,
            LANES: share,
            ROWS: group / share,
            WORKGROUP_SIZE: group,
            ...constants,
          },
          aliases: { Element: width === 4 ? 'vec4f' : 'f32' },
        }),
        bindings,
        workgroups: grid1d(count * share, group, device.limits.maxComputeWorkgroupsPerDimension),
      },
    ],
  });
  // A subgroup or two for a row: shorter rows would leave most of them idle.
  const groups = hasSubgroups(device) ? subgroupSizes.filter((group) => elements >= group) : [];
  const variants = [
    ...lanes.map((share) => ({
      name: `lanes${share}`,
      build: () => program(share, workgroupSize, rows),
    })),
    ...groups.map((group) => ({
      name: `subgroup${group}`,
      build: () => program(group, group, rowsOfWorkgroups + reductions.bySubgroups, subgroupDirectives),
    })),
  ];
  return inPreferredOrder('rows', { lanes }, variants, device);
}

/** The power of two next above `value`, within 1 … the workgroup's size. */
function powerOfTwo(value: number): number {
  return Math.min(workgroupSize, 2 ** Math.max(0, Math.ceil(Math.log2(value))));
}

/** A pass that adds the rows of scratch buffer 0, a (rows, columns) array of partial sums, into output 0. */
export function columnSumsPass(
  label: string,
  { rows: count, columns }: { readonly rows: number; readonly columns: number },
  device: DeviceCapabilities,
): ShaderPass {
  return {
    label,
    code: withPrelude(columnSums, {
      constants: { ROWS: count, COLUMNS: columns, WORKGROUP_SIZE: workgroupSize },
    }),
    bindings: [read('scratch', 0), write('output', 0)],
    workgroups: grid1d(columns, workgroupSize, device.limits.maxComputeWorkgroupsPerDimension),
  };
}
