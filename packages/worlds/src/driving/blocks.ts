import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { MARGIN, OPEN, ROAD_WIDTH, SIDE, SOLID, type Crossing } from './cells.js';

interface Site {
  /** Where roads begin, along x and y. */
  readonly xs: readonly number[];
  readonly ys: readonly number[];
  readonly width: number;
  readonly height: number;
  readonly surface: Uint8Array;
  readonly crossings: readonly Crossing[];
  readonly random: RandomGenerator;
  readonly set: (x: number, y: number, kind: number, tile: string) => void;
}

/** Cells [left, right) x [top, bottom). */
interface Area {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Height of a house in cells: three of roof, one of wall. */
const HOUSE_HEIGHT = 4;
/** Rows of windows of an office. */
const FLOORS = 2;

/** Fills what lies between pavements: houses in gardens, offices, parks; trees along the shore. */
export function buildBlocks(site: Site): void {
  const { xs, ys, width, height, crossings, random } = site;
  for (let j = 0; j + 1 < SIDE; j++) {
    for (let i = 0; i + 1 < SIDE; i++) {
      const area = {
        left: xs[i]! + ROAD_WIDTH + 1,
        right: xs[i + 1]! - 1,
        top: ys[j]! + ROAD_WIDTH + 1,
        bottom: ys[j + 1]! - 1,
      };
      const kind = uniformInt(random, 0, 9);
      if (kind < 6) buildHouses(site, area);
      else if (kind < 8) buildOffice(site, area);
      else plantPark(site, area);
    }
  }
  // Where a road was left out, trees stand between the pavements.
  crossings.forEach(({ x, y, arms }, at) => {
    if (at % SIDE < SIDE - 1 && !arms[0]) {
      const right = crossings[at + 1]!.x - 1;
      plantTrees(site, { left: x + ROAD_WIDTH + 1, right, top: y, bottom: y + ROAD_WIDTH }, 3);
    }
    if (at < SIDE * (SIDE - 1) && !arms[1]) {
      const bottom = crossings[at + SIDE]!.y - 1;
      plantTrees(site, { left: x, right: x + ROAD_WIDTH, top: y + ROAD_WIDTH + 1, bottom }, 3);
    }
  });
  const shore = MARGIN - 4;
  const [right, bottom] = [width - shore, height - shore];
  for (const area of [
    { left: shore, right, top: shore, bottom: MARGIN - 1 },
    { left: shore, right, top: height - MARGIN + 1, bottom },
    { left: shore, right: MARGIN - 1, top: shore, bottom },
    { left: width - MARGIN + 1, right, top: shore, bottom },
  ]) {
    plantTrees(site, area, Math.floor(((area.right - area.left) * (area.bottom - area.top)) / 14));
  }
}

function isFree({ surface, width }: Site, { left, top, right, bottom }: Area): boolean {
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) if (surface[y * width + x] !== OPEN) return false;
  }
  return true;
}

/** Rows of houses, as many as fit, with gardens between them. */
function buildHouses(site: Site, area: Area): void {
  const { random } = site;
  for (let top = area.top + 1; top + HOUSE_HEIGHT < area.bottom; top += HOUSE_HEIGHT + 1) {
    for (let left = area.left + 1; left + 3 < area.right;) {
      const right = Math.min(area.right - 1, left + uniformInt(random, 3, 5));
      const colour = uniformInt(random, 0, 1) === 0 ? 'red' : 'brown';
      buildHouse(site, { left, right, top, bottom: top + HOUSE_HEIGHT }, colour);
      left = right + uniformInt(random, 1, 2);
    }
  }
  plantTrees(site, area, 2);
  plantBushes(site, area, 4);
}

function buildHouse(site: Site, { left, right, top, bottom }: Area, colour: string): void {
  const door = left + uniformInt(site.random, 0, right - left - 1);
  const chimney = left + 1 + uniformInt(site.random, 0, right - left - 3);
  for (let x = left; x < right; x++) {
    const across = x === left ? 'left' : x === right - 1 ? 'right' : 'middle';
    for (let y = top; y < bottom - 1; y++) {
      const down = y === top ? 'top' : y === bottom - 2 ? 'bottom' : 'centre';
      const tile = x === chimney && down === 'centre' ? 'chimney' : `${down} ${across}`;
      site.set(x, y, SOLID, `${colour} roof-${tile}`);
    }
    site.set(x, bottom - 1, SOLID, x === door ? 'house-door' : 'house-window');
  }
}

/** One large flat roof over rows of windows. */
function buildOffice(site: Site, area: Area): void {
  const [left, right, top, bottom] = [area.left + 1, area.right - 1, area.top + 1, area.bottom - 1];
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const across = x === left ? 'left' : x === right - 1 ? 'right' : 'middle';
      const isRoof = y < bottom - FLOORS;
      const down = y === top ? 'top' : y === bottom - FLOORS - 1 ? 'bottom' : 'centre';
      const isVent = down === 'centre' && across === 'middle' && uniformInt(site.random, 0, 7) === 0;
      const roof = isVent ? 'office-vent' : `office-${down} ${across}`;
      site.set(x, y, SOLID, isRoof ? roof : 'office-windows');
    }
  }
  plantBushes(site, area, 5);
}

/** A pond among trees. */
function plantPark(site: Site, area: Area): void {
  const { random } = site;
  const [width, height] = [uniformInt(random, 2, 4), uniformInt(random, 2, 3)];
  const left = uniformInt(random, area.left + 1, area.right - width - 1);
  const top = uniformInt(random, area.top + 1, area.bottom - height - 1);
  for (let y = top - 1; y <= top + height; y++) {
    for (let x = left - 1; x <= left + width; x++) {
      const isShore = x < left || x === left + width || y < top || y === top + height;
      const isCorner = (x < left || x === left + width) && (y < top || y === top + height);
      if (!isCorner) site.set(x, y, isShore ? OPEN : SOLID, isShore ? 'sand' : 'water');
    }
  }
  plantTrees(site, area, 7);
  plantBushes(site, area, 4);
}

/** Tries to plant trees of two by two cells; corners are left to lamps. */
function plantTrees(site: Site, area: Area, tries: number): void {
  const { random } = site;
  if (area.right - area.left < 2 || area.bottom - area.top < 2) return;
  for (let i = 0; i < tries; i++) {
    const left = uniformInt(random, area.left, area.right - 2);
    const top = uniformInt(random, area.top, area.bottom - 2);
    if (!isFree(site, { left, top, right: left + 2, bottom: top + 2 })) continue;
    for (let cell = 0; cell < 4; cell++) {
      site.set(left + (cell % 2), top + (cell >> 1), SOLID, `tree-${cell + 1}`);
    }
  }
}

function plantBushes(site: Site, area: Area, tries: number): void {
  const { random } = site;
  for (let i = 0; i < tries; i++) {
    const left = uniformInt(random, area.left, area.right - 1);
    const top = uniformInt(random, area.top, area.bottom - 1);
    if (isFree(site, { left, top, right: left + 1, bottom: top + 1 })) site.set(left, top, SOLID, 'bush');
  }
}
