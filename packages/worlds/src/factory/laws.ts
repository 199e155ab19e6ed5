import type { Measured } from '../physics.js';
import type { Law } from '../world.js';
import { lookNames } from './looks.js';
import {
  BELT,
  BIN_CAPACITY,
  FIRST_COLUMN,
  LAST_COLUMN,
  PHASES,
  kinds,
  sizes,
  type FactoryState,
  type Parcel,
} from './state.js';

/** 0 is nothing; then by kind and size, from a small red one; and 6 more for one that is stuck. */
export const codeOf = (parcel: Parcel | undefined): number =>
  parcel
    ? 1 + parcel.kind * sizes.length + parcel.size + (parcel.isStuck ? kinds.length * sizes.length : 0)
    : 0;

const numbered = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, at) => `${name}${at}`);

/** `beltN`, `held`, `next` and `fallingN` are codes of parcels (0: none), `binN` and `shippedN` numbers of them, of red, blue and green. */
export const stateNames: readonly string[] = [
  ...[
    'column',
    'down',
    'held',
    'running',
    'jammed',
    'phase',
    'next',
    'arrived',
    'score',
    'errors',
    'reward',
    'end',
    'look',
  ],
  ...numbered('belt', BELT),
  ...numbered('falling', kinds.length),
  ...numbered('bin', kinds.length),
  ...numbered('shipped', kinds.length),
];

export function measureState(state: FactoryState): number[] {
  const { gripper, isRunning, isJammed, phase, next, arrived, score, errors, reward, look } = state;
  return [
    ...[
      gripper.column,
      Number(gripper.isDown),
      codeOf(gripper.held),
      Number(isRunning),
      Number(isJammed),
      phase,
    ],
    ...[codeOf(next), arrived, score, errors, reward, 0, lookNames.indexOf(look)],
    ...state.belt.map(codeOf),
    ...state.falling.map(codeOf),
    ...state.bins,
    ...state.shipped,
  ];
}

const valuesOf = (row: Measured, name: string, count: number): number[] =>
  numbered(name, count).map((each) => row[each]!);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Parcels that are in the hall or left it in a bin. */
function parcelsIn(row: Measured): number {
  const seen = [row['held']!, ...valuesOf(row, 'belt', BELT), ...valuesOf(row, 'falling', kinds.length)];
  const binned = [...valuesOf(row, 'bin', kinds.length), ...valuesOf(row, 'shipped', kinds.length)];
  return seen.filter((code) => code > 0).length + sum(binned);
}

/** How many more parcels frames show, those in bins and those that were shipped from one to the next included. */
export function conveyed(before: Measured, after: Measured): number {
  const shown = (row: Measured): number =>
    [row['held']!, ...valuesOf(row, 'belt', BELT), ...valuesOf(row, 'falling', kinds.length)].filter(
      (code) => code > 0,
    ).length + sum(valuesOf(row, 'bin', kinds.length));
  const shipped = kinds.filter(
    (_, kind) => before[`bin${kind}`] === BIN_CAPACITY && after[`bin${kind}`] !== BIN_CAPACITY,
  );
  return shown(after) - shown(before) + BIN_CAPACITY * shipped.length;
}

/** What always holds from one frame to the next. */
export const laws: readonly Law[] = [
  {
    name: 'parcels in sight are as many as before, but for one out of the chute',
    holds: (before, after) => {
      const more = conveyed(before, after);
      return more === 0 || (more === 1 && after['belt0']! > 0);
    },
  },
  {
    name: 'no parcel is lost or comes from nowhere',
    seenIn: 'state',
    holds: (before, after) =>
      parcelsIn(after) === after['arrived']! && [0, 1].includes(after['arrived']! - before['arrived']!),
  },
  {
    name: 'the gripper goes one cell a frame and stays on its rail',
    holds: (before, after) => {
      const [from, to] = [before['column']!, after['column']!];
      const way = Math.abs(to - from) + Math.abs(after['down']! - before['down']!);
      return way <= 1 && to >= FIRST_COLUMN && to <= LAST_COLUMN;
    },
  },
  {
    name: 'what is held stays what it is',
    holds: (before, after) => before['held'] === 0 || after['held'] === 0 || before['held'] === after['held'],
  },
  {
    name: 'parcels move with the belt alone',
    holds: (before, after) => {
      if (after['phase'] !== before['phase'] && after['phase'] === 0) return true;
      const [was, is] = [valuesOf(before, 'belt', BELT), valuesOf(after, 'belt', BELT)];
      // The gripper takes or puts one in its own column; what gets stuck stays where it is.
      const plain = (code: number): number =>
        code === 0 ? 0 : ((code - 1) % (kinds.length * sizes.length)) + 1;
      return was.every((code, at) => plain(code) === plain(is[at]!) || at === before['column']);
    },
  },
  {
    name: 'a belt that stands or is jammed does not move',
    holds: (before, after) =>
      // One that is started may jam in the same frame.
      before['running'] === 1 ||
      after['running'] === 1 ||
      before['phase'] === after['phase'] ||
      after['jammed']! > before['jammed']!,
  },
  {
    name: 'a belt that runs goes on',
    holds: (before, after) =>
      before['running'] === 0 || after['running'] === 0 || after['phase'] === (before['phase']! + 1) % PHASES,
  },
  {
    name: 'what falls is in its bin a frame later',
    holds: (before, after) =>
      kinds.every((_, kind) => {
        // A bin that is full is shipped.
        const was = before[`bin${kind}`]! % BIN_CAPACITY;
        return after[`bin${kind}`] === was + (before[`falling${kind}`]! > 0 ? 1 : 0);
      }),
  },
];
