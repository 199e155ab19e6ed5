/** How a session samples. */
export interface SessionSampling {
  readonly seed: number;
  readonly temperature: number;
  readonly confidenceThreshold: number;
  /** What follows on the end of a game, see `StartOptions.end`; absent where it begins anew. */
  readonly end?: 'continue' | undefined;
}
