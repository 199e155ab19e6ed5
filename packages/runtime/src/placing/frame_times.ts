/** How long a frame takes on a device when so many sessions ask for one at the same time. */
export interface FrameTime {
  readonly rows: number;
  readonly ms: number;
}

/** What was measured of a world on a device: fewest rows first, one row among them. Empty where nothing was measured. */
export type FrameTimes = readonly FrameTime[];

/** Measurements in order, with their noise taken out: more rows never take less time than fewer. */
export function frameTimes(measured: Iterable<FrameTime>): FrameTimes {
  let least = 0;
  return [...measured]
    .sort((a, b) => a.rows - b.rows)
    .map(({ rows, ms }) => ({ rows, ms: (least = Math.max(least, ms)) }));
}

/**
 * How long it takes until each of so many sessions has a frame. Between sizes that were measured it grows evenly; what is more than the
 * largest of them is done in several runs.
 */
export function expectedMs(times: FrameTimes, rows: number): number {
  const largest = times.at(-1);
  if (!largest || rows <= 0) return 0;
  const whole = Math.floor(rows / largest.rows);
  return whole * largest.ms + withinTable(times, rows - whole * largest.rows);
}

function withinTable(times: FrameTimes, rows: number): number {
  if (rows === 0) return 0;
  const at = times.findIndex((time) => time.rows >= rows);
  const above = times[at]!;
  const below = times[at - 1];
  if (!below) return above.ms;
  const share = (rows - below.rows) / (above.rows - below.rows);
  return below.ms + share * (above.ms - below.ms);
}
