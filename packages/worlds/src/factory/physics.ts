import { patchReader } from '../patches/read_patches.js';
import type { Measured, Physics, Reading, Thing } from '../physics.js';
import { art } from './art.js';
import { codeOf, conveyed } from './laws.js';
import { BELTS, CHUTE, COLUMNS, LEGS, PARCELS, RAIL, VIEW_ROWS } from './render.js';
import {
  BELT,
  FIRST_COLUMN,
  LAST_COLUMN,
  PHASES,
  kinds,
  parcelName,
  sizes,
  type FactoryState,
} from './state.js';

/** Codes of parcels by what their pictures are called. */
const codes = new Map(
  kinds.flatMap((_, kind) =>
    sizes.flatMap((__, size) => {
      const [plain, stuck] = [false, true].map((isStuck) => codeOf({ kind, size, isStuck }));
      const name = parcelName({ kind, size, isStuck: false });
      return ['lying on wall', 'held on wall', 'waiting on chute', 'stuck on wall'].map(
        (pose): [string, number] => [`${name}-${pose}`, pose.startsWith('stuck') ? stuck! : plain!],
      );
    }),
  ),
);

const readPatches = patchReader(art.values(), COLUMNS);
const columns = Array.from({ length: COLUMNS }, (_, column) => column);

function read(frame: Uint8Array): Reading {
  const names = readPatches(frame);
  const at = (row: number, column: number): string => names[row * COLUMNS + column]!;
  const parcelAt = (row: number, column: number): number => codes.get(at(row, column)) ?? 0;
  const things: Thing[] = [];
  const addParcel = (row: number, column: number): number => {
    const code = parcelAt(row, column);
    if (code > 0) things.push({ kind: at(row, column).replace(/-.*/, ''), x: column, y: row });
    return code;
  };

  const column = columns.find((each) => at(RAIL, each) === 'rail-trolley') ?? FIRST_COLUMN;
  const claw = [RAIL + 1, RAIL + 2].find((row) => at(row, column).startsWith('claw')) ?? RAIL + 1;
  const isDown = claw === RAIL + 2;
  things.push({ kind: 'gripper', x: column, y: claw });
  const held = at(claw, column).startsWith('claw-closed') ? addParcel(claw + 1, column) : 0;
  const lying = columns.map((each) => (held > 0 && isDown && each === column ? 0 : addParcel(PARCELS, each)));
  const numberAt = (row: number, each: number): number => Number(/ (\d)$/.exec(at(row, each))?.[1] ?? 0);
  const twoDigits = (each: number): number => 10 * numberAt(VIEW_ROWS, each) + numberAt(VIEW_ROWS, each + 1);
  const sign = at(VIEW_ROWS, 0);
  const numbers: Record<string, number> = {
    ...{ column, down: Number(isDown), held },
    ...{ running: Number(sign === 'belt sign-runs'), jammed: Number(sign === 'belt sign-jammed') },
    ...{ phase: numberAt(BELTS, 0) % PHASES, next: parcelAt(CHUTE, 0) },
    ...{ score: twoDigits(3), errors: twoDigits(LAST_COLUMN - 1) },
  };
  lying.forEach((code, each) => {
    if (each < BELT) numbers[`belt${each}`] = code;
    else numbers[`falling${each - BELT}`] = code;
  });
  kinds.forEach((_, kind) => (numbers[`bin${kind}`] = numberAt(LEGS, BELT + kind)));
  return { numbers, things, view: { x: 0, y: 0, width: COLUMNS, height: VIEW_ROWS } };
}

const beltAt = (numbers: Measured): number => numbers[`belt${numbers['column']!}`] ?? 0;

/** What a hall shows, and what nobody can do in it. */
export const physics: Physics<FactoryState> = {
  counts: [...kinds.map((_, kind) => `bin${kind}`), 'score', 'errors'],
  reach: 1,
  read,
  withChance: (state, seed) => ({ ...state, seed }),
  impossible: [
    {
      name: 'takes what is not there',
      actions: ['grab'],
      isImpossible: ({ numbers }) =>
        numbers['held'] === 0 && (numbers['down'] === 0 || beltAt(numbers) === 0),
      succeeds: (_, after) => after.numbers['held']! > 0,
    },
    {
      name: 'lets go of what is not held',
      actions: ['release'],
      isImpossible: ({ numbers }) => numbers['held'] === 0,
      // The chute may bring one.
      succeeds: (before, after) =>
        conveyed(before.numbers, after.numbers) > (after.numbers['belt0']! > 0 ? 1 : 0),
    },
    {
      name: 'goes on where the rail ends',
      actions: ['left', 'right'],
      isImpossible: ({ numbers }, action) =>
        numbers['column'] === (action === 'left' ? FIRST_COLUMN : LAST_COLUMN),
      succeeds: (before, after) => after.numbers['column'] !== before.numbers['column'],
    },
    {
      name: 'lets a parcel down onto another',
      actions: ['down'],
      isImpossible: ({ numbers }) => numbers['held']! > 0 && numbers['down'] === 0 && beltAt(numbers) > 0,
      succeeds: (_, after) => after.numbers['down'] === 1,
    },
    {
      name: 'starts a belt on which something is stuck',
      actions: ['belt'],
      isImpossible: ({ numbers }) =>
        numbers['jammed'] === 1 &&
        Array.from({ length: BELT }, (_, each) => numbers[`belt${each}`]!).some(
          (code) => code > kinds.length * sizes.length,
        ),
      succeeds: (_, after) => after.numbers['running'] === 1,
    },
  ],
};
