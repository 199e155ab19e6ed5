/**
 * What can be seen where on the screen. Cells are boxes between planes that lie 32, 24, 16 and 8 pixels from the middle of the picture, so
 * that every edge lies on a grid of 8 pixels or on its diagonals, and few different squares of 8x8 pixels draw every place.
 */
export const VIEW_WIDTH = 64;
/** The last eight rows of a frame show what the player has. */
export const VIEW_HEIGHT = 56;
const MIDDLE = 32;
/** Half the side of the opening of a cell, by its distance ahead in cells. */
const PLANES = [32, 24, 16, 8] as const;
const FARTHEST = PLANES.length - 1;

/** One thing that a pixel may show. */
export interface Candidate {
  /** The cell: steps ahead and steps to the right. */
  readonly ahead: number;
  readonly right: number;
  /** Its near wall, its wall towards the middle, or what stands in it or hangs on its near wall. */
  readonly part: 'front' | 'side' | 'object' | 'decal';
  /** For what is drawn as a sprite: which of its pixels, at which size. */
  readonly sprite?: { readonly size: SpriteSize; readonly x: number; readonly y: number };
}

export type SpriteSize = 16 | 8 | 4;

/** Where a sprite of a cell goes. */
interface Placement {
  readonly ahead: number;
  readonly right: number;
  readonly size: SpriteSize;
  readonly x: number;
  /** Of what stands on the floor, and of what hangs on the near wall. */
  readonly floorY: number;
  readonly wallY: number;
}

const placements: readonly Placement[] = [
  { ahead: 1, right: 0, size: 16, x: 24, floorY: 40, wallY: 16 },
  { ahead: 2, right: 0, size: 8, x: 28, floorY: 40, wallY: 24 },
  { ahead: 2, right: 1, size: 8, x: 56, floorY: 40, wallY: 24 },
  { ahead: 2, right: -1, size: 8, x: 0, floorY: 40, wallY: 24 },
  { ahead: 3, right: 0, size: 4, x: 30, floorY: 36, wallY: 28 },
  { ahead: 3, right: 1, size: 4, x: 46, floorY: 36, wallY: 28 },
  { ahead: 3, right: -1, size: 4, x: 14, floorY: 36, wallY: 28 },
];

/** Steps to the side that reach into the picture, nearest first. */
const sides = [0, 1, -1, 2, -2] as const;

/** For each pixel of the view, row by row, what it may show, nearest first. */
export const candidates: readonly (readonly Candidate[])[] = Array.from(
  { length: VIEW_WIDTH * VIEW_HEIGHT },
  (_, pixel) => candidatesAt(pixel % VIEW_WIDTH, Math.floor(pixel / VIEW_WIDTH)),
);

function candidatesAt(x: number, y: number): Candidate[] {
  // Twice the distances from the middle of the picture to that of the pixel: integers.
  const across = 2 * (x - MIDDLE) + 1;
  const down = Math.abs(2 * (y - MIDDLE) + 1);
  const found: Candidate[] = [];
  for (let ahead = 0; ahead <= FARTHEST; ahead++) {
    const near = 2 * PLANES[ahead]!;
    for (const right of ahead === 0 ? [] : sides) {
      const isInside = across > (2 * right - 1) * near && across < (2 * right + 1) * near && down < near;
      if (!isInside) continue;
      found.push(...spritesAt(x, y, ahead, right, 'decal'));
      found.push({ ahead, right, part: 'front' });
    }
    for (const right of sides) found.push(...spritesAt(x, y, ahead, right, 'object'));
    if (ahead === FARTHEST) continue;
    const far = 2 * PLANES[ahead + 1]!;
    for (const right of sides) {
      if (right === 0) continue;
      // The wall between this cell and the one nearer to the middle: at distance t from the eye it is k * t to the side.
      const k = 2 * right - Math.sign(right);
      const t = across / k;
      if (t > far && t <= near && down < t) found.push({ ahead, right, part: 'side' });
    }
  }
  return found;
}

function spritesAt(
  x: number,
  y: number,
  ahead: number,
  right: number,
  part: 'object' | 'decal',
): Candidate[] {
  const placement = placements.find((each) => each.ahead === ahead && each.right === right);
  if (!placement) return [];
  const { size } = placement;
  const [dx, dy] = [x - placement.x, y - (part === 'object' ? placement.floorY : placement.wallY)];
  if (dx < 0 || dy < 0 || dx >= size || dy >= size) return [];
  return [{ ahead, right, part, sprite: { size, x: dx, y: dy } }];
}
