import type { LookName } from './looks.js';

/** Cells of the belt, from the chute to its end. */
export const BELT = 5;
/** The gripper's columns: it hangs from a rail that begins beside the chute, over belt and bins. */
export const FIRST_COLUMN = 1;
export const LAST_COLUMN = 7;
/** A bin for each kind, in the columns after the belt. */
export const kinds = ['red', 'blue', 'green'] as const;
export const sizes = ['small', 'large'] as const;
/** Frames in which the belt goes on by a cell. */
export const PHASES = 4;
/** A bin that holds so many parcels is shipped, and an empty one takes its place. */
export const BIN_CAPACITY = 9;

export interface Parcel {
  /** Index into `kinds`. */
  readonly kind: number;
  /** Index into `sizes`; a large parcel is worth two. */
  readonly size: number;
  /** Whether it is stuck across the belt: nothing moves until the gripper has taken it. */
  readonly isStuck: boolean;
}

export interface Gripper {
  readonly column: number;
  /** Whether it is let down to the belt. */
  readonly isDown: boolean;
  readonly held: Parcel | undefined;
}

/** Everything about one moment of an episode. */
export interface FactoryState {
  readonly seed: number;
  readonly look: LookName;
  readonly time: number;
  readonly gripper: Gripper;
  /** What lies on each cell of the belt. */
  readonly belt: readonly (Parcel | undefined)[];
  /** What waits in the chute. */
  readonly next: Parcel;
  /** What falls into each bin. */
  readonly falling: readonly (Parcel | undefined)[];
  /** Parcels in each bin, and of each that were shipped. */
  readonly bins: readonly number[];
  readonly shipped: readonly number[];
  readonly isRunning: boolean;
  /** The motor has stopped because nothing could move; it starts again when it can and is told to. */
  readonly isJammed: boolean;
  /** How far the belt has gone since parcels last moved: 0 to `PHASES` - 1. */
  readonly phase: number;
  /** Parcels that came out of the chute. */
  readonly arrived: number;
  /** Sizes of parcels in their own bins: 1 for a small one, 2 for a large one. */
  readonly score: number;
  /** Parcels in bins of others. */
  readonly errors: number;
  /** What the last step was worth: sizes of parcels that came into their bins, less those into others, less 1 for a jam. */
  readonly reward: number;
}

export const parcelName = ({ kind, size }: Parcel): string => `${sizes[size]!} ${kinds[kind]!} parcel`;
