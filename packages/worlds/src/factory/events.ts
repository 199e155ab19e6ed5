import type { LookName } from './looks.js';
import { parcelBy, stick } from './machines.js';
import type { FactoryState } from './state.js';

const light: Readonly<Record<string, LookName>> = {
  'night falls': 'night shift',
  'the day shift begins': 'hall',
};
const [STOP, START, JAM, ARRIVAL] = [
  'the belt stops',
  'the belt starts',
  'a parcel jams',
  'a parcel arrives',
];

/** What the hall can be told to let happen. */
export const events: readonly string[] = [...Object.keys(light), STOP, START, JAM, ARRIVAL];

/** A state in which something happens, told in words; what cannot happen as things are does not. */
export function tell(state: FactoryState, sentence: string): FactoryState {
  const look = light[sentence];
  if (look !== undefined) return { ...state, look };
  const { belt, isJammed, gripper } = state;
  switch (sentence) {
    case STOP:
      return { ...state, isRunning: false };
    case START:
      return isJammed ? state : { ...state, isRunning: true };
    case JAM: {
      const column = belt.findLastIndex((parcel) => parcel !== undefined);
      return column < 1 || isJammed ? state : stick(state, column);
    }
    case ARRIVAL: {
      if (belt[0] || (gripper.isDown && gripper.held && gripper.column === 0)) return state;
      const arrived = state.arrived + 1;
      return {
        ...state,
        belt: [state.next, ...belt.slice(1)],
        next: parcelBy(state.seed, state.time),
        arrived,
      };
    }
    default:
      throw new RangeError(`factory cannot be told "${sentence}"; it knows ${events.join(', ')}`);
  }
}
