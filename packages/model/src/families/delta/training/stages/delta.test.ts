import { describe, expect, it } from 'vitest';
import { sequenceAt } from './delta.js';

describe('sequences of delta codes', () => {
  it('walk on phase by phase, start anew after the last, and not all rows at once', () => {
    for (const steps of [8, 32]) {
      for (let row = 0; row < 12; row++) {
        for (let step = 2; step < 3 * steps; step++) {
          const [before, now] = [sequenceAt(row, step - 1, steps), sequenceAt(row, step, steps)];
          if (now.phase === 0) expect(now.epoch).toBe(before.epoch + 1);
          else expect(now).toEqual({ epoch: before.epoch, phase: before.phase + 1 });
        }
      }
      expect(new Set([0, 3, 6, 9].map((row) => sequenceAt(row, 20, steps).phase)).size).toBe(4);
    }
  });
});
