import type { Tensor } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import { formatShape } from '@snowglobe/graph/internal';
import { reshape } from '../reshape/reshape.js';
import { transpose } from '../transpose/transpose.js';

/**
 * Pixel unshuffle, channels last: x_BHWC -> (B, H/block, W/block, block²·C). Each square of block x block pixels becomes
 * one position; channels are ordered row, column, channel. A composition of reshape and transpose, so its gradient and
 * all executors come with those: an op of its own could not be faster, since ONNX Runtime's `Transpose` already takes no
 * longer than a copy of the picture, and less than `SpaceToDepth`, slices or splits.
 */
export function spaceToDepth(x_BHWC: Tensor, block: number): Tensor {
  const [batch, height, width, channels] = imageShape('spaceToDepth', x_BHWC);
  if (height % block !== 0 || width % block !== 0) {
    throw new SnowglobeError(
      `spaceToDepth: sides of ${formatShape(x_BHWC.shape)} are not multiples of ${block}; pad or resize the picture.`,
    );
  }
  const [h, w] = [height / block, width / block];
  const squares = transpose(reshape(x_BHWC, [batch, h, block, w, block, channels]), [0, 1, 3, 2, 4, 5]);
  return reshape(squares, [batch, h, w, block * block * channels]);
}

/** Pixel shuffle, the inverse of `spaceToDepth`: (B, H, W, block²·C) -> (B, block·H, block·W, C). */
export function depthToSpace(x_BHWC: Tensor, block: number): Tensor {
  const [batch, h, w, depth] = imageShape('depthToSpace', x_BHWC);
  if (depth % (block * block) !== 0) {
    throw new SnowglobeError(
      `depthToSpace: ${depth} channels of ${formatShape(x_BHWC.shape)} do not divide into ${block}x${block} pixels.`,
    );
  }
  const channels = depth / (block * block);
  const squares = transpose(reshape(x_BHWC, [batch, h, w, block, block, channels]), [0, 1, 3, 2, 4, 5]);
  return reshape(squares, [batch, h * block, w * block, channels]);
}

function imageShape(op: string, x: Tensor): [number, number, number, number] {
  if (x.shape.length !== 4) {
    throw new SnowglobeError(
      `${op}: needs (batch, height, width, channels), got ${formatShape(x.shape)}; reshape it.`,
    );
  }
  return x.shape as unknown as [number, number, number, number];
}
