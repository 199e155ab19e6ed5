import type { Grid, ReadFrame, ThingReader } from './reading.js';
import { inView } from './reading.js';

/** The share of frames that show a code at a place in which a thing has to be, for the code to tell of it. */
const sure = 0.95;
/** How likely at most it may be that the thing was there by chance, in as many clips as show the code with it. */
const chance = 0.01;

/** What a code at a place tells of one thing: where it is, as captions say. */
interface Evidence {
  readonly thing: string;
  /** Undefined where it is seen in more than one direction. */
  readonly direction: string | undefined;
}

/**
 * For views in first person: a thing looks different from every place, and what is behind it looks through. So codes at places are
 * learned: those that are seen only while the caption names the thing. Cells that touch are one thing.
 */
export function readByPlace(frames: readonly ReadFrame[], grid: Grid): ThingReader {
  const told = evidenceOf(frames, grid);
  const directions = new Set(
    frames.flatMap(({ caption }) =>
      Object.values(caption.things ?? {}).flatMap(([, direction]) => (direction === '' ? [] : [direction])),
    ),
  );
  return {
    directions,
    shows(codes, { thing, least, direction }) {
      const found = new Map<number, string | undefined>();
      codes.forEach((code, cell) => {
        const evidence = told.get(keyOf(code, cell, grid))?.find((each) => each.thing === thing);
        if (evidence) found.set(cell, evidence.direction);
      });
      const count = partsOf([...found.keys()], grid.columns);
      const isThere = direction === undefined || [...found.values()].includes(direction);
      return { there: count > 0, right: count >= least && isThere };
    },
  };
}

const keyOf = (code: number, cell: number, { count }: Grid): number => cell * count + code;

function evidenceOf(frames: readonly ReadFrame[], grid: Grid): Map<number, Evidence[]> {
  const seen = new Map<number, { times: number; readonly things: Map<string, Map<string, Set<number>>> }>();
  const times = new Map<string, number>();
  // By code and place: in which frames, and beside which things in which direction, by clip and frame.
  for (const [n, { codes, caption }] of frames.entries()) {
    if (!caption.things) continue;
    const named = Object.entries(caption.things);
    for (const [name] of named) times.set(name, (times.get(name) ?? 0) + 1);
    codes.forEach((code, cell) => {
      if (!inView(grid, cell)) return;
      const key = keyOf(code, cell, grid);
      let known = seen.get(key);
      if (!known) seen.set(key, (known = { times: 0, things: new Map() }));
      known.times++;
      for (const [name, [, direction]] of named) {
        let by = known.things.get(name);
        if (!by) known.things.set(name, (by = new Map()));
        let set = by.get(direction);
        if (!set) by.set(direction, (set = new Set()));
        set.add(n);
      }
    });
  }
  const evidence = new Map<number, Evidence[]>();
  for (const [key, { times: all, things }] of seen) {
    const told: Evidence[] = [];
    for (const [thing, by] of things) {
      const beside = [...by.values()].reduce((sum, { size }) => sum + size, 0);
      const clips = new Set([...by.values()].flatMap((set) => [...set].map((n) => frames[n]!.clip)));
      const byChance = (times.get(thing)! / frames.length) ** clips.size;
      if (beside < sure * all || byChance > chance) continue;
      const [best] = [...by].sort(([, a], [, b]) => b.size - a.size);
      told.push({ thing, direction: best![1].size >= sure * beside ? best![0] : undefined });
    }
    if (told.length > 0) evidence.set(key, told);
  }
  return evidence;
}

/** How many groups of cells there are that touch along an edge or at a corner. */
function partsOf(cells: readonly number[], columns: number): number {
  const left = new Set(cells);
  let parts = 0;
  for (const cell of cells) {
    if (!left.delete(cell)) continue;
    parts++;
    const waiting = [cell];
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      for (const next of left) {
        const [down, across] = [
          Math.abs(Math.floor(next / columns) - Math.floor(at / columns)),
          Math.abs((next % columns) - (at % columns)),
        ];
        if (down > 1 || across > 1) continue;
        left.delete(next);
        waiting.push(next);
      }
    }
  }
  return parts;
}
