import type { OpDefinition, Tensor } from '@snowglobe/graph';
import { SnowglobeError, sizeOf } from '@snowglobe/graph';
import { formatShape, sameShape } from '@snowglobe/graph/internal';
import type { TensorSpec } from '@snowglobe/graph';
import { pointwiseOps } from '../pointwise/pointwise.js';
import { sum } from '../reduce/reduce.js';
import { reshape } from '../reshape/reshape.js';

/** What a matmul applies to its result before it stores it. */
export type Activation = 'none' | 'gelu' | 'silu';

export interface MatmulAttributes extends Record<string, unknown> {
  /** Read the last two axes of `a` (or `b`) exchanged. */
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  /** Applied to the result after the bias. Set by `fuseMatmulEpilogues`, after differentiation. */
  readonly activation: Activation;
  /** The last operand, of the result's shape, is added after everything else. Set by `fuseMatmulEpilogues`. */
  readonly hasResidual: boolean;
}

/** Operands by what they are. */
export function matmulOperands<T>(
  inputs: readonly T[],
  { hasResidual }: Pick<MatmulAttributes, 'hasResidual'>,
): { readonly a: T; readonly b: T; readonly bias: T | undefined; readonly residual: T | undefined } {
  const [a, b] = inputs as readonly [T, T];
  const rest = inputs.slice(2);
  const residual = hasResidual ? rest.pop() : undefined;
  return { a, b, bias: rest[0], residual };
}

/** Which operands the bias and the residual are; undefined where the node has none. */
export function matmulEpilogueOperands(
  inputCount: number,
  { hasResidual }: Pick<MatmulAttributes, 'hasResidual'>,
): { readonly bias?: number; readonly residual?: number } {
  const rest = inputCount - (hasResidual ? 1 : 0);
  return { ...(rest > 2 && { bias: 2 }), ...(hasResidual && { residual: rest }) };
}

/** The matmul as `batch` independent ones, (M, K) x (K, N); `shared` where one `b` serves the whole batch. */
export interface MatmulShape {
  readonly batch: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly shared: boolean;
}

/** Reads the problem size off operand specs whose shapes were checked. Rows of a batch with one `b` are joined. */
export function matmulShape(inputs: readonly TensorSpec[], attributes: MatmulAttributes): MatmulShape {
  const [a, b] = inputs as [TensorSpec, TensorSpec];
  const [aRows, aColumns] = a.shape.slice(-2) as [number, number];
  const [bRows, bColumns] = b.shape.slice(-2) as [number, number];
  const m = attributes.transposeA ? aColumns : aRows;
  const k = attributes.transposeA ? aRows : aColumns;
  const n = attributes.transposeB ? bRows : bColumns;
  const batch = sizeOf(a.shape.slice(0, -2));
  const shared = b.shape.length === 2;
  return shared && !attributes.transposeA
    ? { batch: 1, m: m * batch, n, k, shared }
    : { batch, m, n, k, shared };
}

