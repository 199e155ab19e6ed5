import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { expect, it } from 'vitest';
import { generatorFor } from '../../../random.js';
import { labelMotions } from '../survey/label_motions.js';
import { findLookPairs } from './look_pairs.js';

const [rows, columns, kinds] = [6, 7, 5];
const motions = [
  [0, 0],
  [0, 1],
  [0, -1],
  [1, 0],
  [-1, 0],
] as const;
const config = {
  ...{ height: rows, width: columns, motions, view: { top: 0, left: 0, rows, columns } },
  grid: { size: 1, top: 0, left: 0 },
};

const recorded = (clips: readonly Int16Array[]) => ({
  ...{ clips, columns, motions, view: config.view },
  cells: rows * columns,
});

/** Walks over a plane of five kinds of ground that is seen in another look, five codes on, for some frames now and then; mostly they rest when it changes. */
function walks(clips: number, frames: number): { clips: Int16Array[]; steps: number[]; changes: boolean[] } {
  const random = generatorFor(3, 'walks');
  const [steps, changes]: [number[], boolean[]] = [[], []];
  const coded = Array.from({ length: clips }, (_, clip) => {
    const ground = (y: number, x: number): number =>
      uniformInt(generatorFor(clip, `${y} ${x}`), 0, kinds - 1);
    let [y, x, isDark] = [0, 0, false];
    const codes: number[] = [];
    for (let t = 0; t < frames; t++) {
      if (t > 0) {
        const changed = uniformInt(random, 0, 5) === 0;
        const rests = changed && uniformInt(random, 0, 2) > 0;
        const step = rests ? 0 : uniformInt(random, 0, motions.length - 1);
        [y, x] = [y + motions[step]![0], x + motions[step]![1]];
        if (changed) isDark = !isDark;
        steps.push(step);
        changes.push(changed);
      }
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++)
          codes.push(ground(y + row, x + column) + (isDark ? kinds : 0));
      }
    }
    return Int16Array.from(codes);
  });
  return { clips: coded, steps, changes };
}

it('two looks of one thing are found by changes of the whole view, and motions through them', () => {
  const { clips, steps, changes } = walks(12, 60);
  expect([...findLookPairs(recorded(clips))]).toEqual([0, 1, 2, 3, 4, 0, 1, 2, 3, 4]);
  const { motions: found, isClear } = labelMotions({ clips, columns }, config);
  expect(changes.filter(Boolean).length).toBeGreaterThan(80);
  expect([...isClear].every(Boolean)).toBe(true);
  expect([...found]).toEqual(steps);
});

it('a cut to another place is no look', () => {
  const { clips } = walks(40, 2);
  const cuts = Array.from({ length: 20 }, (_, i) =>
    Int16Array.from([
      ...clips[2 * i]!.slice(0, rows * columns),
      ...clips[2 * i + 1]!.slice(0, rows * columns),
    ]),
  );
  const light = cuts.map((clip) => clip.map((code) => code % kinds));
  expect([...findLookPairs(recorded(light))]).toEqual([0, 1, 2, 3, 4]);
});
