import type { OpDefinition } from '@snowglobe/graph';
import { SnowglobeError, sizeOf } from '@snowglobe/graph';
import { formatShape, sameShape } from '@snowglobe/graph/internal';

/** Neighbouring heads that become a tensor of their own. */
export interface HeadPart {
  /** First column. */
  readonly start: number;
  readonly heads: number;
  /** Root-mean-square norm of each head. */
  readonly normalize: boolean;
  /** Rotary positions, after the norm. */
  readonly rotate: boolean;
}

export interface SplitHeadsAttributes extends Record<string, unknown> {
  readonly headWidth: number;
  /** Of the norm. */
  readonly epsilon: number;
  /** The rotation turns the other way round. */
  readonly inverse: boolean;
  readonly parts: readonly HeadPart[];
}

/**
 * x (…, C), and with rotary positions cos (T, d/2) and sin (T, d/2) -> a tensor (…, heads · d) a part: cuts a projection into
 * queries, keys and values, normalised a head and turned, in one kernel. Rows of x repeat every T. Made by `fuseHeads` after
 * differentiation; programs are written with `split`, `rmsNorm` and `rotary`.
 */
export const splitHeadsOp: OpDefinition<SplitHeadsAttributes> = {
  name: 'splitHeads',
  infer([x, cos, sin], { headWidth, parts }) {
    const columns = x!.shape.at(-1)!;
    const rows = sizeOf(x!.shape) / columns;
    for (const { start, heads } of parts) {
      if (start + heads * headWidth <= columns) continue;
      throw new SnowglobeError(
        `splitHeads: ${heads} heads of ${headWidth} from column ${start} on do not lie in ${formatShape(x!.shape)}; check the parts.`,
      );
    }
    if (parts.some(({ rotate }) => rotate)) {
      const fits = cos && sin && sameShape(cos.shape, sin.shape) && cos.shape[1] === headWidth / 2;
      if (!fits || rows % cos.shape[0]! !== 0) {
        throw new SnowglobeError(
          `splitHeads: tables of ${cos ? formatShape(cos.shape) : 'no shape'} do not fit ${rows} rows of heads of ${headWidth}; give (T, ${headWidth / 2}).`,
        );
      }
    }
    return parts.map(({ heads }) => ({ shape: [...x!.shape.slice(0, -1), heads * headWidth], dtype: 'f32' }));
  },
  flops: (_, outputs, { parts }) =>
    parts.reduce(
      (sum, { normalize, rotate }, i) => sum + (3 * +normalize + 3 * +rotate) * sizeOf(outputs[i]!.shape),
      0,
    ),
};
