import { HALT } from './traffic.js';
import { kerbOf } from './people.js';
import { COLUMNS, VIEW_ROWS } from './render.js';
import type { LookName } from './looks.js';
import type { DrivingState } from './state.js';

const weather: Readonly<Record<string, LookName>> = {
  'it starts to rain': 'rain',
  'it starts to snow': 'snow',
  'night falls': 'night',
  'the sun comes out': 'day',
};
const BRAKE = 'a car brakes';
const STEP = 'someone steps onto the road';

/** What the town can be told to let happen. */
export const events: readonly string[] = [...Object.keys(weather), BRAKE, STEP];

/** A state in which something happens, told in words; what nobody in view can do does not. */
export function tell(state: DrivingState, sentence: string): DrivingState {
  const look = weather[sentence];
  if (look !== undefined) return { ...state, look };
  if (sentence === BRAKE) {
    const id = nearest(state, state.cars, ({ wreck, halt }) => wreck === 0 && halt === 0);
    const brake = { speed: 0, isBraking: true, halt: HALT };
    return id < 0
      ? state
      : { ...state, cars: state.cars.map((car, at) => (at === id ? { ...car, ...brake } : car)) };
  }
  if (sentence === STEP) {
    const id = nearest(
      state,
      state.people,
      ({ x, y, down }) => down === 0 && kerbOf(state.town, x, y) !== undefined,
    );
    if (id < 0) return state;
    const { x, y } = state.people[id]!;
    const heading = kerbOf(state.town, x, y)!;
    return { ...state, people: state.people.map((each, at) => (at === id ? { ...each, heading } : each)) };
  }
  throw new RangeError(`driving cannot be told "${sentence}"; it knows ${events.join(', ')}`);
}

/** The nearest of those in view that something holds of; -1 where there is none. */
function nearest<Thing extends { readonly x: number; readonly y: number }>(
  { own }: DrivingState,
  things: readonly Thing[],
  holds: (thing: Thing) => boolean,
): number {
  let [found, least] = [-1, Infinity];
  things.forEach((thing, id) => {
    const [dx, dy] = [Math.abs(thing.x - own.x), Math.abs(thing.y - own.y)];
    if (dx >= COLUMNS / 2 || dy >= VIEW_ROWS / 2 || dx + dy >= least || !holds(thing)) return;
    [found, least] = [id, dx + dy];
  });
  return found;
}
