/** Guards boundaries against rounding: a fraction of any frame's duration, in seconds. */
const EPSILON = 1e-7;

/**
 * Changes the frame rate of a video: output k, at k / fps seconds, is the input frame nearest in time. Frames are
 * repeated or left out as needed; timestamps may be uneven.
 *
 * An input frame's outputs are known once the next frame's time is: `next` answers for the frame before.
 */
export class FramePicker {
  private start: number | undefined;
  private previous = 0;
  /** Time between the last two frames: how long the last one is shown. */
  private interval: number;
  private emitted = 0;
  /** Time that has been cut out of gaps that were too long. */
  private skipped = 0;

  /**
   * @param fps rate of the output, frames a second
   * @param longest that one frame is shown, in seconds. A longer gap is a paused recorder or a broken timestamp, which would
   *   fill a disk with copies of a frame
   */
  constructor(
    private readonly fps: number,
    private readonly longest = 10,
  ) {
    this.interval = 1 / fps;
  }

  /**
   * Takes the next input frame's time, in seconds.
   * @returns how many times the frame before appears in the output
   */
  next(time: number): number {
    if (this.start === undefined) {
      this.start = this.previous = time;
      return 0;
    }
    // Times that do not grow come from broken files: such a frame is shown for no time at all.
    let now = Math.max(time - this.skipped, this.previous);
    const excess = now - this.previous - this.longest;
    if (excess > 0) {
      this.skipped += excess;
      now -= excess;
    }
    const count = this.until((this.previous + now) / 2);
    this.interval = now - this.previous;
    this.previous = now;
    return count;
  }

  /** How many times the last frame appears in the output: it lasts as long as the one before. */
  end(): number {
    if (this.start === undefined) return 0;
    const count = this.until(this.previous + this.interval / 2);
    // A video of one frame is not nothing.
    return this.emitted === 0 && count === 0 ? 1 : count;
  }

  private until(boundary: number): number {
    const owed = Math.ceil((boundary - this.start! - EPSILON) * this.fps);
    const count = Math.max(0, owed - this.emitted);
    this.emitted += count;
    return count;
  }
}
