import type { ShiftRange } from '@snowglobe/kernels';

/** How the motion between two frames is measured: which whole-pixel shifts are compared, and where. */
export interface EvidenceConfig {
  /** Whole-pixel shifts between consecutive frames that are told apart. */
  readonly range: ShiftRange;
  /** Edges that scroll in and out and are left out of the comparison; at least the range. */
  readonly border: ShiftRange;
  /** Softmax temperature of the evidence: mean absolute luma differences (0 … 1) are multiplied by it. */
  readonly sharpness: number;
}

/**
 * Latent actions are read off motion: how well each whole-pixel shift of a frame explains the next one, and a small
 * square (the focus) in which the controlled thing stands, since cameras follow it.
 */
export interface LatentActionConfig extends EvidenceConfig {
  /** Side of the focus in pixels, at the centre of the frame. */
  readonly focus: number;
  /** Frames after t + 1 that the encoder sees, since keys often show late. */
  readonly lookahead: number;
  /** Width of the hidden layers. */
  readonly hidden: number;
  /** Number of codes. */
  readonly codes: number;
}

export const defaultLatentActions: LatentActionConfig = {
  range: { y: 8, x: 3 },
  border: { y: 10, x: 4 },
  sharpness: 60,
  focus: 8,
  lookahead: 2,
  hidden: 192,
  codes: 8,
};

/** Pairs of consecutive frames from (t−1, t) on whose motion the encoder sees. */
export function evidencePairs({ lookahead }: LatentActionConfig): number {
  return lookahead + 2;
}

/** Dimensions of the continuous code: one that changes sign when the world is mirrored, and one that does not. */
export const latentDimensions = 2;
