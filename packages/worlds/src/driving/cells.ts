/** What a cell of the town is to those who move. */
export const ROAD = 0;
export const ZEBRA = 1;
export const PAVEMENT = 2;
/** Grass and sand: cars go slowly there. */
export const OPEN = 3;
/** Houses, trees, water: nobody goes there. */
export const SOLID = 4;

/** Crossings each way. */
export const SIDE = 5;
/** Cells across a road: two lanes of two. */
export const ROAD_WIDTH = 4;
/** Cells around the town: grass, a beach and the sea, as far as anyone can see. */
export const MARGIN = 13;
/** Where two roads meet: `x`, `y` is the upper left cell of the square that they share. */
export interface Crossing {
  readonly x: number;
  readonly y: number;
  /** Whether a road leads away, by heading. */
  readonly arms: readonly boolean[];
  /** Crossings of group 1 change their lights half a cycle later. */
  readonly group: 0 | 1;
}

/** Crossings with three roads or more have lights. */
export const hasLights = ({ arms }: Crossing): boolean => arms.filter(Boolean).length >= 3;
