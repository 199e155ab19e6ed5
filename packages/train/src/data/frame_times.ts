/** When the frames of a recording are shown, and how many there are a second: by their own times, not by their container's clock. */

/** The times of a recording's frames. */
export interface FrameTimes {
  /** Frames a second; undefined where fewer than two frames have times. */
  readonly fps: number | undefined;
  /** When a frame is shown, in seconds, by the time that its file gives, in ticks; without the jitter of clocks. */
  readonly shownAt: ReadonlyMap<number, number>;
}

/** A rate that a file states is taken for exact where it differs from that of the times by no more than this share. */
const STATED_WITHIN = 0.005;
/** Two distances between frames are alike within this share. */
const ALIKE_WITHIN = 0.15;
/** From this share of alike distances on a recording is steady, and the others are pauses or frames that were left out. */
const STEADY_SHARE = 0.6;
/** Rates that recorders are set to, which a clock of whole milliseconds blurs. */
const USUAL_RATES = [
  ...Array.from({ length: 240 }, (_, i) => i + 1),
  ...[24, 30, 48, 60, 120].map((rate) => (rate * 1000) / 1001),
];
/** Where distances are uneven, those of more than this many medians are pauses, which count as this many. */
const PAUSE = 25;
/** Frames on either side whose times tell how late a frame's own is. */
const NEIGHBOURS = 16;

/**
 * @param times of all frames, in ticks, in any order; repeated ones count once
 * @param tick seconds
 * @param stated rates that the file states, of which any may be wrong: many files give their clock's
 */
export function frameTimes(
  times: readonly number[],
  tick: number,
  stated: readonly number[] = [],
): FrameTimes {
  const sorted = [...new Set(times)].sort((a, b) => a - b);
  if (sorted.length < 2) return { fps: undefined, shownAt: new Map() };
  const fps = rateOf(sorted, tick, stated);
  const steady = withoutJitter(
    sorted.map((time) => time * tick),
    fps,
  );
  return { fps, shownAt: new Map(sorted.map((time, i) => [time, steady[i]!])) };
}

/** How long a frame may be shown before the recorder must have been paused, in seconds. */
export function longestShown(fps: number | undefined): number {
  return Math.max(10, 4 / (fps ?? 1));
}

/** Frames a second of ascending times. */
function rateOf(sorted: readonly number[], tick: number, stated: readonly number[]): number {
  const { distance, ticks, blur } = usualDistance(sorted) ?? evenDistance(sorted) ?? meanDistance(sorted);
  const measured = 1 / (distance * tick);
  const off = (other: number): number => Math.abs(other / measured - 1);
  const nearest = (rates: readonly number[]): number =>
    rates.reduce((best, other) => (off(other) < off(best) ? other : best), Infinity);
  const exact = nearest(stated.filter((other) => other > 0));
  if (off(exact) <= STATED_WITHIN) return exact;
  const usual = nearest([...USUAL_RATES, 1 / Math.round(1 / measured)]);
  return off(usual) * ticks <= blur ? usual : Number(measured.toPrecision(6));
}

/** Distance between frames, and what it was measured over, all in ticks. */
interface Measured {
  readonly distance: number;
  readonly ticks: number;
  /** By how much `ticks` may be wrong. */
  readonly blur: number;
}

/** The first time and the last one are each off by a tick at most. */
const CLOCK_BLUR = 2;

/** The distance that most frames have. The others do not count: there the recorder paused, or frames were left out. */
function usualDistance(sorted: readonly number[]): Measured | undefined {
  const { distances, median } = distancesOf(sorted);
  const alike = distances.filter((each) => Math.abs(each - median) <= ALIKE_WITHIN * median);
  if (alike.length < STEADY_SHARE * distances.length) return undefined;
  return meanOf(distances.filter((each) => each >= 0.5 * median && each <= 1.5 * median));
}

/** Where every frame is less than one from where an even rate would have it: its distance, by least squares. */
function evenDistance(sorted: readonly number[]): Measured | undefined {
  const count = sorted.length;
  const [middle, mean] = [(count - 1) / 2, sorted.reduce((sum, time) => sum + time / count, 0)];
  let [products, squares] = [0, 0];
  sorted.forEach((time, i) => {
    products += (i - middle) * (time - mean);
    squares += (i - middle) ** 2;
  });
  const distance = products / squares;
  const off = sorted.map((time, i) => Math.abs(time - mean - (i - middle) * distance));
  if (off.some((each) => each >= distance)) return undefined;
  // Four standard errors of the slope.
  const error = 4 * Math.sqrt(off.reduce((sum, each) => sum + each ** 2, 0) / count / squares);
  return { distance, ticks: distance * (count - 1), blur: CLOCK_BLUR + error * (count - 1) };
}

/** The mean distance, in which long pauses count for no more than they must. */
function meanDistance(sorted: readonly number[]): Measured {
  const { distances, median } = distancesOf(sorted);
  return meanOf(distances.map((each) => Math.min(each, PAUSE * median)));
}

function distancesOf(sorted: readonly number[]): { readonly distances: number[]; readonly median: number } {
  const distances = sorted.slice(1).map((time, i) => time - sorted[i]!);
  return { distances, median: [...distances].sort((a, b) => a - b)[distances.length >> 1]! };
}

function meanOf(distances: readonly number[]): Measured {
  const ticks = distances.reduce((sum, each) => sum + each, 0);
  return { distance: ticks / distances.length, ticks, blur: CLOCK_BLUR };
}

/**
 * Times as they would be without the jitter of a recorder's clock. A frame is as late as the median of its neighbours is:
 * that keeps pauses and frames that were left out where they are, and any times that only fall further behind.
 * @param times ascending, in seconds
 */
function withoutJitter(times: readonly number[], fps: number): number[] {
  const late = times.map((time, i) => (time - times[0]!) * fps - i);
  const last = times.length - 1;
  const most = Math.min(NEIGHBOURS, last >> 1);
  const medianAt = (i: number, reach: number): number =>
    late.slice(i - reach, i + reach + 1).sort((a, b) => a - b)[reach]!;
  const [first, final] = [medianAt(most, most), medianAt(last - most, most)];
  let previous = -Infinity;
  return late.map((_, i) => {
    const reach = Math.min(most, i, last - i);
    // Frames at the ends have few neighbours: they follow the first that has all, unless they were shown elsewhere.
    const steady = i < most ? first : i > last - most ? final : undefined;
    const own = medianAt(i, reach);
    const lateness = steady !== undefined && Math.abs(own - steady) <= 0.75 ? steady : own;
    previous = Math.max(previous, times[0]! + (i + lateness) / fps);
    return previous;
  });
}
