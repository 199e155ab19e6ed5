import { describe, expect, it } from 'vitest';
import { freshness } from '../../../memory/cells.js';
import { generatorFor } from '../../../random.js';
import { smallView as config } from '../testing/small_view.js';
import { dynamicsStage } from './dynamics_stage.js';
import type { Transitions } from './transitions.js';

const cells = 42;

/** Frames of patches 0 and 1 in which nothing ever changes; patches 2 and 3 are shown by other frames alone. */
function stillTransitions(count: number): Transitions {
  const codes = Int16Array.from({ length: count * cells }, (_unused, i) => (i % cells) % 2);
  const others = codes.map((code, i) => (i < 4 * cells ? code + 2 : code));
  return {
    count,
    ...{ hint: others.map((code) => code + 1), last: others, next: others },
    freshness: new Uint8Array(count * cells).fill(freshness.last),
    ages: new Uint8Array(count * cells).fill(5),
    actions: new Array<number>(count).fill(0),
    labels: { motions: new Uint8Array(count), isClear: new Uint8Array(count).fill(1) },
  };
}

/** Cells of the frame that is gone on from, or of the hint, that are not as recorded, in many batches. */
async function wrongIn(
  continues: boolean | undefined,
): Promise<{ wrong: number; of: number; mended: boolean }> {
  const { batches } = dynamicsStage(async () => stillTransitions(200), config, { continues });
  let [wrong, of, mended] = [0, 0, true];
  for (let step = 1; step <= 20; step++) {
    const { last, hint, next } = await batches(step, generatorFor(step, 'batches'));
    next!.forEach((code, i) => {
      of++;
      const isWrong = last![i] !== code + 1 || hint![i] !== code + 1;
      wrong += +isWrong;
      // What is to be predicted is as recorded, whatever was put before it.
      mended &&= code % 2 === (i % cells) % 2;
    });
  }
  return { wrong, of, mended };
}

describe('wrong patches', () => {
  it('are put before a world that begins, a fiftieth of the cells, and are to be mended', async () => {
    for (const continues of [undefined, false]) {
      const { wrong, of, mended } = await wrongIn(continues);
      // Rates up to 0.04; some of the patches that are put there are the right ones.
      expect(wrong / of).toBeGreaterThan(0.005);
      expect(wrong / of).toBeLessThan(0.02);
      expect(mended).toBe(true);
    }
  });

  it('are not put before one that is trained on', async () => {
    expect(await wrongIn(true)).toMatchObject({ wrong: 0, mended: true });
  });
});
