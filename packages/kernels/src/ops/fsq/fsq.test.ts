import { GraphBuilder } from '@snowglobe/graph';
import { gradients } from '../../gradients.js';
import { sum } from '../reduce/reduce.js';
import { checkKernel, evaluate, f32, i32 } from '@snowglobe/runtime/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fsqIndices, fsqQuantize, fsqValues } from './fsq.js';

const levels = [8, 5, 5, 5];

describe('finite scalar quantization', () => {
  it('agrees on every executor', async () => {
    await checkKernel({
      inputs: { z: f32(3, 7, 8), indices: i32([2, 2], [0, 999, 123, 500]) },
      build: ({ z, indices }) => {
        const values = fsqQuantize(z!, [...levels, ...levels]);
        return [values, fsqIndices(values, levels), fsqValues(indices!, levels)];
      },
    });
  });

  it('reaches every level and no other', async () => {
    const z = {
      ...f32(201, 4),
      data: Float32Array.from({ length: 804 }, (_, i) => (Math.floor(i / 4) - 100) / 10),
    };
    const result = await evaluate({ inputs: { z }, build: ({ z }) => fsqQuantize(z!, levels) });
    levels.forEach((level, channel) => {
      const seen = new Set(
        [...result['0']!].filter((_, i) => i % 4 === channel).map((x) => Math.round(x * 1e4) / 1e4),
      );
      const half = Math.floor(level / 2);
      const expected = Array.from({ length: level }, (_, i) => Math.round(((i - half) / half) * 1e4) / 1e4);
      expect([...seen].sort((a, b) => a - b)).toEqual(expected.map((x) => x + 0));
    });
  });

  it('indices and values are inverse for every code of any grid', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 2, max: 9 }), { minLength: 1, maxLength: 4 }),
        async (grid) => {
          const size = grid.reduce((product, level) => product * level, 1);
          const all = Array.from({ length: size }, (_, i) => i);
          const result = await evaluate({
            inputs: { indices: i32([size, 1], all) },
            build: ({ indices }) => fsqIndices(fsqValues(indices!, grid), grid),
          });
          expect([...result['0']!]).toEqual(all);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('passes gradients through the rounding as if it were not there', async () => {
    const builder = new GraphBuilder();
    const z = builder.input('z', [1]);
    const [gradient] = gradients(sum(fsqQuantize(z, [5])), [z]);
    builder.output('gradient', gradient!);
    const { createReferenceExecutor } = await import('@snowglobe/runtime');
    const program = await createReferenceExecutor().compile(builder.build());
    const result = await program.run({ z: Float32Array.of(0.3) });
    // tanh(z) · 2 · 1.001 / 2 without the rounding.
    expect(result['gradient']![0]).toBeCloseTo(1.001 * (1 - Math.tanh(0.3) ** 2), 5);
  });

  it('refuses levels that do not fit', () => {
    const z = new GraphBuilder().input('z', [2, 3]);
    expect(() => fsqQuantize(z, [5, 5])).toThrow(/\(2, 3\) does not fit levels \[5, 5\]/);
    expect(() => fsqQuantize(z, [5, 1, 5])).toThrow(/whole levels of 2 or more/);
  });
});
