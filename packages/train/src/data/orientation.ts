/** A quarter-turn or a mirror image, or both: FFmpeg's filters that show a picture as its file asks, and what becomes of its sides. */
export interface Orientation {
  readonly filters: readonly string[];
  /** Whether width and height change places. */
  readonly swapsSides: boolean;
}

/**
 * Reads a display matrix (ISO/IEC 14496-12, 6.2.2: (x, y) is shown at (ax + cy, bx + dy)). Its scale is left alone, as players
 * leave it, and what is none of the eight orientations is taken for the nearest one.
 * @param matrix nine 32-bit integers, little endian, rows (a, b, u), (c, d, v), (x, y, w); null or too short: as it is stored
 */
export function orientationOf(matrix: Buffer | null | undefined): Orientation {
  if (!matrix || matrix.length < 36) return { filters: [], swapsSides: false };
  const [a, b, c, d] = [0, 4, 12, 16].map((at) => matrix.readInt32LE(at)) as [number, number, number, number];
  if (Math.abs(a) + Math.abs(d) >= Math.abs(b) + Math.abs(c)) {
    return { filters: [...(a < 0 ? ['hflip'] : []), ...(d < 0 ? ['vflip'] : [])], swapsSides: false };
  }
  // Sides change places: FFmpeg's names are of the turn, and of the vertical flip that goes with it.
  const turn = b < 0 ? 'cclock' : 'clock';
  const filter = b < 0 === c < 0 ? (b < 0 ? 'clock_flip' : 'cclock_flip') : turn;
  return { filters: [`transpose=${filter}`], swapsSides: true };
}
