import { HEADINGS } from '../headings.js';
import { patchReader } from '../patches/read_patches.js';
import type { Physics, Reading } from '../physics.js';
import type { Law } from '../world.js';
import { CHEST, DOOR, EMPTY, GATE, KEY, OPEN_CHEST, STAIR, TORCH, WALL_A, WALL_C, isFree } from './cells.js';
import { background, colourOf, hudPictures } from './render.js';
import type { DungeonState } from './state.js';
import { themeNames, themes, type ThemeName } from './themes.js';
import { VIEW_HEIGHT, VIEW_WIDTH, candidates, type Candidate } from './view.js';

/** What stands around, as far as a frame shows it: cells by steps ahead and to the right. */
type Surroundings = ReadonlyMap<string, number>;

/** What a frame tells; `column` and `row` count from where the walk began, and `facing` from how. */
interface DungeonReading extends Reading {
  readonly theme: ThemeName;
  readonly around: Surroundings;
}

const keyOf = (ahead: number, right: number): string => `${ahead} ${right}`;
const kinds = [WALL_A, WALL_A + 1, WALL_C, TORCH, DOOR, GATE, CHEST, OPEN_CHEST, STAIR, KEY];
/** Of the pixels that a cell would fill, so many must be its own. */
const leastShare = 0.75;

interface Sample {
  readonly x: number;
  readonly y: number;
  readonly seen: readonly Candidate[];
}
/** Every second pixel each way is looked at, shifted row by row. */
const samples: readonly Sample[] = candidates.flatMap((seen, pixel) => {
  const [x, y] = [pixel % VIEW_WIDTH, Math.floor(pixel / VIEW_WIDTH)];
  return (x + (y >> 1)) % 2 === 0 && y % 2 === 0 ? [{ x, y, seen }] : [];
});
/** Cells in sight, nearest first, with the samples that may show them. */
const cellsInSight = (() => {
  const found = new Map<string, { ahead: number; right: number; at: { sample: number; order: number }[] }>();
  samples.forEach(({ seen }, sample) =>
    seen.forEach(({ ahead, right }, order) => {
      const key = keyOf(ahead, right);
      if (!found.has(key)) found.set(key, { ahead, right, at: [] });
      found.get(key)!.at.push({ sample, order });
    }),
  );
  return [...found.values()].sort(
    (a, b) => a.ahead - b.ahead || Math.abs(a.right) - Math.abs(b.right) || a.right - b.right,
  );
})();

/** A colour as one number, and what stands for none. */
const packed = ([r, g, b]: readonly [number, number, number]): number => r * 65536 + g * 256 + b;
const NONE = -1;

/** What each sample shows in a theme: of each cell in sight and each kind, and where nothing stands. */
interface Colours {
  /** By cell: (entries of `at`, kinds). */
  readonly cells: readonly Int32Array[];
  readonly background: Int32Array;
}

const colours = new Map<ThemeName, Colours>();
function coloursOf(name: ThemeName): Colours {
  const known = colours.get(name);
  if (known) return known;
  const theme = themes[name];
  const made = {
    cells: cellsInSight.map(({ at }) =>
      Int32Array.from({ length: at.length * kinds.length }, (_, i) => {
        const { sample, order } = at[Math.floor(i / kinds.length)]!;
        const { x, y, seen } = samples[sample]!;
        const colour = colourOf(theme, kinds[i % kinds.length]!, seen[order]!, x, y);
        return colour ? packed(colour) : NONE;
      }),
    ),
    background: Int32Array.from(samples, ({ x, y }) => packed(background(theme, x, y))),
  };
  colours.set(name, made);
  return made;
}

/** Finds what stands where, nearest first: what is hidden is not told. @returns also the share of samples that it explains */
function look(frame: Uint8Array, name: ThemeName): { around: Map<string, number>; explained: number } {
  const table = coloursOf(name);
  const shown = samples.map(({ x, y }) => {
    const at = (y * VIEW_WIDTH + x) * 3;
    return packed([frame[at]!, frame[at + 1]!, frame[at + 2]!]);
  });
  const around = new Map<string, number>();
  const isTaken = new Uint8Array(samples.length);
  let explained = 0;
  cellsInSight.forEach(({ ahead, right, at }, cell) => {
    const own = table.cells[cell]!;
    if (at.every(({ sample }) => isTaken[sample] === 1)) return;
    let [most, found] = [leastShare, -1];
    kinds.forEach((_, kind) => {
      let [all, same, last] = [0, 0, -1];
      for (let i = 0; i < at.length; i++) {
        const { sample } = at[i]!;
        const colour = own[i * kinds.length + kind]!;
        // What is nearest hides the rest of the cell.
        if (sample === last || isTaken[sample] === 1 || colour === NONE) continue;
        last = sample;
        all++;
        if (shown[sample] === colour) same++;
      }
      if (all > 0 && same / all > most) [most, found] = [same / all, kind];
    });
    around.set(keyOf(ahead, right), found < 0 ? EMPTY : kinds[found]!);
    if (found < 0) return;
    at.forEach(({ sample }, i) => {
      const colour = own[i * kinds.length + found]!;
      if (isTaken[sample] === 1 || colour === NONE) return;
      isTaken[sample] = 1;
      if (shown[sample] === colour) explained++;
    });
  });
  samples.forEach((_, sample) => {
    if (isTaken[sample] === 0 && shown[sample] === table.background[sample]) explained++;
  });
  return { around, explained: explained / samples.length };
}

