/** Requests under way at most, to a server that is far away. */
const mostUnderWay = 4;

/** When the next frame is asked for, how many requests may be under way, and how many frames a second come of it. Times in ms. */
export class Pace {
  /** Frames a second to play at; 0 or infinity: as fast as it goes. */
  fps: number;
  /** How long messages travel, without the sampling; an average. */
  #travel = 0;
  #due = 0;
  /** Times at which the last frames arrived. */
  #arrivals: number[] = [];

  constructor(fps: number) {
    this.fps = fps;
  }

  /** Between two frames. */
  get interval(): number {
    return this.fps > 0 && Number.isFinite(this.fps) ? 1000 / this.fps : 0;
  }

  /** Requests that may be under way: more than one only where the road is longer than a frame. */
  get window(): number {
    return Math.min(mostUnderWay, 1 + Math.ceil(this.#travel / Math.max(8, this.interval) - 0.5));
  }

  /** Frames that arrived within the last second. */
  framesPerSecond(now: number): number {
    return this.#arrivals.filter((time) => time > now - 1000).length;
  }

  /** A new session: its frames are counted anew. */
  begin(): void {
    this.#arrivals = [];
  }

  /** The next frame is due now, after a pause. */
  resume(now: number): void {
    this.#due = now;
  }

  /** Until the next frame is due; 0 when it is. */
  wait(now: number): number {
    return now < this.#due - 1 ? this.#due - now : 0;
  }

  /** A frame that was due is asked for. @returns the time until the one after it */
  ask(now: number): number {
    // Late frames are not made up for: a world that ran fast for a moment would be worse than one that stood.
    this.#due = Math.max(this.#due + this.interval, now - this.interval);
    return Math.max(0, this.#due - now);
  }

  /** @param travel between a request and its answer, without the sampling */
  answered(travel: number): void {
    this.#travel += (Math.max(0, travel) - this.#travel) / 8;
  }

  /** A frame is shown. */
  arrived(now: number): void {
    this.#arrivals = [...this.#arrivals.filter((time) => time > now - 1000), now];
  }
}
