import { GraphBuilder } from '@snowglobe/graph';
import { createReferenceExecutor } from '@snowglobe/runtime';
import { checkKernel, f32, randomData } from '@snowglobe/runtime/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { squareSide as side } from '../config/replenishment.js';
import { recollect } from './recollection.js';

const [height, width] = [2 * side, 3 * side];

const random = (count: number, seed: number): Float32Array =>
  randomData({ shape: [count], dtype: 'f32' }, seed) as Float32Array;

/** The pixel at a place of a picture. */
const pixelAt = (picture: ArrayLike<number>, y: number, x: number): number[] =>
  Array.from({ length: 3 }, (_, c) => picture[(y * width + x) * 3 + c]!);

/** How far the square of `drawn` at (top, left) is from that of `prompt` at (y, x): root mean square. */
function distanceOf(
  drawn: Float32Array,
  [top, left]: readonly [number, number],
  prompt: Float32Array,
  [y, x]: readonly [number, number],
): number {
  let sum = 0;
  for (let row = 0; row < side; row++) {
    const [a, b] = [((top + row) * width + left) * 3, ((y + row) * width + x) * 3];
    for (let i = 0; i < side * 3; i++) sum += (drawn[a + i]! - prompt[b + i]!) ** 2;
  }
  return Math.sqrt(sum / (side * side * 3));
}

/** The same square by square, place by place. */
function looked(
  drawn: Float32Array,
  prompt: Float32Array,
  replaced: Float32Array,
  distance: number,
): number[] {
  const shown = Array.from(drawn);
  for (let top = 0; top < height; top += side) {
    for (let left = 0; left < width; left += side) {
      let best = { away: Infinity, y: 0, x: 0 };
      for (let y = 0; y + side <= height; y++) {
        for (let x = 0; x + side <= width; x++) {
          const away = distanceOf(drawn, [top, left], prompt, [y, x]);
          if (away < best.away) best = { away, y, x };
        }
      }
      if (best.away >= distance) continue;
      for (let row = 0; row < side; row++) {
        for (let column = 0; column < side; column++) {
          const at = (top + row) * width + left + column;
          if (replaced[at] !== 1) continue;
          pixelAt(prompt, best.y + row, best.x + column).forEach((value, c) => (shown[at * 3 + c] = value));
        }
      }
    }
  }
  return shown;
}

describe('recollect', () => {
  it('takes what may be replaced from the nearest square of the prompt, where one is near', async () => {
    const builder = new GraphBuilder();
    const picture = (name: string) => builder.input(name, [1, height, width, 3]);
    const frame = recollect(
      {
        drawn_BHW3: picture('drawn'),
        prompt_BHW3: picture('prompt'),
        replaced_BHW1: builder.input('replaced', [1, height, width, 1]),
      },
      0.2,
    );
    builder.output('frame', frame);
    const program = await createReferenceExecutor().compile(builder.build());
    let [taken, left] = [0, 0];
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1e6 }),
        fc.integer({ min: 0, max: side }),
        fc.integer({ min: 0, max: 2 * side }),
        async (seed, down, right) => {
          const prompt = random(height * width * 3, seed);
          const noise = random(height * width * 3, seed + 1);
          // The prompt moved and made noisy; more so in its last columns.
          const drawn = Float32Array.from(noise, (x, i) => {
            const [y, column] = [Math.floor(i / (width * 3)), Math.floor(i / 3) % width];
            const from = (Math.min(height - 1, y + down) * width + Math.min(width - 1, column + right)) * 3;
            return prompt[from + (i % 3)]! + x * (column < 2 * side ? 0.2 : 0.9);
          });
          const replaced = random(height * width, seed + 2).map((x) => (x > -0.5 ? 1 : 0));
          const { frame: shown } = await program.run({ drawn, prompt, replaced });
          const expected = looked(drawn, prompt, replaced, 0.2);
          expect(Array.from(shown!)).toEqual(expected);
          expected.forEach((value, i) => (value === drawn[i] ? left++ : taken++));
        },
      ),
      { numRuns: 8 },
    );
    expect(taken).toBeGreaterThan(500);
    expect(left).toBeGreaterThan(500);
  });

  it('agrees on every executor', async () => {
    // Whole numbers of eighths, of which sums are exact: ties are the same everywhere.
    const eighths = (shape: readonly number[], seed: number) => ({
      ...f32(...shape),
      data: (randomData({ shape, dtype: 'f32' }, seed) as Float32Array).map((x) => Math.round(x * 8) / 8),
    });
    await checkKernel({
      inputs: {
        drawn: eighths([2, height, width, 3], 1),
        prompt: eighths([2, height, width, 3], 2),
        replaced: f32(2, height, width, 1),
      },
      build: ({ drawn, prompt, replaced }: any) =>
        recollect({ drawn_BHW3: drawn, prompt_BHW3: prompt, replaced_BHW1: replaced }, 1),
    });
  });
});
