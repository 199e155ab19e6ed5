import { HEADINGS } from '../headings.js';
import { hash } from '../random.js';
import { PAVEMENT, ROAD, ROAD_WIDTH, ZEBRA } from './cells.js';
import { mayWalk } from './lights.js';
import type { Scene } from './scene.js';
import type { Person } from './state.js';
import { surfaceAt, type Town } from './town.js';

/** Frames for a step: those on foot go at half the pace of a slow car. */
const PACE = 2;
/** One step in so many on which someone turns to cross the road where there is no zebra. */
const JAYWALK_ODDS = 500;

const [WAY, JAYWALK] = [0, 1];

/** One frame of someone on foot. */
export function walk(scene: Scene, id: number): void {
  const person = scene.people[id]!;
  if (person.down > 0) {
    if (scene.isTick) scene.people[id] = { ...person, down: person.down - 1 };
    return;
  }
  if (scene.time % PACE !== 0) return;
  const [dx, dy] = HEADINGS[person.heading]!;
  const [x, y] = [person.x + dx, person.y + dy];
  const [here, there] = [surfaceAt(scene.town, person.x, person.y), surfaceAt(scene.town, x, y)];
  if (here === PAVEMENT && there === ZEBRA && !isGreen(scene, person)) return;
  const isCar = scene.carOn(x, y) !== undefined;
  // Nobody waits for a car that stands on the pavement.
  if (there > PAVEMENT || (isCar && there === PAVEMENT)) {
    scene.people[id] = { ...person, heading: (person.heading + 2) % 4 };
    return;
  }
  if (isCar) return;
  const other = scene.personOn(x, y);
  if (other !== undefined && !isOncoming(scene.people[other]!, person)) return;
  scene.movePerson(id, x, y);
  const moved = scene.people[id]!;
  scene.people[id] = { ...moved, heading: nextHeading(scene, id, moved) };
}

const isOncoming = (other: Person, { heading }: Person): boolean =>
  other.down === 0 && other.heading === (heading + 2) % 4;

function isGreen(scene: Scene, { x, y, heading }: Person): boolean {
  const crossing = scene.town.crossings.find(
    (each) => x >= each.x - 1 && x <= each.x + ROAD_WIDTH && y >= each.y - 1 && y <= each.y + ROAD_WIDTH,
  );
  return crossing === undefined || mayWalk(crossing, heading, scene.before.time);
}

/** Who arrives on a cell turns to where the next step will lead. */
function nextHeading(scene: Scene, id: number, { x, y, heading }: Person): number {
  const { town } = scene;
  if (surfaceAt(town, x, y) !== PAVEMENT) return heading;
  const dice = (purpose: number): number => hash(scene.before.seed, 4096 + id * 2 + purpose, scene.time);
  if (dice(JAYWALK) % JAYWALK_ODDS === 0) {
    const road = kerbOf(town, x, y);
    if (road !== undefined) return road;
  }
  const ways = [heading, (heading + 1) % 4, (heading + 3) % 4].filter((way) => {
    const [dx, dy] = HEADINGS[way]!;
    const surface = surfaceAt(town, x + dx, y + dy);
    return surface === PAVEMENT || surface === ZEBRA;
  });
  return ways.length === 0 ? (heading + 2) % 4 : ways[dice(WAY) % ways.length]!;
}

/** The heading from a pavement straight onto the road, where it runs along one. */
export function kerbOf(town: Town, x: number, y: number): number | undefined {
  const found = HEADINGS.findIndex(([dx, dy]) => surfaceAt(town, x + dx, y + dy) === ROAD);
  return found < 0 ? undefined : found;
}
