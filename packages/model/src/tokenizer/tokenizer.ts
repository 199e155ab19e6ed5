import type { Tensor } from '@snowglobe/graph';
import { SnowglobeError, formatShape } from '@snowglobe/graph';
import { depthToSpace, fsqQuantize, spaceToDepth } from '@snowglobe/kernels';
import { linear } from '../layers/linear.js';
import { mixPositions } from '../layers/positions.js';
import { residualBlock } from '../layers/residual.js';

/**
 * Shapes: B batch, H and W pixels, C channels, N = H/8 · W/8 positions, Z channels of the discrete bottleneck.
 *
 * A hierarchical frame tokenizer: convolutions where there are many pixels, attention where there are few, and finite
 * scalar quantization between encoder and decoder (Mentzer et al. 2023).
 */
export interface TokenizerConfig {
  /** Channels at 1/2, 1/4 and 1/8 of the frame's side. */
  readonly channels: readonly [half: number, quarter: number, eighth: number];
  /** Width of an attention head at 1/8. */
  readonly headWidth: number;
  /** Levels of each quantized channel of one code; a code has their product of values. */
  readonly levels: readonly number[];
  /** Codes a position. */
  readonly books: number;
}

export const defaultTokenizer: TokenizerConfig = {
  channels: [32, 64, 128],
  headWidth: 32,
  levels: [8, 5, 5, 5],
  books: 2,
};

/** Side of the square of pixels that one position stands for. */
export const pixelsPerPosition = 8;

/** Values of one code. */
export function codebookSize(config: Pick<TokenizerConfig, 'levels'>): number {
  return config.levels.reduce((product, level) => product * level, 1);
}

/** Quantized channels of a position: the levels of every book. */
export function latentLevels(config: TokenizerConfig): readonly number[] {
  return Array.from({ length: config.books }, () => config.levels).flat();
}

/** frames_BHW3 in −1 … 1 -> quantized latents_BhwZ in −1 … 1, h = H/8, w = W/8. Gradients pass straight through. */
export function encodeFrames(frames_BHW3: Tensor, config: TokenizerConfig): Tensor {
  const { builder, shape } = frames_BHW3;
  if (shape[1]! % pixelsPerPosition !== 0 || shape[2]! % pixelsPerPosition !== 0 || shape[3] !== 3) {
    throw new SnowglobeError(
      `tokenizer: frames ${formatShape(shape)} need three channels and sides that are multiples of ${pixelsPerPosition}; resize them.`,
    );
  }
  const [half, quarter, eighth] = config.channels;
  return builder.scope('encoder', () => {
    let x = residualBlock(linear(spaceToDepth(frames_BHW3, 2), 'half', half), 'halfBlock');
    x = residualBlock(linear(spaceToDepth(x, 2), 'quarter', quarter), 'quarterBlock');
    x = mixPositions(linear(spaceToDepth(x, 2), 'eighth', eighth), config.headWidth);
    return fsqQuantize(linear(x, 'latent', latentLevels(config).length), latentLevels(config));
  });
}

/** latents_BhwZ -> frames_BHW3, about −1 … 1. */
export function decodeLatents(latents_BhwZ: Tensor, config: TokenizerConfig): Tensor {
  const [half, quarter, eighth] = config.channels;
  return latents_BhwZ.builder.scope('decoder', () => {
    let x = mixPositions(linear(latents_BhwZ, 'eighth', eighth), config.headWidth);
    x = residualBlock(depthToSpace(linear(x, 'quarter', 4 * quarter), 2), 'quarterBlock');
    x = residualBlock(depthToSpace(linear(x, 'half', 4 * half), 2), 'halfBlock');
    return depthToSpace(linear(x, 'frame', 4 * 3), 2);
  });
}

/** The tokenizer's training loss and picture: what every stage that learns from pixels shares. */
export function reconstruct(frames_BHW3: Tensor, config: TokenizerConfig): Tensor {
  return frames_BHW3.builder.scope('tokenizer', () =>
    decodeLatents(encodeFrames(frames_BHW3, config), config),
  );
}
