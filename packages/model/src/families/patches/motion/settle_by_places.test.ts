import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { expect, it } from 'vitest';
import { generatorFor } from '../../../random.js';
import { labelMotions } from '../survey/label_motions.js';
import { settleByPlaces } from './settle_by_places.js';

const [rows, columns, player] = [7, 9, 9];
const motions = [
  [0, 0],
  [-1, 0],
  [0, -1],
  [0, 1],
  [1, 0],
] as const;
const view = { top: 0, left: 0, rows, columns };

/** Walks back and forth on a meadow in which a tree, a stone or a flower stands now and then; half of the keys that are held do not move. */
function walk(seed: number, frames: number): { codes: Int16Array; steps: number[] } {
  const random = generatorFor(seed, 'walk');
  const ground = (y: number, x: number): number => {
    const at = generatorFor(seed, `${y} ${x}`);
    return uniformInt(at, 0, 11) === 0 ? uniformInt(at, 1, 3) : 0;
  };
  let [y, x, held, left] = [0, 0, 0, 0];
  const codes: number[] = [];
  const steps: number[] = [];
  for (let t = 0; t < frames; t++) {
    if (t > 0) {
      if (left-- <= 0) [held, left] = [uniformInt(random, 1, motions.length - 1), uniformInt(random, 2, 8)];
      const step = uniformInt(random, 0, 1) === 0 ? 0 : held;
      [y, x] = [y + motions[step]![0], x + motions[step]![1]];
      steps.push(step);
    }
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const isPlayer = row === 3 && column === 4;
        codes.push(isPlayer ? player : ground(y + row, x + column));
      }
    }
  }
  return { codes: Int16Array.from(codes), steps };
}

/** Frames that are taken to be elsewhere than they are. */
function misplaced(found: ArrayLike<number>, steps: readonly number[]): number {
  let [down, right, count] = [0, 0, 0];
  steps.forEach((step, t) => {
    down += motions[found[t]!]![0] - motions[step]![0];
    right += motions[found[t]!]![1] - motions[step]![1];
    if (down !== 0 || right !== 0) count++;
  });
  return count;
}

it('motions that two frames leave in doubt are told by what a walk comes back to', () => {
  const walks = Array.from({ length: 8 }, (_, seed) => walk(seed, 200));
  const clips = walks.map(({ codes }) => codes);
  const coded = { clips, columns };
  const grid = { size: 1, top: 0, left: 0 };
  const labels = labelMotions(coded, { height: rows, width: columns, motions, view, grid });
  const open = labels.isClear.filter((isClear) => !isClear).length;
  expect(open).toBeGreaterThan(0.05 * labels.isClear.length);
  const recorded = { ...coded, cells: rows * columns, labels, motions, view };
  const settled = settleByPlaces(recorded, () => new Float32Array(motions.length));
  const count = (found: Uint8Array): number =>
    walks.reduce((sum, { steps }, i) => {
      const from = i * steps.length;
      return sum + misplaced(found.subarray(from, from + steps.length), steps);
    }, 0);
  expect(count(settled)).toBeLessThan(0.2 * count(labels.motions));
  // What is clear stays.
  settled.forEach((motion, n) => {
    if (labels.isClear[n]) expect(motion).toBe(labels.motions[n]);
  });
  // The first clip alone is settled as among the others: clips do not touch each other.
  const last = walks[0]!.steps.length;
  const first = {
    motions: labels.motions.slice(0, last),
    isClear: labels.isClear.slice(0, last),
  };
  const alone = settleByPlaces(
    { ...recorded, clips: clips.slice(0, 1), labels: first },
    () => new Float32Array(motions.length),
  );
  expect(misplaced(alone, walks[0]!.steps)).toBeLessThanOrEqual(
    misplaced(labels.motions.subarray(0, last), walks[0]!.steps),
  );
});