/** Where a cell of the view after a motion was before it. */
const motions = [
  { by: 0, turn: 0, from: (ahead: number, right: number) => [ahead, right] },
  { by: 1, turn: 0, from: (ahead: number, right: number) => [ahead + 1, right] },
  { by: -1, turn: 0, from: (ahead: number, right: number) => [ahead - 1, right] },
  { by: 0, turn: 1, from: (ahead: number, right: number) => [-right, ahead] },
  { by: 0, turn: 3, from: (ahead: number, right: number) => [right, -ahead] },
] as const;

/** How many cells more must speak for a step through what is closed, which is seldom seen, than for anything else. */
const DOUBT = 3;

/** The motion under which most cells stayed what they were; of equals the first, which is standing still. */
function motionBetween(before: Surroundings, after: Surroundings) {
  let [most, found, changed] = [-Infinity, motions[0] as (typeof motions)[number], 0];
  const isClosed = !isFree(before.get(keyOf(1, 0)) ?? EMPTY);
  for (const motion of motions) {
    let [same, other] = [0, 0];
    for (const [key, is] of after) {
      const [ahead, right] = key.split(' ').map(Number) as [number, number];
      const from = keyOf(...(motion.from(ahead, right) as [number, number]));
      const was = before.get(from);
      // What is ahead may be opened or taken.
      if (was === undefined || from === keyOf(1, 0)) continue;
      if (was === is) same++;
      else other++;
    }
    const score = same - 2 * other - (motion.by === 1 && isClosed ? DOUBT : 0);
    if (score > most) [most, found, changed] = [score, motion, other];
  }
  return { ...found, changed };
}

const readHud = patchReader([hudPictures], VIEW_WIDTH / 8);
/** Cells to each side and ahead that may be in sight. */
const SIGHT = 3;

function read(frame: Uint8Array, before?: DungeonReading): DungeonReading {
  const looks = (before ? [before.theme] : themeNames).map((theme) => ({ theme, ...look(frame, theme) }));
  const { theme, around, explained } = looks.reduce((a, b) => (b.explained > a.explained ? b : a));
  const motion = before ? motionBetween(before.around, around) : { ...motions[0], changed: 0 };
  const facing = ((before?.numbers['facing'] ?? 0) + motion.turn) % 4;
  const [dx, dy] = HEADINGS[facing]!;
  const column = (before?.numbers['column'] ?? 0) + motion.by * dx;
  const row = (before?.numbers['row'] ?? 0) + motion.by * dy;
  const hud = readHud(frame.subarray(VIEW_HEIGHT * VIEW_WIDTH * 3));
  const digitAt = (at: number): number => Number(/^digit (\d)$/.exec(hud[at]!)?.[1] ?? 0);
  return {
    numbers: {
      ...{
        column,
        row,
        facing,

        changed: motion.changed,
        explained,
        ahead: around.get(keyOf(1, 0)) ?? EMPTY,
      },
      keys: hud.filter((name) => name === 'key').length,
      gold: 10 * digitAt(6) + digitAt(7),
    },
    things: [
      { kind: 'player', x: column, y: row },
      // Whoever turns looks elsewhere.
      { kind: 'faced cell', x: column + dx, y: row + dy },
    ],
    view: { x: column - SIGHT, y: row - SIGHT, width: 2 * SIGHT + 1, height: 2 * SIGHT + 1 },
    ...{ theme, around },
  };
}

/** What always holds of what frames tell. */
export const laws: readonly Law[] = [
  {
    name: 'the picture is of a place, but for a twentieth of it',
    seenIn: 'frames',
    holds: (_, after) => after['explained']! >= 0.95,
  },
  {
    // A stair leads elsewhere; of what is half hidden a cell or two may be misread.
    name: 'what stands around stays as it is, but for what is ahead',
    seenIn: 'frames',
    holds: (before, after) => after['changed']! <= 2 || before['ahead'] === STAIR,
  },
  {
    name: 'keys and gold change by one at a time',
    holds: (before, after) =>
      Math.abs(after['keys']! - before['keys']!) <= 1 && Math.abs(after['gold']! - before['gold']!) <= 1,
  },
  {
    name: 'gold comes out of chests alone, and is kept',
    holds: (before, after) =>
      after['gold'] === before['gold'] || (after['gold']! > before['gold']! && before['ahead'] === CHEST),
  },
];

/** What the dungeon shows, and what nobody can do in it. */
export const physics: Physics<DungeonState, DungeonReading> = {
  counts: ['keys', 'gold'],
  reach: 2,
  read,
  impossible: [
    {
      name: 'walks into what is closed',
      actions: ['up'],
      isImpossible: ({ numbers }) => !isFree(numbers['ahead']!),
      // Whoever stays sees the same again.
      succeeds: (before, after) =>
        after.numbers['ahead'] !== before.numbers['ahead'] ||
        [...after.around].filter(([key, cell]) => before.around.get(key) !== cell).length > 2,
    },
    {
      name: 'opens a gate without a key',
      actions: ['use'],
      isImpossible: ({ numbers }) => numbers['ahead'] === GATE && numbers['keys'] === 0,
      succeeds: (_, after) => isFree(after.numbers['ahead']!),
    },
    {
      name: 'takes gold from what is no chest',
      actions: ['use'],
      isImpossible: ({ numbers }) => numbers['ahead'] !== CHEST,
      succeeds: (before, after) => after.numbers['gold']! > before.numbers['gold']!,
    },
  ],
};
