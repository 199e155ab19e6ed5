import { clausesOf } from '@snowglobe/model/internal';
import { readByCode } from './read_by_code.js';
import { readByPlace } from './read_by_place.js';
import type { Asked, Grid, ReadFrame, Shown, ThingReader } from './reading.js';
import { enough, inView } from './reading.js';

/** Finds what captions mean in recordings whose captions list things, so that frames can be held against sentences. */
export interface CaptionReader {
  /** Things that a sentence asks for. */
  asked(sentence: string): Asked[];
  shows(codes: Int32Array, asked: Asked): Shown;
  /** Cells that show what no recording shows there. */
  stray(codes: Int32Array): number;
}

/** How much more often a reader by places has to be right, in shares, to be believed more than the simpler one. */
const margin = 0.02;

export function captionReader(frames: readonly ReadFrame[], grid: Grid): CaptionReader {
  const [learned, held] = [0, 1].map((part) => frames.filter(({ clip }) => clip % 2 === part));
  const [byCode, byPlace] = [readByCode, readByPlace].map((read) => {
    const things = read(learned!, grid);
    return rightness(things, askedBy(learned!, things.directions), held!);
  });
  const things = (byPlace! > byCode! + margin ? readByPlace : readByCode)(frames, grid);
  return {
    asked: askedBy(frames, things.directions),
    shows: things.shows,
    stray: strayFinder(frames, grid),
  };
}

/** Finds in sentences what recordings say of things. */
function askedBy(
  frames: readonly ReadFrame[],
  directions: ReadonlySet<string>,
): (sentence: string) => Asked[] {
  const phrases = phrasesOf(frames, directions);
  return (sentence) =>
    clausesOf(sentence).flatMap((clause): Asked[] => {
      const said = phrases.get(keyOf(clause, directions));
      return said ? [{ ...said, direction: clause.find((word) => directions.has(word)) }] : [];
    });
}

/** How often a reader sees what captions say of frames that it did not learn from, less how often what they do not name. */
function rightness(
  things: ThingReader,
  asked: (sentence: string) => Asked[],
  frames: readonly ReadFrame[],
): number {
  const said = frames.map(({ caption }) => asked(caption.sentence ?? ''));
  const [own, other] = [[] as boolean[], [] as boolean[]];
  for (const [n, { codes, caption }] of frames.entries()) {
    for (const each of said[n]!) own.push(things.shows(codes, each).right);
    for (const each of said[(n + (frames.length >> 1)) % frames.length]!) {
      if (!caption.things?.[each.thing]) other.push(things.shows(codes, each).right);
    }
  }
  const share = (seen: readonly boolean[]): number => seen.filter(Boolean).length / Math.max(1, seen.length);
  return share(own) - share(other);
}

/** Words of a clause but those of direction. */
const keyOf = (clause: readonly string[], directions: ReadonlySet<string>): string =>
  clause.filter((word) => !directions.has(word)).join(' ');

/** What phrases mean: the thing that is always there when they are said, and least often otherwise; and in how many cells at least. */
function phrasesOf(
  frames: readonly ReadFrame[],
  directions: ReadonlySet<string>,
): Map<string, Omit<Asked, 'direction'>> {
  const listed = frames.filter(({ caption }) => caption.things && caption.sentence !== undefined);
  const shares = new Map<string, number>();
  const said = new Map<
    string,
    { times: number; readonly least: Map<string, { times: number; least: number }> }
  >();
  for (const { caption } of listed) {
    const things = Object.entries(caption.things!);
    for (const [name] of things) shares.set(name, (shares.get(name) ?? 0) + 1 / listed.length);
    for (const key of new Set(clausesOf(caption.sentence!).map((clause) => keyOf(clause, directions)))) {
      const phrase = said.get(key) ?? { times: 0, least: new Map() };
      phrase.times++;
      for (const [name, [count]] of things) {
        const known = phrase.least.get(name) ?? { times: 0, least: Infinity };
        phrase.least.set(name, { times: known.times + 1, least: Math.min(known.least, count) });
      }
      said.set(key, phrase);
    }
  }
  const meanings = new Map<string, Omit<Asked, 'direction'>>();
  for (const [key, { times, least }] of said) {
    // Also a phrase that means nothing is said beside what is nearly everywhere.
    const always = [...least].filter(
      ([name, known]) => known.times === times && times >= enough && shares.get(name)! ** times < 0.01,
    );
    const [best] = always.sort(([a], [b]) => shares.get(a)! - shares.get(b)!);
    if (best) meanings.set(key, { thing: best[0], least: best[1].least });
  }
  return meanings;
}

/** Counts cells that show a code which was seen often, and in no such cell: those of the view are alike, others stand alone. */
function strayFinder(frames: readonly ReadFrame[], grid: Grid): (codes: Int32Array) => number {
  const seen = Array.from({ length: grid.count }, () => new Map<number, number>());
  for (const { codes } of frames) {
    codes.forEach((code, cell) => seen[code]!.set(cell, (seen[code]!.get(cell) ?? 0) + 1));
  }
  const isStray = (code: number, cell: number): boolean => {
    const places = [...seen[code]!];
    const times = places.reduce((sum, [, count]) => sum + count, 0);
    if (times < enough) return false;
    // What was always in one place, as what is controlled, belongs there.
    if (places.length === 1) return places[0]![0] !== cell;
    const isIn = inView(grid, cell);
    return places.every(([place]) => inView(grid, place) !== isIn);
  };
  return (codes) => codes.reduce((sum, code, cell) => sum + (isStray(code, cell) ? 1 : 0), 0);
}
