import type { DeviceCapabilities } from '../capabilities.js';
import type { AdapterClass } from './adapter_class.js';
import { adapterClass } from './adapter_class.js';

/** What the order of an op's variants depends on beside the adapter: sizes of the problem, by op. */
interface Problems {
  /** (M, K) x (K, N). */
  readonly matmul: { readonly m: number; readonly n: number };
  /** The tiles in workgroup memory that matmuls share. */
  readonly tiles: { readonly m: number };
  readonly matmulQuantized: { readonly m: number; readonly n: number; readonly k: number };
  /** The same with activations rounded to signed bytes: as floats (`rounded-…`), or multiplied as integers. */
  readonly matmulRoundedRows: { readonly m: number; readonly n: number; readonly k: number };
  readonly conv2d: { readonly flops: number; readonly fitsRegisters: boolean };
  readonly conv2dQuantized: object;
  readonly attention: { readonly queries: number };
  readonly sparseAttention: object;
  readonly hadamard: object;
  /** Widths of the group of threads that shares a row, the one for the row's length first. */
  readonly rows: { readonly lanes: readonly number[] };
}

/**
 * Names of the variants to try first, best first, by what was measured on adapters of a class; `registers*` stands for all names that
 * begin so. Variants by subgroups and subgroup matrices stand nowhere: they were not timed on a GPU yet, and tuning, which
 * checks them first, may choose them. What holds for one adapter rather than its class is tuning's to find.
 */
const preferences: {
  readonly [Op in keyof Problems]: (problem: Problems[Op], adapter: AdapterClass) => readonly string[];
} = {
  matmul({ m, n }, adapter) {
    // Every barrier of a driver that computes on the CPU stores and loads all registers of the workgroup.
    if (adapter.isSoftware) {
      if (m <= 2) return ['registers1x8'];
      if (m <= 8 || n < 8) return ['registers4x8', 'registers4x4'];
      return [...(m >= 16 ? ['simd8-16x2'] : []), 'simd8-8x4', 'registers8x8', 'registers4x8'];
    }
    if (m <= 2) return ['registers1x4', 'registers1x8', 'tile8x32'];
    return preferences.tiles({ m }, adapter);
  },

  // Few rows waste a square tile, and wait for the other operand's memory, which half precision in tiles does not spare.
  tiles({ m }, { isSoftware, allowsHalf }) {
    if (m <= 8) return ['tile8x32'];
    return allowsHalf && !isSoftware ? ['tile32x32-f16', 'tile32x32'] : ['tile32x32'];
  },

  matmulQuantized({ m, n, k }, { isSoftware, allowsHalf }) {
    if (isSoftware) {
      if (m <= 2) return ['simd8-1x4', 'registers1x4', 'split8'];
      if (m <= 8) return ['simd8-4x4', 'simd4-4x4', 'registers4x4', 'split8'];
      // The larger tiles run up to a fifth faster and compile two or three times as long, which small matmuls never earn back.
      const tiles = m * n * k > 2 ** 22 ? ['8x8', '8x4'] : ['8x4'];
      const byLane = ['simd8', 'simd4'].flatMap((lanes) => tiles.map((tile) => `${lanes}-${tile}`));
      return [...byLane, 'registers8x4', 'simd4-4x4', 'registers4x4', 'tile64x64'];
    }
    // A tile would stand half empty for few rows, and reads each word once a value.
    const names = m <= 8 ? ['split32', 'split8'] : ['tile32x32'];
    return allowsHalf ? [...names.map((name) => `${name}-f16`), ...names] : names;
  },

  matmulRoundedRows(problem, adapter) {
    const rounded = preferences.matmulQuantized(problem, adapter).map((name) => `rounded-${name}`);
    const integer = problem.m <= 2 ? 'integer1x4' : 'integer8x4';
    // A CPU multiplies floats at least as fast as bytes.
    return adapter.isSoftware ? [...rounded, 'rounded-*', integer] : [integer, 'integer*', ...rounded];
  },

  // Below 2^21 operations a convolution takes no longer than its launch, and the small shader compiles in a tenth.
  conv2d({ flops, fitsRegisters }, { isSoftware }) {
    if (isSoftware && fitsRegisters) return ['registers*', 'direct*'];
    return flops < 2 ** 21 ? ['direct*', 'registers*'] : [];
  },

  conv2dQuantized: () => ['simd8-8x4', 'simd4-8x4', 'simd8-4x4', 'simd4-4x4', 'registers4x4'],

  // `tiled` shares keys among the queries of a workgroup; a single query of decoding gets a workgroup of its own.
  attention({ queries }, { isSoftware }) {
    if (!isSoftware) return queries >= 8 ? [] : ['rows'];
    const simd8 = queries > 8 ? ['simd8-2'] : queries === 8 ? ['simd8-1'] : [];
    return [...simd8, 'registers8', 'registers4', 'registers1'];
  },

  sparseAttention: (_, { isSoftware }) =>
    isSoftware ? ['registers8', 'registers4', 'registers1'] : ['split8x1', 'registers1'],

  // Barriers are dear where the CPU computes.
  hadamard: (_, { isSoftware }) => (isSoftware ? ['registers', 'direct'] : ['shared']),

  // Threads that share a row meet at barriers, which a CPU pays for.
  rows: ({ lanes }, { isSoftware }) =>
    isSoftware ? lanes.toSorted((a, b) => a - b).map((share) => `lanes${share}`) : [],
};

/** Names of an op's variants that suit the adapter's class best, in order; `registers*` stands for all that begin so. */
export function preferredNames<Op extends keyof Problems>(
  op: Op,
  problem: Problems[Op],
  device: DeviceCapabilities,
): readonly string[] {
  return preferences[op](problem, adapterClass(device));
}

/** The variants of an op, those first that suit the adapter's class best; the others stay in their order. */
export function inPreferredOrder<Op extends keyof Problems, V extends { readonly name: string }>(
  op: Op,
  problem: Problems[Op],
  variants: readonly V[],
  device: DeviceCapabilities,
): readonly V[] {
  const preferred = preferredNames(op, problem, device);
  const rank = ({ name }: V): number => {
    const at = preferred.findIndex((each) =>
      each.endsWith('*') ? name.startsWith(each.slice(0, -1)) : name === each,
    );
    return at < 0 ? preferred.length : at;
  };
  return variants.toSorted((one, other) => rank(one) - rank(other));
}
