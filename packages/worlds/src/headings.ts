/** Headings of worlds on a grid: east, south, west, north, as steps along x and y. A quarter turn to the right is one on. */
export const HEADINGS: readonly (readonly [x: number, y: number])[] = [
  [1, 0],
  [0, 1],
  [-1, 0],
  [0, -1],
];
