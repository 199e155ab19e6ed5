/**
 * The one error class for everything that a caller can cause: bad shapes, bad files, bad options.
 *
 * The message is one sentence that names the thing, the values and the remedy. Anything that is not a `SnowglobeError`
 * is a bug of ours, and is reported with its stack.
 */
export class SnowglobeError extends Error {
  override readonly name = 'SnowglobeError';

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
  }
}

/** Whether an error is one, by its name: it may come from another copy of this program, as bundles of pages have them. */
export const isSnowglobeError = (error: unknown): error is SnowglobeError =>
  error instanceof Error && error.name === 'SnowglobeError';
