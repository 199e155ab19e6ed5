import { presets } from '@snowglobe/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClipDataset } from '../data/index.js';
import { chainAt } from './delta.js';
import { MotionTable } from './motion_table.js';
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
            data: undefined as unknown as ClipDataset,
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

describe('chains of delta codes', () => {
  it('walk on phase by phase, start anew after the last, and not all rows at once', () => {
    for (const steps of [8, 32]) {
      for (let row = 0; row < 12; row++) {
        for (let step = 2; step < 3 * steps; step++) {
          const [before, now] = [chainAt(row, step - 1, steps), chainAt(row, step, steps)];
          if (now.phase === 0) expect(now.epoch).toBe(before.epoch + 1);
          else expect(now).toEqual({ epoch: before.epoch, phase: before.phase + 1 });
        }
      }
      expect(new Set([0, 3, 6, 9].map((row) => chainAt(row, 20, steps).phase)).size).toBe(4);
    }
  });
});
