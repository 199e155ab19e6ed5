import { Benchmark } from './benchmark.js';

/** Something to be timed beside others. */
export interface Contender {
  readonly name: string;
  run(): Promise<unknown>;
}

export interface SamplingOptions {
  /** Samples of each contender at least, over all rounds. Default 6. */
  readonly minSamples?: number;
  /** Seconds of each contender at most, unless the least samples take longer. Default 1. */
  readonly maxSeconds?: number;
  /** Times that the contenders take turns, so that a slow spell of the machine meets them all. Default 2. */
  readonly rounds?: number;
  readonly signal?: AbortSignal;
}

/** Milliseconds of one run, sorted. */
export interface Samples {
  readonly ms: readonly number[];
  readonly median: number;
  /** Half the distance between the quartiles, as a share of the median. */
  readonly spread: number;
}

/** Shortest time that benchmark.js clocks at once, in seconds: shorter runs are repeated. */
const leastClocked = 0.02;

/**
 * Times contenders side by side: benchmark.js clocks each in turn, in several rounds. The first run of each, which may
 * compile or allocate, is not counted.
 */
export async function sampleSideBySide(
  contenders: readonly Contender[],
  { minSamples = 6, maxSeconds = 1, rounds = 2, signal }: SamplingOptions = {},
): Promise<readonly Samples[]> {
  const seconds: number[][] = contenders.map(() => []);
  for (const contender of contenders) await contender.run();
  for (let round = 0; round < rounds; round++) {
    for (const [index, contender] of contenders.entries()) {
      signal?.throwIfAborted();
      const options = { minSamples: Math.ceil(minSamples / rounds), maxTime: maxSeconds / rounds };
      seconds[index]!.push(...(await clock(contender, options)));
    }
  }
  return seconds.map((each) => summarize(each.map((value) => value * 1000)));
}

function clock(
  { name, run }: Contender,
  options: { readonly minSamples: number; readonly maxTime: number },
): Promise<number[]> {
  return new Promise((resolve, reject) => {
    let failure: unknown;
    const benchmark = new Benchmark(name, {
      ...options,
      defer: true,
      delay: 0,
      minTime: leastClocked,
      fn: (deferred: { resolve(): void }) => {
        run().then(
          () => deferred.resolve(),
          (error: unknown) => {
            failure ??= error;
            benchmark.abort();
            deferred.resolve();
          },
        );
      },
      onComplete: () => (failure === undefined ? resolve([...benchmark.stats.sample]) : reject(failure)),
      onError: () => reject(failure ?? benchmark.error),
    });
    benchmark.run({ async: true });
  });
}

export function summarize(values: readonly number[]): Samples {
  const ms = [...values].sort((a, b) => a - b);
  const at = (share: number): number => {
    const position = share * (ms.length - 1);
    const below = ms[Math.floor(position)]!;
    return below + (ms[Math.ceil(position)]! - below) * (position - Math.floor(position));
  };
  const median = at(0.5);
  return { ms, median, spread: (at(0.75) - at(0.25)) / 2 / median };
}
