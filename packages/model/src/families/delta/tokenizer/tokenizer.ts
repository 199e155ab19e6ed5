import type { Tensor } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import { formatShape } from '@snowglobe/graph/internal';
import { depthToSpace, fsqQuantize, spaceToDepth } from '@snowglobe/kernels';
import { linear } from '../../../layers/linear.js';
import { mixPositions } from '../../../layers/positions.js';
import { residualBlock } from '../../../layers/residual.js';
import type { CodesConfig } from '../../../masked/codes.js';
import { levelsOf } from '../../../masked/codes.js';

/**
 * Shapes: B batch, H and W pixels, C channels, N = H/8 · W/8 positions, Z channels of the discrete bottleneck.
 *
 * A hierarchical frame tokenizer: convolutions where there are many pixels, attention where there are few, and finite
 * scalar quantization between encoder and decoder (Mentzer et al. 2023).
 */
export interface TokenizerConfig extends CodesConfig {
  /** Channels at 1/2, 1/4 and 1/8 of the frame's side. */
  readonly channels: readonly [half: number, quarter: number, eighth: number];
  /** Width of an attention head at 1/8. */
  readonly headWidth: number;
}

export const defaultTokenizer: TokenizerConfig = {
  channels: [32, 64, 128],
  headWidth: 32,
  levels: [8, 5, 5, 5],
  books: 2,
};

/** Side of the square of pixels that one position stands for. */
const pixelsPerPosition = 8;

/** frames_BHW3 in −1 … 1 -> quantized latents_BhwZ in −1 … 1, h = H/8, w = W/8. Gradients pass straight through. */
function encodeFrames(frames_BHW3: Tensor, config: TokenizerConfig): Tensor {
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
    return fsqQuantize(linear(x, 'latent', levelsOf(config).length), levelsOf(config));
  });
}

/** latents_BhwZ -> frames_BHW3, about −1 … 1. */
function decodeLatents(latents_BhwZ: Tensor, config: TokenizerConfig): Tensor {
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
