/** Something to be timed beside others: milliseconds of one run. */
export interface Racer {
  readonly name: string;
  time(): Promise<number>;
}

/** What a race found of one racer. */
export interface Raced {
  readonly name: string;
  /** Median milliseconds of its samples. */
  readonly ms: number;
  /** Left the race early: more than `slow` times the best. */
  readonly slow: boolean;
}

export interface Race {
  readonly raced: readonly Raced[];
  /** Number of the racer to take. */
  readonly chosen: number;
}

/** Rounds of a race where nothing else is said; the median needs an odd number. */
const usualRounds = 9;
/** Rounds after which the slow ones leave. */
const trialRounds = 2;
/** More than so many times the best: it will not win. */
const slow = 1.5;
/** A later racer must be faster by this share at least, and by what the samples spread. */
const leastGain = 0.05;

/**
 * Times racers in turns, so that a slow spell of the machine or a rising clock meets them all, and takes the first one that is not
 * slower than the fastest beyond the noise: what cannot be told apart is decided by the order that they come in, the same way each
 * time.
 */
export async function race(racers: readonly Racer[], rounds = usualRounds): Promise<Race> {
  const samples: number[][] = racers.map(() => []);
  const left = new Set(racers.keys());
  for (let round = 0; round < rounds; round++) {
    for (const index of left) samples[index]!.push(await racers[index]!.time());
    if (round + 1 !== trialRounds) continue;
    const best = Math.min(...samples.map((each) => Math.min(...each)));
    for (const index of left) if (Math.min(...samples[index]!) > slow * best) left.delete(index);
  }
  const medians = samples.map(median);
  const best = [...left].reduce((a, b) => (medians[b]! < medians[a]! ? b : a));
  const chosen = [...left].find((index) => {
    const noise =
      standardError(samples[index]!) / medians[index]! + standardError(samples[best]!) / medians[best]!;
    return medians[index]! <= medians[best]! * (1 + leastGain + 2 * noise);
  })!;
  const raced = racers.map(({ name }, index) => ({ name, ms: medians[index]!, slow: !left.has(index) }));
  return { raced, chosen };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
}

/** Of the median: from the median absolute deviation, which single slow samples do not move. */
function standardError(values: readonly number[]): number {
  const centre = median(values);
  const deviation = 1.4826 * median(values.map((value) => Math.abs(value - centre)));
  return (1.2533 * deviation) / Math.sqrt(values.length);
}
