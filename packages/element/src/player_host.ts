import type { Frame } from '@snowglobe/runtime/browser';

export type PlayerState = 'idle' | 'playing' | 'paused' | 'rewinding';

/** What a player reports, and the clock that it runs by. */
export interface PlayerHost {
  /** A session begins; its first frame comes next. */
  onStart(): void;
  onFrame(frame: Frame): void;
  onState(state: PlayerState): void;
  /** The walk that was to be done again is done. */
  onWalked?(): void;
  /** What a player should be told; the session goes on if it can. */
  onError(error: Error): void;
  now(): number;
  /** Calls back after `ms`; returns what takes that back. */
  later(callback: () => void, ms: number): () => void;
}
