import { hash } from '../random.js';
import {
  BELT,
  BIN_CAPACITY,
  FIRST_COLUMN,
  LAST_COLUMN,
  PHASES,
  kinds,
  sizes,
  type FactoryState,
  type Gripper,
  type Parcel,
} from './state.js';

/** One in so many turns of the belt brings a parcel, where there is room. */
const ARRIVAL_ODDS = 3;
/** One in so many turns of the belt a parcel gets stuck in its middle. */
const STUCK_ODDS = 45;
const MIDDLE = 2;

/** What dice are about. */
const [ARRIVAL, NEXT, STUCK] = [0, 1, 2];

type GripperKey = 'none' | 'left' | 'right' | 'up' | 'down' | 'grab' | 'release';

/** A parcel of any kind and size, by a dice. */
export function parcelBy(seed: number, number: number): Parcel {
  const dice = hash(seed, NEXT, number);
  return { kind: dice % kinds.length, size: (dice >>> 8) % sizes.length, isStuck: false };
}

/** Where the belt cannot take a parcel: what lies there, or hangs there from the gripper. */
const isTaken = ({ belt, gripper }: FactoryState, column: number): boolean =>
  belt[column] !== undefined || (gripper.isDown && gripper.held !== undefined && gripper.column === column);

/** What fell comes into its bin; a bin that is full has been shipped by then. */
export function settle(state: FactoryState): FactoryState {
  let { score, errors, reward } = state;
  const bins = [...state.bins];
  const shipped = [...state.shipped];
  state.falling.forEach((parcel, kind) => {
    if (bins[kind] === BIN_CAPACITY) {
      shipped[kind]! += BIN_CAPACITY;
      bins[kind] = 0;
    }
    if (!parcel) return;
    bins[kind]!++;
    const worth = parcel.size + 1;
    if (parcel.kind === kind) score += worth;
    else errors++;
    reward += parcel.kind === kind ? worth : -worth;
  });
  return { ...state, bins, shipped, score, errors, reward, falling: kinds.map(() => undefined) };
}

/** The gripper does what it is told, unless something is in the way. */
export function useGripper(state: FactoryState, key: GripperKey): FactoryState {
  const { gripper } = state;
  const { column, isDown, held } = gripper;
  const withGripper = (change: Partial<Gripper>): FactoryState => ({
    ...state,
    gripper: { ...gripper, ...change },
  });
  switch (key) {
    case 'none':
      return state;
    case 'left':
    case 'right': {
      const to = column + (key === 'left' ? -1 : 1);
      if (to < FIRST_COLUMN || to > LAST_COLUMN) return state;
      // What hangs low is stopped by what lies there.
      return isDown && held && to < BELT && state.belt[to] ? state : withGripper({ column: to });
    }
    case 'up':
      return withGripper({ isDown: false });
    case 'down':
      return held && column < BELT && state.belt[column] ? state : withGripper({ isDown: true });
    case 'grab': {
      const parcel = state.belt[column];
      if (held || !isDown || !parcel) return state;
      return {
        ...withGripper({ held: { ...parcel, isStuck: false } }),
        belt: replaced(state.belt, column, undefined),
      };
    }
    case 'release': {
      if (!held) return state;
      if (column >= BELT) {
        return { ...withGripper({ held: undefined }), falling: replaced(state.falling, column - BELT, held) };
      }
      if (state.belt[column]) return state;
      return { ...withGripper({ held: undefined }), belt: replaced(state.belt, column, held) };
    }
  }
}

/** Starts or stops the belt; one that is jammed starts only when something can move. */
export function switchBelt(state: FactoryState): FactoryState {
  if (!state.isJammed) return { ...state, isRunning: !state.isRunning };
  return canMove(state) ? { ...state, isJammed: false, isRunning: true } : state;
}

/** Whether nothing is stuck and the belt is not full. */
export const canMove = (state: FactoryState): boolean =>
  !state.belt.some((parcel) => parcel?.isStuck) && state.belt.some((_, column) => !isTaken(state, column));

/** One frame of the belt: every `PHASES` frames parcels go on by a cell, and the chute may drop one. */
export function runBelt(state: FactoryState): FactoryState {
  if (!state.isRunning) return state;
  const phase = (state.phase + 1) % PHASES;
  if (phase !== 0) return { ...state, phase };
  if (!canMove(state)) return jammed({ ...state, phase });
  const belt = [...state.belt];
  for (let column = BELT - 1; column > 0; column--) {
    if (isTaken({ ...state, belt }, column)) continue;
    belt[column] = belt[column - 1];
    belt[column - 1] = undefined;
  }
  let { next, arrived } = state;
  if (!belt[0] && hash(state.seed, ARRIVAL, state.time) % ARRIVAL_ODDS === 0) {
    [belt[0], next] = [next, parcelBy(state.seed, state.time)];
    arrived++;
  }
  const moved = { ...state, phase, belt, next, arrived };
  const getsStuck = belt[MIDDLE] && hash(state.seed, STUCK, state.time) % STUCK_ODDS === 0;
  return getsStuck ? stick(moved, MIDDLE) : moved;
}

/** A parcel gets stuck on the belt, which stops. */
export const stick = (state: FactoryState, column: number): FactoryState =>
  jammed({ ...state, belt: replaced(state.belt, column, { ...state.belt[column]!, isStuck: true }) });

const jammed = (state: FactoryState): FactoryState => ({
  ...state,
  isRunning: false,
  isJammed: true,
  reward: state.reward - 1,
});

function replaced<T>(all: readonly T[], index: number, value: T): T[] {
  return all.map((each, at) => (at === index ? value : each));
}
