import { captionOf, type Caption, type Direction, type Sighting } from '../caption.js';
import { lookWords } from './looks.js';
import { BELT, kinds, parcelName, type FactoryState } from './state.js';

/** The hall, how the belt goes, what the gripper holds, what is in the bins, and what lies where, seen from the gripper. */
export function describeState(state: FactoryState): Caption {
  const { gripper, belt, falling, bins, isRunning, isJammed, look } = state;
  const sightings: Sighting[] = [];
  const add = (name: string, column: number): void => {
    const dx = column - gripper.column;
    const direction: Direction = dx === 0 ? 'below' : dx < 0 ? 'left' : 'right';
    sightings.push({ name, direction, distance: Math.abs(dx) });
  };
  belt.forEach((parcel, column) => {
    if (parcel) add(`${parcel.isStuck ? 'stuck ' : ''}${parcelName(parcel)}`, column);
  });
  falling.forEach((parcel, kind) => {
    if (parcel) add(`falling ${parcelName(parcel)}`, BELT + kind);
  });
  const way = isJammed ? 'the belt is jammed' : isRunning ? 'the belt runs' : 'the belt stands';
  const held = gripper.held ? `the gripper holds a ${parcelName(gripper.held)}` : 'the gripper is empty';
  const sorted = `in the bins ${kinds.map((kind, at) => `${bins[at]!} ${kind}`).join(', ')}`;
  return captionOf(`${lookWords[look]}, ${way}, ${held}, ${sorted}`, sightings);
}
