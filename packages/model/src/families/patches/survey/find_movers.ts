import { findControlledCell } from '../motion/controlled_cell.js';
import type { LabelledTransitions } from '../motion/labelled.js';
import { forLabelled } from '../motion/labelled.js';
import { findLookPairs } from '../motion/look_pairs.js';
import type { MapConfig } from '../config/config.js';
import { cellCount, wholeView } from '../config/config.js';
import { mostKinds } from '../config/parse.js';
import { isWithin } from '../../../memory/cells.js';
import type { CodedRecordings, MotionLabels } from './label_motions.js';

/** Transitions in which more of the view changes than this tell nothing: a cut, or another look of everything. */
const mostChanged = 0.25;
/** What moves leaves its place in this share of the frames at least, … */
const leastMobility = 0.03;
/** … is found in a place beside it in this share of those, … */
const leastFound = 0.5;
/** … so many times at least. */
const leastMoves = 20;
/** What it stands on stays so many times as long. */
const groundBelow = 3;
/** Patches are of one kind where this share of the moves of one of them leads to the other. */
const leastTurns = 0.05;
/** Share of a kind's moves after which it shows the same patch: parts of larger things that jump seem to turn into one another. */
const leastStraight = 0.5;
/** Moves from one of a pair to the other at least. */
const leastTimes = 3;

/**
 * The patches of what moves by itself, a cell a frame, by kinds, see `placeMovers`: it changes places with the ground beside it, and of the
 * two it is the one that seldom stays. Parts of what is larger than a cell follow one another, and are none. The same thing on other ground, or turned, is of the same kind.
 *
 * @returns codes of each kind, ascending; none where nothing moves so
 */
export function findMovers(
  { clips, columns }: CodedRecordings,
  labels: MotionLabels,
  config: Pick<MapConfig, 'codebook' | 'grid' | 'height' | 'motions' | 'view' | 'width'>,
): readonly (readonly number[])[] {
  const cells = cellCount(config);
  const { codebook, motions } = config;
  const view = wholeView(config);
  const recorded: LabelledTransitions = { clips, cells, columns, view, motions, labels };
  const looks = view === config.view ? findLookPairs(recorded) : undefined;
  const usual = (code: number): number => looks?.[code] ?? code;
  const inView = Array.from({ length: cells }, (_, cell) => cell).filter((cell) =>
    isWithin(view, Math.floor(cell / columns), cell % columns),
  );

  /** Calls back with what each cell of the view showed before, wherever the view moved, and shows now; −1 where it was out of view. */
  const forTransitions = (
    visit: (before: Int16Array, after: Int16Array, changed: readonly number[]) => void,
  ): void => {
    const before = new Int16Array(cells);
    const after = new Int16Array(cells);
    forLabelled(recorded, (last, next, motion, isClear) => {
      if (!isClear) return;
      const [down, right] = motions[motion]!;
      const changed: number[] = [];
      for (const cell of inView) {
        const [row, column] = [Math.floor(cell / columns) + down, (cell % columns) + right];
        before[cell] = isWithin(view, row, column) ? usual(last[row * columns + column]!) : -1;
        after[cell] = usual(next[cell]!);
        if (before[cell] >= 0 && before[cell] !== after[cell]) changed.push(cell);
      }
      if (changed.length <= mostChanged * inView.length) visit(before, after, changed);
    });
  };
  const player = findControlledCell(recorded);
  const [shown, asPlayer] = [new Float64Array(codebook), new Float64Array(codebook)];
  const left = new Float64Array(codebook);
  forTransitions((before, after, changed) => {
    for (const cell of inView) if (before[cell]! >= 0) shown[before[cell]!]!++;
    if (player !== undefined) asPlayer[after[player]!]!++;
    for (const cell of changed) left[before[cell]!]!++;
  });
  // What is controlled moves with the view, which says where it is.
  const mobility = Float64Array.from(left, (times, code) =>
    asPlayer[code]! > shown[code]! / 2 ? 0 : times / Math.max(1, shown[code]!),
  );

  const moved = new Float64Array(codebook);
  const turned = new Map<number, number>();
  forTransitions((before, after, changed) => {
    const isChanged = new Set(changed);
    for (const cell of changed) {
      const thing = before[cell]!;
      const beside = [
        cell - columns,
        cell + columns,
        ...(cell % columns > 0 ? [cell - 1] : []),
        ...(cell % columns < columns - 1 ? [cell + 1] : []),
      ];
      // From ground onto ground: what follows a part of a larger thing, or goes ahead of it, is another part.
      const isGround = (code: number): boolean => groundBelow * mobility[code]! <= mobility[thing]!;
      if (!isGround(after[cell]!)) continue;
      const to = beside.filter(
        (other) =>
          isChanged.has(other) &&
          isGround(before[other]!) &&
          mobility[after[other]!]! > mobility[after[cell]!]!,
      );
      const same = to.find((other) => after[other] === thing);
      if (same !== undefined) moved[thing]!++;
      else if (to.length === 1) {
        const pair = thing * codebook + after[to[0]!]!;
        turned.set(pair, (turned.get(pair) ?? 0) + 1);
      }
    }
  });
  const turns = new Float64Array(codebook);
  for (const [pair, times] of turned) turns[Math.floor(pair / codebook)]! += times;
  const movesOf = (code: number): number => moved[code]! + turns[code]!;
  const isMobile = (code: number): boolean =>
    mobility[code]! >= leastMobility && movesOf(code) >= leastFound * left[code]!;

  const first = Int16Array.from({ length: codebook }, (_, code) => code);
  const kindOf = (code: number): number => (first[code] === code ? code : kindOf(first[code]!));
  for (const [pair, times] of turned) {
    const [from, to] = [Math.floor(pair / codebook), pair % codebook];
    if (!isMobile(from) || !isMobile(to)) continue;
    const share = leastTurns * Math.min(movesOf(from), movesOf(to));
    if (times >= Math.max(leastTimes, share)) first[kindOf(to)] = kindOf(from);
  }
  const kinds = new Map<number, number[]>();
  for (let code = 0; code < codebook; code++) {
    const kind = kindOf(usual(code));
    if (isMobile(usual(code))) kinds.set(kind, [...(kinds.get(kind) ?? []), code]);
  }
  const total = (codes: readonly number[], of: (code: number) => number): number =>
    codes.reduce((sum, code) => sum + of(code), 0);
  const goesStraight = (codes: readonly number[]): boolean =>
    total(codes, (code) => moved[code]!) >= leastStraight * total(codes, movesOf);
  return [...kinds.values()]
    .filter((codes) => codes.some((code) => movesOf(code) >= leastMoves) && goesStraight(codes))
    .sort((a, b) => total(b, movesOf) - total(a, movesOf))
    .slice(0, mostKinds);
}
