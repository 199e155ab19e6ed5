/** How far things are from where they should be: OSPA, the distance of sets of points (Schuhmacher, Vo and Vo 2008), of order 1. */
import type { Reading, Thing } from '@snowglobe/worlds';

/** Cells that a thing is off at most: what is missing, or should not be there, counts as much. */
export const cutoff = 5;

/** Mean over things, in cells; things of a kind are matched nearest first. */
export function placeError(is: readonly Thing[], truth: readonly Thing[]): number {
  const count = Math.max(is.length, truth.length);
  if (count === 0) return 0;
  let sum = 0;
  let matched = 0;
  for (const { distance } of matches(is, truth, cutoff)) {
    sum += distance;
    matched++;
  }
  return (sum + cutoff * (count - matched)) / count;
}

interface Match {
  readonly from: number;
  readonly to: number;
  readonly distance: number;
}

/** Things of one kind, each with at most one other, nearest first. @param most cells between two that match, exclusive */
function matches(from: readonly Thing[], to: readonly Thing[], most: number): Match[] {
  const pairs = from.flatMap((a, i) =>
    to.flatMap((b, j): Match[] => {
      const distance = distanceOf(a, b);
      return a.kind === b.kind && distance < most ? [{ from: i, to: j, distance }] : [];
    }),
  );
  pairs.sort((a, b) => a.distance - b.distance);
  const [usedFrom, usedTo] = [new Set<number>(), new Set<number>()];
  return pairs.filter((pair) => {
    if (usedFrom.has(pair.from) || usedTo.has(pair.to)) return false;
    usedFrom.add(pair.from);
    usedTo.add(pair.to);
    return true;
  });
}

const distanceOf = (a: Thing, b: Thing): number => Math.abs(a.x - b.x) + Math.abs(a.y - b.y);

/**
 * What would be seen if all went on as it did from one frame to the next.
 * @param reach cells that something goes in a frame at most
 */
export function carriedOn(before: Reading, now: Reading, frames: number, reach: number): Thing[] {
  const found = matches(now.things, before.things, reach + 1);
  const velocity = new Map(
    found.map(({ from, to }) => {
      const [is, was] = [now.things[from]!, before.things[to]!];
      return [from, [is.x - was.x, is.y - was.y] as const];
    }),
  );
  const { view } = now;
  const left = view.x + frames * (view.x - before.view.x);
  const top = view.y + frames * (view.y - before.view.y);
  return now.things.flatMap((thing, i) => {
    const [dx, dy] = velocity.get(i) ?? [0, 0];
    const [x, y] = [thing.x + frames * dx, thing.y + frames * dy];
    const isSeen = x >= left && y >= top && x < left + view.width && y < top + view.height;
    return isSeen ? [{ ...thing, x, y }] : [];
  });
}

/**
 * Of the things in the last of frames that follow each other, those that have been in sight since the first: all that can be known of who saw
 * that one alone.
 * @param reach cells that something goes in a frame at most
 */
export function seenSince(readings: readonly Reading[], reach: number): Thing[] {
  const [first, ...others] = readings;
  let seen = first?.things ?? [];
  for (const { things } of others) {
    seen = matches(seen, things, reach + 1).map(({ to }) => things[to]!);
  }
  return [...seen];
}

/** Things well within both views that have no like within reach in the other frame. */
export function lostAndNew(
  before: Reading,
  after: Reading,
  reach: number,
): { readonly lost: number; readonly was: number; readonly new: number; readonly is: number } {
  const isWithin = ({ x, y }: Thing, { view }: Reading): boolean =>
    x > view.x + reach &&
    y > view.y + reach &&
    x < view.x + view.width - 1 - reach &&
    y < view.y + view.height - 1 - reach;
  const isSafe = (thing: Thing): boolean => isWithin(thing, before) && isWithin(thing, after);
  const hasLike = (thing: Thing, others: readonly Thing[]): boolean =>
    others.some((other) => other.kind === thing.kind && distanceOf(thing, other) <= reach);
  const [was, is] = [before.things.filter(isSafe), after.things.filter(isSafe)];
  return {
    ...{ was: was.length, is: is.length },
    lost: was.filter((thing) => !hasLike(thing, after.things)).length,
    new: is.filter((thing) => !hasLike(thing, before.things)).length,
  };
}
