import type { Tensor } from '@snowglobe/graph';
import { concat, fsqValues, pointwise as p, reshape, spaceToDepth } from '@snowglobe/kernels';
import type { DeltaConfig } from '../delta/delta.js';
import { linear } from '../layers/linear.js';
import { parameter } from '../parameter.js';
import { codebookSize } from '../tokenizer/tokenizer.js';
import type { LookbackConfig } from './lookback.js';
import type { SpacetimeConfig } from './spacetime.js';

/**
 * Shapes: B batch, T frames, N positions of delta codes, K codes a position, V values of a code, C width, F channels of
 * the hint's features at 1/8 of the side, M numbers of what is told.
 *
 * Dynamics: the distribution of the next frame's delta codes, given past frames, the hint and the action. A masked
 * transformer (MaskGIT, Chang et al. 2022, as in Genie, Bruce et al. 2024): some codes are known, the others are guessed.
 */
export interface DynamicsConfig extends SpacetimeConfig {
  /** Past frames that are remembered. */
  readonly memory: number;
  /** How a long memory is looked through. Without it each position sees itself in all remembered frames. */
  readonly lookback?: LookbackConfig;
}

/** A frame before its codes are drawn. */
export interface FrameContext {
  /** (B·T, h, w, F): the hint's features at 1/8 of the side. */
  readonly features: Tensor;
  /** (B·T, M): action and motion. */
  readonly told: Tensor;
}

/** What surrounds the codes: (B, T, N, C). The same in every refinement step of a frame. */
export function embedContext(
  { features, told }: FrameContext,
  [batch, frames]: readonly [number, number],
  { width }: DynamicsConfig,
): Tensor {
  const { builder } = features;
  return builder.scope('context', () => {
    const square = spaceToDepth(features, 2);
    const [, h, w] = square.shape as [number, number, number, number];
    const hint_BTNC = reshape(linear(square, 'hint', width), [batch, frames, h * w, width]);
    const told_BT1C = reshape(linear(told, 'told', width, { bias: false }), [batch, frames, 1, width]);
    const place_NC = parameter(builder, 'positions', [h * w, width], {
      kind: 'normal',
      standardDeviation: 0.02,
    });
    return p.add(p.add(hint_BTNC, told_BT1C), place_NC);
  });
}

/**
 * Codes as features, to be added to the context.
 * @param codes_BTNK i32
 * @param known_BTNK 1 where a code is known, 0 where it is masked
 */
export function embedCodes(
  codes_BTNK: Tensor,
  known_BTNK: Tensor,
  { levels }: DeltaConfig,
  { width }: DynamicsConfig,
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
export function codeLogits(features_BTNC: Tensor, config: DeltaConfig): Tensor {
  const [batch, frames, positions] = features_BTNC.shape as [number, number, number];
  const size = codebookSize(config);
  const logits = linear(features_BTNC, 'logits', config.books * size, { gain: 0.1 });
  return reshape(logits, [batch, frames, positions, config.books, size]);
}
