import type { Tensor } from '@snowglobe/graph';
import { concat, fsqValues, pointwise as p, reshape } from '@snowglobe/kernels';
import { linear } from '../layers/linear.js';

/**
 * Shapes: B batch, T frames, N positions of codes, K codes a position, V values of a code, C width.
 *
 * Codes of which some are known and the others are predicted (MaskGIT, Chang et al. 2022, as in Genie, Bruce et al. 2024).
 */

/** The codes of a position: finite scalar quantization (Mentzer et al. 2023). */
export interface CodesConfig {
  /** Levels of each quantized channel of one code; a code has their product of values. */
  readonly levels: readonly number[];
  /** Codes a position. */
  readonly books: number;
}

/** Values of one code: V. */
export function codebookSize({ levels }: Pick<CodesConfig, 'levels'>): number {
  return levels.reduce((product, level) => product * level, 1);
}

/** Quantized channels of a position: the levels of every book. */
export function levelsOf({ levels, books }: CodesConfig): readonly number[] {
  return Array.from({ length: books }, () => levels).flat();
}

/**
 * Codes as features, to be added to the context.
 * @param codes_BTNK i32
 * @param known_BTNK 1 where a code is known, 0 where it is masked
 * @param width C
 */
export function embedCodes(
  codes_BTNK: Tensor,
  known_BTNK: Tensor,
  { levels }: Pick<CodesConfig, 'levels'>,
  width: number,
): Tensor {
  const [batch, frames, positions, books] = codes_BTNK.shape as [number, number, number, number];
  const values = reshape(fsqValues(codes_BTNK, levels), [batch, frames, positions, books, levels.length]);
  const known = reshape(known_BTNK, [batch, frames, positions, books, 1]);
  const given = reshape(concat([p.mul(values, known), known], 4), [
    batch,
    frames,
    positions,
    books * (levels.length + 1),
  ]);
  return codes_BTNK.builder.scope('codes', () => linear(p.gelu(linear(given, 'in', width)), 'out', width));
}

/** Features of the transformer (B, T, N, C) -> logits (B, T, N, K, V). */
export function codeLogits(features_BTNC: Tensor, config: CodesConfig): Tensor {
  const [batch, frames, positions] = features_BTNC.shape as [number, number, number];
  const size = codebookSize(config);
  const logits = linear(features_BTNC, 'logits', config.books * size, { gain: 0.1 });
  return reshape(logits, [batch, frames, positions, config.books, size]);
}
