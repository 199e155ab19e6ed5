import { SnowglobeError } from '@snowglobe/graph';
import { checkSize, enlarge, toRgb, type Image } from './image.js';

/** How frames are laid out. */
export interface StripOptions {
  /** Frames in a row; 10 by default. */
  readonly columns?: number;
  /** Enlarges each frame by repeating pixels: an integer, 1 by default. */
  readonly scale?: number;
  /** Pixels between frames; 2 by default. */
  readonly gap?: number;
}

/** Dark grey: tells frames apart on black and on white. */
const BACKGROUND = 48;

/**
 * Frames side by side, row by row, to see a run at a glance.
 * @param frames all of the same size, at least one
 * @returns RGB
 * @throws SnowglobeError for no frames, frames of different sizes, or a strip too large to be one picture
 */
export function frameStrip(frames: readonly Image[], options: StripOptions = {}): Image {
  const { scale = 1, gap = 2 } = options;
  const columns = Math.min(options.columns ?? 10, frames.length);
  const first = frames[0];
  if (first === undefined) throw new SnowglobeError('strip: there are no frames to draw; give at least one');
  if (!Number.isInteger(columns) || columns < 1) {
    throw new SnowglobeError(`strip: ${columns} columns are not an integer of at least 1`);
  }
  const cellWidth = first.width * scale + gap;
  const cellHeight = first.height * scale + gap;
  const width = columns * cellWidth - gap;
  const height = Math.ceil(frames.length / columns) * cellHeight - gap;
  checkSize(`a strip of ${frames.length} frames`, width, height);

  const data = new Uint8Array(width * height * 3).fill(BACKGROUND);
  frames.forEach((frame, index) => {
    if (frame.width !== first.width || frame.height !== first.height) {
      throw new SnowglobeError(
        `strip: frame ${index} is ${frame.width}x${frame.height}, the first is ${first.width}x${first.height}; resize them first`,
      );
    }
    const cell = enlarge(toRgb(frame), scale);
    const left = (index % columns) * cellWidth;
    const top = Math.floor(index / columns) * cellHeight;
    for (let y = 0; y < cell.height; y++) {
      const row = cell.data.subarray(y * cell.width * 3, (y + 1) * cell.width * 3);
      data.set(row, ((top + y) * width + left) * 3);
    }
  });
  return { width, height, channels: 3, data };
}
