import { Canvas, type Sprite } from '../canvas.js';
import { TILE } from '../platformer/level.js';
import { patchReader } from '../patches/read_patches.js';
import type { Physics, Reading, Thing } from '../physics.js';
import { COLUMNS, RUNNER_COLUMN, RUNNER_ROW, VIEW_ROWS, sceneries, shared, type Scenery } from './render.js';
import { HEARTS } from './rules.js';
import type { RunnerState } from './state.js';

/** What a frame tells; `column` and `row` count from where the walk began. */
interface RunnerReading extends Reading {
  /** What each cell of the view shows, row by row; undefined where something moves, or can be taken. */
  readonly ground: readonly (string | undefined)[];
}

/** Pictures of a look by name, as they are drawn: `NAME`, or `NAME N` where there are several. */
function picturesOf({ sky, air, tiles, decorations, stand, run, jumps }: Scenery): Map<string, Uint8Array> {
  const pictures = new Map<string, Uint8Array>();
  const add = (name: string, below: Scenery['sky'], sprite?: Sprite, isFlipped = false): void => {
    const canvas = new Canvas(TILE, TILE, new Uint8Array(TILE * TILE * 3));
    canvas.fill(0, 0, TILE, TILE, below);
    if (sprite) canvas.draw(sprite, 0, 0, isFlipped);
    pictures.set(name, canvas.data);
  };
  add('sky', sky);
  add('air', sky, air);
  decorations.forEach((sprite, i) => add(`plant ${i}`, sky, sprite));
  for (const [name, sprites] of Object.entries(tiles.pictures)) {
    sprites.forEach((sprite, i) => add(`${name} ${i}`, sky, sprite));
  }
  add('flag', sky, shared.flag);
  add('coin', sky, shared.coin);
  for (const isFlipped of [false, true]) {
    const way = isFlipped ? 'left' : 'right';
    shared.walkers.forEach((sprite, i) => add(`walker-${way} ${i}`, sky, sprite, isFlipped));
    add(`runner-${way} stand`, sky, stand, isFlipped);
    add(`runner-${way} run`, sky, run, isFlipped);
    jumps.forEach((sprite, i) => add(`runner-${way} jump ${i}`, sky, sprite, isFlipped));
  }
  add('display', shared.hudColour);
  add('coins', shared.hudColour, shared.coin);
  shared.digits.forEach((sprite, i) => add(`digit ${i}`, shared.hudColour, sprite));
  shared.hearts.forEach((sprite, i) => add(`heart ${i}`, shared.hudColour, sprite));
  return pictures;
}

const readPatches = patchReader([...sceneries.values()].map(picturesOf), COLUMNS);

const steps = [0, 1, -1];
const shifts = steps.flatMap((y) => steps.map((x) => [x, y] as const));
/** A view of which less stays what it was under any shift is another level. */
const leastAgreement = 0.5;

/** By how many tiles the view moved; undefined where it is another place. Of shifts that explain it alike the least. */
function shiftBetween(
  before: RunnerReading['ground'],
  after: RunnerReading['ground'],
): readonly [number, number] | undefined {
  let [most, found] = [leastAgreement, undefined as readonly [number, number] | undefined];
  for (const [x, y] of shifts) {
    let [all, same] = [0, 0];
    for (let row = Math.max(0, -y); row < Math.min(VIEW_ROWS, VIEW_ROWS - y); row++) {
      for (let column = Math.max(0, -x); column < Math.min(COLUMNS, COLUMNS - x); column++) {
        const [was, is] = [before[(row + y) * COLUMNS + column + x], after[row * COLUMNS + column]];
        if (was === undefined || is === undefined) continue;
        all++;
        if (was === is) same++;
      }
    }
    if (all > 0 && same / all > most) [most, found] = [same / all, [x, y]];
  }
  return found;
}

const isSolid = (name: string | undefined): boolean => /^(ground|crate|platform)/.test(name ?? '');
const beside = ({ ground }: RunnerReading, dx: number, dy: number): string | undefined =>
  ground[(RUNNER_ROW + dy) * COLUMNS + RUNNER_COLUMN + dx];

function read(frame: Uint8Array, before?: RunnerReading): RunnerReading {
  const names = readPatches(frame);
  const view = names.slice(0, VIEW_ROWS * COLUMNS);
  const ground = view.map((name) => (/^(runner|walker|coin)/.test(name) ? undefined : name));
  const shift = before ? shiftBetween(before.ground, ground) : ([0, 0] as const);
  const column = (before?.numbers['column'] ?? 0) + (shift?.[0] ?? 0);
  const row = (before?.numbers['row'] ?? 0) + (shift?.[1] ?? 0);
  const [x, y] = [column - RUNNER_COLUMN, row - RUNNER_ROW];
  const display = names.slice(VIEW_ROWS * COLUMNS);
  const digitAt = (at: number): number => Number(/^digit (\d)$/.exec(display[at]!)?.[1] ?? 0);
  const pose = view[RUNNER_ROW * COLUMNS + RUNNER_COLUMN]!;
  const numbers = {
    ...{ column, row, facing: pose.startsWith('runner-left') ? -1 : 1 },
    onGround: Number(isSolid(ground[(RUNNER_ROW + 1) * COLUMNS + RUNNER_COLUMN])),
    rise: Number(/jump (\d)$/.exec(pose)?.[1] ?? 0),
    coins: 10 * digitAt(1) + digitAt(2),
    hearts: display.slice(COLUMNS - HEARTS).filter((name) => name === 'heart 0').length,
    ...{ end: Number(shift === undefined), flag: Number(view.includes('flag')) },
  };
  const walkers = view.flatMap((name, cell): Thing[] =>
    name.startsWith('walker')
      ? [{ kind: 'walker', x: x + (cell % COLUMNS), y: y + Math.floor(cell / COLUMNS) }]
      : [],
  );
  return {
    ...{ numbers, ground },
    things: [{ kind: 'runner', x: column, y: row }, ...walkers],
    view: { x, y, width: COLUMNS, height: VIEW_ROWS },
  };
}

/** What a level shows, and what nobody can do in it. */
export const physics: Physics<RunnerState, RunnerReading> = {
  counts: ['coins', 'hearts'],
  // One tile each way.
  reach: 2,
  read,
  impossible: [
    {
      name: 'walks into a wall',
      actions: ['left', 'right'],
      isImpossible: (before, action) => isSolid(beside(before, action === 'left' ? -1 : 1, 0)),
      succeeds: (before, after) =>
        after.numbers['end'] === 0 && after.numbers['column'] !== before.numbers['column'],
    },
    {
      name: 'jumps in the air',
      actions: ['up'],
      isImpossible: ({ numbers }) => numbers['onGround'] === 0 && numbers['rise'] === 0,
      succeeds: (before, after) =>
        after.numbers['end'] === 0 && after.numbers['row']! < before.numbers['row']!,
    },
  ],
};