export const matmulOp: OpDefinition<MatmulAttributes> = {
  name: 'matmul',
  infer(inputs, attributes) {
    const { transposeA, transposeB } = attributes;
    const { a, b, bias, residual } = matmulOperands(inputs, attributes);
    const wrong = (why: string, remedy: string): SnowglobeError =>
      new SnowglobeError(
        `matmul: shapes ${formatShape(a.shape)}${transposeA ? ' transposed' : ''} and ${formatShape(b.shape)}` +
          `${transposeB ? ' transposed' : ''} do not align: ${why}; ${remedy}.`,
      );
    if (a.dtype !== 'f32' || b.dtype !== 'f32') throw wrong('both must be f32', 'convert with toF32');
    if (a.shape.length < 2 || b.shape.length < 2)
      throw wrong('both need two axes', 'reshape to (rows, columns)');
    const [m, ka] = transposeA ? a.shape.slice(-2).reverse() : a.shape.slice(-2);
    const [kb, n] = transposeB ? b.shape.slice(-2).reverse() : b.shape.slice(-2);
    if (ka !== kb) throw wrong(`${ka} columns meet ${kb} rows`, 'transpose or reshape one');
    const batch = a.shape.slice(0, -2);
    if (b.shape.length > 2 && !sameShape(batch, b.shape.slice(0, -2))) {
      throw wrong('the leading axes differ', 'give b two axes or the leading axes of a');
    }
    if (bias && !sameShape(bias.shape, [n!])) {
      throw wrong(`the bias is ${formatShape(bias.shape)}`, `give it the shape (${n})`);
    }
    const shape = [...batch, m!, n!];
    if (residual && !sameShape(residual.shape, shape)) {
      throw wrong(
        `the residual is ${formatShape(residual.shape)}`,
        `give it the shape ${formatShape(shape)}`,
      );
    }
    return [{ shape, dtype: 'f32' }];
  },
  flops(inputs, _, attributes) {
    const { batch, m, n, k } = matmulShape(inputs, attributes);
    return 2 * batch * m * n * k;
  },
  gradient({ inputs, outputGradients, attributes, needed }) {
    const [a, b, bias] = inputs as [Tensor, Tensor, Tensor | undefined];
    const { transposeA, transposeB, activation, hasResidual } = attributes;
    const g = outputGradients[0]!;
    if (activation !== 'none' || hasResidual) {
      throw new Error('matmul: differentiate before fusing epilogues');
    }
    return [
      needed[0] ? gradientOfA(g, b, transposeA, transposeB) : undefined,
      needed[1] ? gradientOfB(g, a, b, transposeA, transposeB) : undefined,
      ...(bias ? [needed[2] ? sum(reshape(g, [-1, g.shape.at(-1)!]), 0) : undefined] : []),
    ];
  },
};

function gradientOfA(g: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): Tensor {
  if (!transposeA) return matmul(g, b, { transposeB: !transposeB });
  if (b.shape.length > 2) return matmul(b, g, { transposeA: transposeB, transposeB: true });
  // One b for a batch of transposed a: aᵀ-gradient row by row, then exchanged by a batched matmul.
  return matmul(broadcastBatch(b, g), g, { transposeA: transposeB, transposeB: true });
}

function gradientOfB(g: Tensor, a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): Tensor {
  if (b.shape.length > 2) {
    return transposeB
      ? matmul(g, a, { transposeA: true, transposeB: transposeA })
      : matmul(a, g, { transposeA: !transposeA });
  }
  if (!transposeA) {
    // One b for all rows: the sum over the batch is the matmul over all rows at once.
    const rows = reshape(a, [-1, a.shape.at(-1)!]);
    const gradientRows = reshape(g, [-1, g.shape.at(-1)!]);
    return transposeB
      ? matmul(gradientRows, rows, { transposeA: true })
      : matmul(rows, gradientRows, { transposeA: true });
  }
  const perItem = transposeB ? matmul(g, a, { transposeA: true, transposeB: true }) : matmul(a, g);
  return perItem.shape.length === 2 ? perItem : sum(reshape(perItem, [-1, ...b.shape]), 0);
}

function broadcastBatch(b: Tensor, like: Tensor): Tensor {
  const batch = like.shape.slice(0, -2);
  if (batch.length === 0) return b;
  const zeros = b.builder.constant(new Float32Array(sizeOf(batch)), [...batch, 1, 1]);
  return b.builder.apply(pointwiseOps.add, [zeros, b], {})[0]!;
}

/** Operands as they are stored, and what is done before the result is stored. */
export interface MatmulOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** (N): added to every row. */
  readonly bias?: Tensor;
}

/**
 * Matmul over the last two axes: (…, M, K) x (K, N) or (…, M, K) x (…, K, N) -> (…, M, N).
 * @throws SnowglobeError when the shapes do not align.
 */
export function matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
  const { transposeA = false, transposeB = false, bias } = options;
  const inputs = bias ? [a, b, bias] : [a, b];
  return a.builder.apply(matmulOp, inputs, {
    transposeA,
    transposeB,
    activation: 'none',
    hasResidual: false,
  })[0]!;
}
