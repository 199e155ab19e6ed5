import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { checkFrameArray, givenAction, givenLook } from '../given.js';
import { seededRandom } from '../random.js';
import { legendNames } from '../patches/patch_art.js';
import type { Physics } from '../physics.js';
import type { World } from '../world.js';
import { CELL, art, shirtCount } from './art.js';
import { PAVEMENT } from './cells.js';
import { describeState } from './describe.js';
import { events, tell } from './events.js';
import { laws, measureState, stateNames } from './laws.js';
import { lookNames } from './looks.js';
import { driveOwn, type DrivingKeys } from './own_car.js';
import { walk } from './people.js';
import { physics } from './physics.js';
import { createPlayer } from './players.js';
import { COLUMNS, OWN_COLUMN, OWN_ROW, ROWS, VIEW_ROWS, renderState } from './render.js';
import { Scene, cellsOf } from './scene.js';
import { carColours, type Car, type DrivingState, type OtherCar, type Person } from './state.js';
import { createTown, surfaceAt, type Town } from './town.js';
import { driveOther, placeOnRoad } from './traffic.js';

const actionNames = ['none', 'up', 'down', 'left', 'right', 'left+up', 'right+up'] as const;

const keys: readonly DrivingKeys[] = actionNames.map((name) => ({
  pedal: name.endsWith('up') ? 1 : name === 'down' ? -1 : 0,
  wheel: name.startsWith('left') ? -1 : name.startsWith('right') ? 1 : 0,
}));

const [WIDTH, HEIGHT] = [COLUMNS * CELL, ROWS * CELL];
/** Cars that are tried to be put on the roads, and people on the pavements. */
const CARS = 56;
const PEOPLE = 60;
/** What a dice of a place may show. */
const DICE = 2 ** 31 - 1;

/**
 * A town seen from above, north up, with traffic that keeps the rules and sometimes does not, drawn of exact patches of 4x4 pixels. The own
 * car is in the middle, so the view scrolls by whole cells. `up` is the accelerator, `down` brake and reverse; `left` and `right` are quarter
 * turns. After a collision the car is a wreck for some frames, and then mended on the spot: nothing ends an episode.
 */
export const driving: World<DrivingState> = {
  name: 'driving',
  width: WIDTH,
  height: HEIGHT,
  fps: 8,
  actionNames,
  looks: lookNames,
  stateNames,
  events,
  laws,
  physics: physics as Physics<DrivingState>,
  legend: () => ({
    ...{ cell: CELL, rows: ROWS, columns: COLUMNS, viewRows: VIEW_ROWS },
    player: { row: OWN_ROW, column: OWN_COLUMN },
    names: legendNames(art),
  }),

  create({ seed, look }) {
    const asked = givenLook(driving, lookNames, { seed, look });
    const random = seededRandom(seed, 0);
    const drawn = lookNames[uniformInt(random, 0, lookNames.length - 1)]!;
    const town = createTown(random);
    const [first, ...cars] = createCars(town, random);
    const { x, y, heading } = first!;
    const own: Car = { x, y, heading, speed: 0, isBraking: true, wreck: 0 };
    const people = createPeople(town, random);
    const time = uniformInt(random, 0, 31);
    return { seed, look: asked ?? drawn, town, time, own, cars, people, crashes: 0, fines: 0, reward: 0 };
  },

  step(state, action) {
    const held = givenAction(driving, keys, action);
    const scene = new Scene(state);
    driveOwn(scene, held);
    for (let id = 0; id < scene.cars.length; id++) driveOther(scene, id);
    for (let id = 0; id < scene.people.length; id++) walk(scene, id);
    const { time, own, cars, people, crashes, fines, reward } = scene;
    return { ...state, time, own, cars, people, crashes, fines, reward };
  },

  render(state, out = new Uint8Array(HEIGHT * WIDTH * 3)) {
    checkFrameArray(driving, out);
    return renderState(state, out);
  },

  measure: measureState,
  describe: describeState,
  player: createPlayer,
  tell,
};

/** Cars on lanes, none close to another; the first is the own one. */
function createCars(town: Town, random: RandomGenerator): OtherCar[] {
  const taken = new Set<number>();
  const cars: OtherCar[] = [];
  for (let attempt = 0; attempt < 20 * CARS && cars.length < CARS; attempt++) {
    const place = placeOnRoad(town, uniformInt(random, 0, DICE));
    if (!place) continue;
    const around = [-1, 0, 1].flatMap((dy) =>
      [-1, 0, 1].flatMap((dx) => cellsOf({ x: place.x + dx, y: place.y + dy })),
    );
    if (around.some(([x, y]) => taken.has(y * town.width + x))) continue;
    for (const [x, y] of cellsOf(place)) taken.add(y * town.width + x);
    const colour = carColours[uniformInt(random, 0, 5) % 4 === 2 ? 2 : uniformInt(random, 0, 1)]!;
    cars.push({ ...place, colour, speed: 0, isBraking: true, wreck: 0, halt: 0, isBlind: false });
  }
  return cars;
}

function createPeople(town: Town, random: RandomGenerator): Person[] {
  const people: Person[] = [];
  const taken = new Set<number>();
  for (let attempt = 0; attempt < 200 * PEOPLE && people.length < PEOPLE; attempt++) {
    const [x, y] = [uniformInt(random, 0, town.width - 1), uniformInt(random, 0, town.height - 1)];
    if (surfaceAt(town, x, y) !== PAVEMENT || taken.has(y * town.width + x)) continue;
    taken.add(y * town.width + x);
    const heading = surfaceAt(town, x + 1, y) === PAVEMENT || surfaceAt(town, x - 1, y) === PAVEMENT ? 0 : 1;
    const back = 2 * uniformInt(random, 0, 1);
    people.push({ x, y, heading: heading + back, shirt: uniformInt(random, 0, shirtCount - 1), down: 0 });
  }
  return people;
}
