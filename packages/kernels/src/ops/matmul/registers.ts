import type { DeviceCapabilities } from '../../webgpu/capabilities.js';
import type { ShaderPass, ShaderProgram, ShaderVariant } from '../../webgpu/shader.js';
import { withPrelude } from '../../webgpu/shader.js';
import { epilogue } from './epilogue.js';
import type { MatmulAttributes, MatmulShape } from './matmul.js';
import { matmulEpilogueOperands } from './matmul.js';
import body from './registers.wgsl';

/** Rows and vectors of four columns that a thread holds; threads of a workgroup along columns and rows. */
interface RegisterTile {
  readonly rows: number;
  readonly vectors: number;
  readonly threads: readonly [x: number, y: number];
}

/** More registers a thread read memory less often; fewer make more threads, which small matmuls need to fill a GPU. */
const tiles: readonly RegisterTile[] = [
  { rows: 16, vectors: 2, threads: [8, 1] },
  { rows: 8, vectors: 4, threads: [4, 2] },
  { rows: 8, vectors: 2, threads: [4, 4] },
  { rows: 4, vectors: 2, threads: [8, 8] },
  { rows: 4, vectors: 1, threads: [8, 8] },
  { rows: 1, vectors: 2, threads: [32, 1] },
  { rows: 1, vectors: 1, threads: [64, 1] },
];

/** The variants that hold their tile in registers alone; none where a row does not fall into vectors of four. */
export function registerVariants(
  shape: MatmulShape,
  attributes: MatmulAttributes,
  inputCount: number,
  { limits }: DeviceCapabilities,
): readonly ShaderVariant[] {
  if (!readsVectors(shape, attributes)) return [];
  const { m, batch } = shape;
  const most = limits.maxComputeWorkgroupsPerDimension;
  return tiles
    .filter(({ rows }) => rows <= Math.max(4, m) && (rows > 1 || m <= 8))
    .map((tile) => ({ tile, workgroups: workgroupsOf(tile, shape) }))
    .filter(({ workgroups }) => workgroups.every((count) => count <= most) && batch <= most)
    .map(({ tile, workgroups }) => ({
      name: `registers${tile.rows}x${tile.vectors * 4}`,
      build: () => program(tile, workgroups, shape, attributes, inputCount),
    }));
}

/** Whether `operandCode` can read the operands, in vectors of four along K and along N. */
export function readsVectors(
  { m, n, k }: MatmulShape,
  { transposeA, transposeB }: MatmulAttributes,
): boolean {
  // Rows of both as they are stored may end within a vector of K; transposed ones are read in whole vectors.
  return n % 4 === 0 && (k % 4 === 0 || !(transposeA || transposeB)) && (!transposeA || m % 4 === 0);
}

function workgroupsOf({ rows, vectors, threads }: RegisterTile, { m, n, batch }: MatmulShape) {
  return [Math.ceil(n / 4 / vectors / threads[0]), Math.ceil(m / rows / threads[1]), batch] as const;
}

function program(
  { rows, vectors, threads }: RegisterTile,
  workgroups: readonly [number, number, number],
  { m, n, k, batch, shared }: MatmulShape,
  attributes: MatmulAttributes,
  inputCount: number,
): ShaderProgram {
  const { code: generated, bindings } = operandCode({ m, n, k, batch, shared }, attributes, inputCount);
  const code = withPrelude(body, {
    constants: {
      M: m,
      N: n,
      K: k,
      B_STRIDE: shared ? 0 : k * n,
      ROWS: rows,
      VECTORS: vectors,
      THREADS_X: threads[0],
      THREADS_Y: threads[1],
    },
    conditions: { TRANSPOSE_B: attributes.transposeB },
  });
  return {
    passes: [
      {
        label: `matmul-registers${rows}x${vectors * 4}`,
        code: `${code}\n${generated}\n`,
        bindings,
        workgroups,
      },
    ],
  };
}

/**
 * Buffers of both operands, `load_a` (four neighbours along K of a row), `load_b` (four columns at one k) or `load_column` (four
 * neighbours along K of a column), and the epilogue.
 */
export function operandCode(
  { k }: MatmulShape,
  attributes: MatmulAttributes,
  inputCount: number,
): { readonly code: string; readonly bindings: ShaderPass['bindings'] } {
  const { transposeA, transposeB } = attributes;
  const { code: ending, bindings } = epilogue(
    attributes.activation,
    matmulEpilogueOperands(inputCount, attributes),
    inputCount,
    'vec4f',
  );
  const code = [
    `@group(0) @binding(0) var<storage, read> a: array<${k % 4 === 0 ? 'vec4f' : 'f32'}>;`,
    '@group(0) @binding(1) var<storage, read> b: array<vec4f>;',
    transposeA
      ? gatheredA
      : k % 4 !== 0
        ? raggedA
        : 'fn load_a(base: u32, row: u32, k: u32) -> vec4f { return a[(base + row * K + k) / 4u]; }',
    transposeB
      ? 'fn load_column(base: u32, column: u32, k: u32) -> vec4f { return b[(base + column * K + k) / 4u]; }'
      : 'fn load_b(base: u32, k: u32, vector: u32) -> vec4f { return b[base / 4u + min(k, K - 1u) * N4 + vector]; }',
    ending,
  ].join('\n');
  return { code, bindings };
}

/** Four neighbours along K of a column of the stored matrix: one number of each of four vectors. */
const gatheredA = `fn load_a(base: u32, row: u32, k: u32) -> vec4f {
  let first = (base + k * M + row) / 4u;
  return vec4f(a[first][row % 4u], a[first + M / 4u][row % 4u], a[first + M / 2u][row % 4u], a[first + 3u * M / 4u][row % 4u]);
}`;

/** Rows that end within a vector: zeros beyond, so that what stands in the other operand there does not count. */
const raggedA = `fn number(base: u32, row: u32, k: u32) -> f32 {
  return select(0.0, a[base + row * K + min(k, K - 1u)], k < K);
}
fn load_a(base: u32, row: u32, k: u32) -> vec4f {
  return vec4f(number(base, row, k), number(base, row, k + 1u), number(base, row, k + 2u), number(base, row, k + 3u));
}`;
