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
  const listed = frames.filter(({ caption }) => caption.things);
  const shownIn = new Map<number, ReadFrame[]>();
  for (const frame of listed) {
    frame.codes.forEach((code, cell) => {
      if (!inView(grid, cell)) return;
      const key = keyOf(code, cell, grid);
      const known = shownIn.get(key);
      if (known) known.push(frame);
      else shownIn.set(key, [frame]);
    });
  }
  const names = [...new Set(listed.flatMap(({ caption }) => Object.keys(caption.things!)))];
  const shares = names.map((thing) => naming(listed, thing).length / frames.length);
  const evidence = new Map<number, Evidence[]>();
  for (const [key, seen] of shownIn) {
    const told = names.flatMap((thing, t) => evidenceFor(thing, seen, shares[t]!));
    if (told.length > 0) evidence.set(key, told);
  }
  return evidence;
}

const naming = (frames: readonly ReadFrame[], thing: string): ReadFrame[] =>
  frames.filter(({ caption }) => caption.things![thing]);

/** What frames that show the same code at the same place tell of a thing. @param share of all frames that name it */
function evidenceFor(thing: string, seen: readonly ReadFrame[], share: number): Evidence[] {
  const named = naming(seen, thing);
  const clips = new Set(named.map(({ clip }) => clip)).size;
  // What is in most frames is beside everything.
  if (named.length < sure * seen.length || share ** clips > chance) return [];
  const directions = named.map(({ caption }) => caption.things![thing]![1]);
  const direction = [...new Set(directions)].find(
    (each) => directions.filter((other) => other === each).length >= sure * named.length,
  );
  return [{ thing, direction }];
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
