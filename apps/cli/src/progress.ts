import { Presets, SingleBar } from 'cli-progress';

/** Counts what a command does, on stderr: a bar on a terminal, elsewhere a line now and then. */
export interface Counter {
  /** Says how many are done. */
  at(done: number): void;
  /** Leaves the last state on the screen; for a `finally`. */
  stop(): void;
}

/** Seconds between lines where there is no terminal. */
const LINE_SECONDS = 10;

/**
 * Starts counting, with a rate and the time left.
 * @param unit what is counted, in the plural: `frames`
 * @param total how many there will be
 */
export function countProgress(unit: string, total: number): Counter {
  const started = performance.now();
  const bar = new SingleBar(
    {
      format: `{bar} {value}/{total} ${unit} | {rate} ${unit}/s | {eta_formatted} left`,
      stream: process.stderr,
      barsize: 20,
      hideCursor: true,
      noTTYOutput: true,
      notTTYSchedule: LINE_SECONDS * 1000,
    },
    Presets.shades_classic,
  );
  bar.start(total, 0, { rate: '-' });
  return {
    at(done) {
      const perSecond = done / ((performance.now() - started) / 1000);
      bar.update(done, { rate: perSecond.toFixed(perSecond < 10 ? 1 : 0) });
    },
    stop: () => bar.stop(),
  };
}
