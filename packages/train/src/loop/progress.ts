import { Presets, SingleBar } from 'cli-progress';
import type { Progress } from './stage_options.js';

/** Shows progress until `stop`, which leaves the last state on the screen. */
export interface ProgressReporter {
  /** Shows how far a stage has come. */
  readonly report: (progress: Progress) => void;
  /** Ends the line that shows it. */
  readonly stop: () => void;
}

/** Where progress is written. */
export interface ProgressOptions {
  /** Where to write; default standard error, so that results on standard output stay clean. */
  readonly stream?: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** Seconds between lines where there is no terminal; default 10. */
  readonly everySeconds?: number;
}

/** A bar with rates and the time left on a terminal; a plain line now and then elsewhere, and at the end of a stage. */
export function createProgressReporter(options: ProgressOptions = {}): ProgressReporter {
  const { stream = process.stderr, everySeconds = 10 } = options;
  return stream.isTTY ? barReporter(stream) : lineReporter(stream, everySeconds);
}

function lineReporter(stream: NodeJS.WritableStream, everySeconds: number): ProgressReporter {
  let stage: string | undefined;
  let last = -Infinity;
  return {
    report(progress) {
      const now = performance.now() / 1000;
      const due = progress.stage !== stage || now - last >= everySeconds || progress.fraction >= 1;
      if (!due) return;
      stage = progress.stage;
      last = now;
      const percent = `${Math.floor(100 * progress.fraction)} %`;
      stream.write(`${stage}: ${percent}, step ${progress.step}, ${describe(progress)}\n`);
    },
    stop: () => {},
  };
}

function barReporter(stream: NodeJS.WritableStream): ProgressReporter {
  const resolution = 1000;
  let stage: string | undefined;
  let bar: SingleBar | undefined;
  return {
    report(progress) {
      const payload = { stage: progress.stage, step: progress.step, text: describe(progress) };
      const value = Math.floor(resolution * progress.fraction);
      if (progress.stage !== stage) {
        bar?.stop();
        stage = progress.stage;
        bar = new SingleBar(
          {
            format: '{stage} {bar} {percentage} % | step {step} | {text}',
            stream,
            barsize: 20,
            hideCursor: true,
            stopOnComplete: false,
          },
          Presets.shades_classic,
        );
        bar.start(resolution, value, payload);
      }
      bar!.update(value, payload);
    },
    stop: () => bar?.stop(),
  };
}

/** `loss 0.0312, 165 frames/s, 72.4 GFLOP/s, 8 min left`. */
export function describe({ loss, framesPerSecond, gflops, secondsLeft }: Progress): string {
  return [
    `loss ${loss.toPrecision(4)}`,
    `${framesPerSecond.toFixed(framesPerSecond < 10 ? 1 : 0)} frames/s`,
    `${gflops.toFixed(1)} GFLOP/s`,
    `${formatDuration(secondsLeft)} left`,
  ].join(', ');
}

/** `45 s`, `8 min`, `2 h 05 min`. */
export function formatDuration(seconds: number): string {
  if (seconds < 99.5) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 100) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}
