import { presets } from '@snowglobe/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MotionTable } from './motion_table.js';
import type { Recordings } from '@snowglobe/model';
import { toldRows } from './transitions.js';

const config = { motion: presets.tiny.motion };
const [shiftsY, shiftsX] = [17, 7];

describe('what is told of a step', () => {
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
            data: undefined as unknown as Recordings,
            actions: [steps.map(({ action }) => action)],
            motion: new MotionTable(shiftsY * shiftsX, [evidence]),
          };
          const rows = toldRows(transitions, 0, 0, steps.length, config);
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
