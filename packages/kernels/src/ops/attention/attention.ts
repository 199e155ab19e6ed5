import type { OpDefinition, Shape, Tensor, TensorSpec } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import { broadcastShapes, formatShape, sameShape } from '@snowglobe/graph/internal';
import type { Visibility } from './visibility.js';
import { visiblePairs } from './visibility.js';

export interface AttentionAttributes extends Record<string, unknown>, Visibility {
  /** Number of heads; each takes D / heads neighbouring columns. */
  readonly heads: number;
}

/** Sizes of one attention. B batch, D width of the model, `head` = D / heads. */
export interface AttentionShape {
  readonly batch: number;
  readonly queries: number;
  readonly keys: number;
  readonly width: number;
  readonly heads: number;
  readonly head: number;
}

/** Reads the sizes off operand specs that were checked. */
export function attentionShape(
  [q, k]: readonly TensorSpec[],
  { heads }: AttentionAttributes,
): AttentionShape {
  const [batch, queries, width] = q!.shape as [number, number, number];
  return { batch, queries, keys: k!.shape[1]!, width, heads, head: width / heads };
}

/** The factor on q·k that keeps scores of unit variance (Vaswani et al. 2017). */
export const attentionScale = ({ head }: AttentionShape): number => 1 / Math.sqrt(head);

function checkOperands(
  name: string,
  [q, k, v]: readonly TensorSpec[],
  bias: TensorSpec | undefined,
  { heads, causal, window }: AttentionAttributes,
): void {
  const wrong = (why: string, remedy: string): SnowglobeError =>
    new SnowglobeError(
      `${name}: q ${formatShape(q!.shape)}, k ${formatShape(k!.shape)}, v ${formatShape(v!.shape)}` +
        `${bias ? `, bias ${formatShape(bias.shape)}` : ''}: ${why}; ${remedy}.`,
    );
  if ([q, k, v, bias].some((operand) => operand && operand.dtype !== 'f32')) {
    throw wrong('every operand must be f32', 'convert with toF32');
  }
  if (q!.shape.length !== 3 || k!.shape.length !== 3) {
    throw wrong('each needs three axes', 'reshape to (batch, positions, width)');
  }
  if (!sameShape(k!.shape, v!.shape)) throw wrong('k and v differ', 'give every key one value as wide');
  const [batch, queries, width] = q!.shape as [number, number, number];
  const keys = k!.shape[1]!;
  if (k!.shape[0] !== batch) throw wrong('the batches differ', 'repeat k and v for each item of q');
  if (k!.shape[2] !== width) throw wrong('the widths differ', 'project q and k to one width');
  if (!Number.isInteger(heads) || heads < 1 || width % heads !== 0) {
    throw wrong(`${heads} heads do not divide width ${width}`, 'choose a divisor');
  }
  if (window !== undefined && (!Number.isInteger(window) || window < 1)) {
    throw wrong(`window ${window} is no number of keys`, 'use an integer of at least 1');
  }
  if ((causal || window !== undefined) && queries > keys) {
    throw wrong(
      `${queries - keys} queries would see no key under ${causal ? 'a causal mask' : 'a window'}`,
      'give at least as many keys as queries',
    );
  }
  if (bias) {
    const target: Shape = [batch!, queries, keys];
    if (bias.shape.length > 3 || !sameShape(broadcastShapes(name, [bias.shape, target]), target)) {
      throw wrong(
        `the bias does not repeat to ${formatShape(target)}`,
        `use (${keys}), (${queries}, ${keys}) or (${batch}, ${queries}, ${keys})`,
      );
    }
  }
}

/** Operations a visible pair of query and key and column of the width: two matmuls, forward. */
const flopsAPairAndColumn = 4;

/** Inputs q, k, v and perhaps bias. */
export const attentionOp: OpDefinition<AttentionAttributes> = {
  name: 'attention',
  infer(inputs, attributes) {
    checkOperands('attention', inputs, inputs[3], attributes);
    return [{ shape: inputs[0]!.shape, dtype: 'f32' }];
  },
  flops(inputs, _, attributes) {
    const shape = attentionShape(inputs, attributes);
    return flopsAPairAndColumn * shape.batch * shape.width * visiblePairs(shape, attributes);
  },
  gradient({ inputs, outputs, outputGradients, attributes, needed }) {
    const [q, k, v, bias] = inputs as [Tensor, Tensor, Tensor, Tensor | undefined];
    if (needed[3]) {
      throw new SnowglobeError(
        'attention: the bias is a mask and has no derivative; leave it out of the gradients that you ask for.',
      );
    }
    return q.builder.apply(
      attentionGradientOp,
      [q, k, v, outputs[0]!, outputGradients[0]!, ...(bias ? [bias] : [])],
      attributes,
    );
  },
};

/** Inputs q, k, v, the result, its gradient and perhaps bias; outputs the gradients of q, k and v. */
export const attentionGradientOp: OpDefinition<AttentionAttributes> = {
  name: 'attentionGradient',
  infer(inputs, attributes) {
    const [q, k, v, result, gradient, bias] = inputs;
    checkOperands('attentionGradient', [q!, k!, v!], bias, attributes);
    if (!sameShape(result!.shape, q!.shape) || !sameShape(gradient!.shape, q!.shape)) {
      throw new SnowglobeError(
        `attentionGradient: result ${formatShape(result!.shape)} and its gradient ${formatShape(gradient!.shape)} ` +
          `must have the shape of q, ${formatShape(q!.shape)}; pass those of the same attention.`,
      );
    }
    return [q!, k!, v!].map(({ shape }) => ({ shape, dtype: 'f32' as const }));
  },
  // Scores again, then the gradients of weights, values, queries and keys.
  flops(inputs, _, attributes) {
    const shape = attentionShape(inputs, attributes);
    return 2.5 * flopsAPairAndColumn * shape.batch * shape.width * visiblePairs(shape, attributes);
  },
};

/** How queries attend to keys. */
export interface AttentionOptions {
  readonly heads: number;
  /** A query sees no key after its own position, where the last query has the position of the last key. Default false. */
  readonly causal?: boolean;
  /** A query sees only keys fewer than this many positions away (itself included). Default: all. */
  readonly window?: number;
  /**
   * Finite numbers added to every head's scores, of shape (Nk), (Nq, Nk) or (B, Nq, Nk) or broadcast to it: large negative ones
   * hide keys (see `ringMask`). It has no gradient.
   */
  readonly bias?: Tensor;
}

/**
 * Multi-head scaled dot-product attention, softmax(q·kᵀ / √(D / heads) + bias)·v for each head (Vaswani et al. 2017).
 *
 * @param q (B, Nq, D) queries; head h has columns h·D/heads … (h+1)·D/heads
 * @param k (B, Nk, D) keys
 * @param v (B, Nk, D) values
 * @returns (B, Nq, D)
 * @throws SnowglobeError when shapes do not fit, or a causal mask or window would leave a query without keys.
 */
export function attention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions): Tensor {
  const { heads, causal = false, window, bias } = options;
  const attributes = { heads, causal, ...(window === undefined ? {} : { window }) };
  return q.builder.apply(attentionOp, bias ? [q, k, v, bias] : [q, k, v], attributes)[0]!;
}
