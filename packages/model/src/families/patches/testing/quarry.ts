import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { generatorFor } from '../../../random.js';

/** Codes of what a quarry shows: ground that is walked onto, rock that is dug away, a spring that stays, the player by the way it faces, digits. */
export const quarry = {
  ...{ rows: 6, columns: 5, viewRows: 5 },
  ...{ free: [0, 1, 2, 3], rock: 4, spring: 5, wall: 6 },
  ...{ player: { up: 7, down: 8, left: 9, right: 10 }, digits: 11, codebook: 21 },
  actionNames: ['noop', 'up', 'down', 'left', 'right', 'do'],
} as const;

const directions = [
  [-1, 0],
  [1, 0],
  [0, -1],
  [0, 1],
] as const;

/**
 * A small game for tests, as codes: whoever walks into something turns towards it; what is done digs away the rock in front, or draws from a
 * spring, and the second digit below counts that. The first digit counts down by itself.
 */
export function quarryClip(frames: number, seed: number) {
  const random = generatorFor(seed, 'quarry');
  const dug = new Set<string>();
  const groundAt = (row: number, column: number): number => {
    if (dug.has(`${row},${column}`)) return 0;
    const mixed = Math.imul(row * 73_856_093 + seed, 19_349_663) ^ Math.imul(column, 83_492_791);
    return [0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6][((mixed >>> 8) ^ (mixed >>> 19)) % 11]!;
  };
  const codes = new Int16Array(frames * quarry.rows * quarry.columns);
  const actions: number[] = [];
  let [row, column, facing, hunger, count] = [0, 0, 1, 9, 0];
  let action = 0;
  const draw = (): number[] => [
    ...Array.from({ length: 25 }, (_, i) => {
      const [y, x] = [Math.floor(i / 5) - 2, (i % 5) - 2];
      return y === 0 && x === 0 ? Object.values(quarry.player)[facing]! : groundAt(row + y, column + x);
    }),
    ...[quarry.digits + hunger, quarry.digits + count, 6, 6, 6],
  ];
  for (let t = 0; t < frames; t++) {
    codes.set(draw(), t * quarry.rows * quarry.columns);
    if (uniformInt(random, 0, 2) > 0) action = uniformInt(random, 0, 5);
    actions.push(action);
    if (uniformInt(random, 0, 9) === 0) hunger = (hunger + 9) % 10;
    if (action >= 1 && action <= 4) {
      facing = action - 1;
      const [down, right] = directions[facing]!;
      if (groundAt(row + down, column + right) < quarry.rock) [row, column] = [row + down, column + right];
    } else if (action === 5) {
      const [y, x] = [row + directions[facing]![0], column + directions[facing]![1]];
      const ahead = groundAt(y, x);
      if (ahead === quarry.rock) dug.add(`${y},${x}`);
      if (ahead === quarry.rock || ahead === quarry.spring) count = (count + 1) % 10;
    }
  }
  return { codes, actions: actions.slice(0, -1) };
}
