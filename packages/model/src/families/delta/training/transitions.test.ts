import { presets } from '../config/presets.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MotionTable } from '../../../latent_actions/training/motion_table.js';
import type { Recordings } from '../../../recordings.js';
import { conditioningRows } from './transitions.js';

const config = { motion: presets.tiny.motion };
const [shiftsY, shiftsX] = [17, 7];
/** Rows are made of actions and motion alone. */
const data = undefined as unknown as Recordings;

describe('the conditioning of a step', () => {
  it('is the action, the best vertical and the best horizontal shift, each as a one among zeros', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            action: fc.integer({ min: 0, max: 7 }),
            y: fc.integer({ min: 0, max: shiftsY - 1 }),
            x: fc.integer({ min: 0, max: shiftsX - 1 }),
          }),
          { minLength: 1, maxLength: 6 },
        ),
        (steps) => {
          const evidence = new Float32Array(steps.length * shiftsY * shiftsX).fill(0.001);
          steps.forEach(({ y, x }, t) => (evidence[(t * shiftsY + y) * shiftsX + x] = 0.8));
          const transitions = {
            data,
            actions: [steps.map(({ action }) => action)],
            motion: new MotionTable(shiftsY * shiftsX, [evidence]),
          };
          const rows = conditioningRows(transitions, 0, 0, steps.length, config);
          const width = rows.length / steps.length;
          expect(width).toBe(8 + shiftsY + shiftsX + 1);
          steps.forEach(({ action, y, x }, t) => {
            const ones = [...rows.subarray(t * width, (t + 1) * width)].flatMap((value, i) =>
              value ? [i] : [],
            );
            expect(ones).toEqual([action, 8 + y, 8 + shiftsY + x, width - 1]);
          });
        },
      ),
    );
  });
});

it('an unknown action is left out', () => {
  const { motion: config } = presets.micro;
  const shifts = (2 * config.range.y + 1) * (2 * config.range.x + 1);
  const motion = new MotionTable(shifts, [new Float32Array(4 * shifts)]);
  const rows = conditioningRows({ data, actions: [[1, undefined, 0, 0]], motion }, 0, 0, 4, {
    motion: config,
  });
  const conditioning = (t: number): number[] => [
    ...rows.subarray((t * rows.length) / 4, (t * rows.length) / 4 + config.actions),
  ];
  expect(conditioning(0)).toEqual([0, 1, 0, 0, 0, 0, 0, 0]);
  expect(conditioning(1)).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
});

it('motion that was measured over other shifts is refused', () => {
  const motion = new MotionTable(17 * 7, [new Float32Array(2 * 17 * 7)]);
  const transitions = { data, actions: [[0, 0]], motion };
  expect(() => conditioningRows(transitions, 0, 0, 2, { motion: presets.memory.motion })).toThrow(
    'it was measured over 119 shifts and this world tells 5x17 of them apart',
  );
});
