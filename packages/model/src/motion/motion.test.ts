import type { TensorData } from '@snowglobe/graph';
import { GraphBuilder } from '@snowglobe/graph';
import { createReferenceExecutor } from '@snowglobe/runtime';
import { checkGradient, checkKernel, f32, randomData } from '@snowglobe/runtime/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lastMotionWidth, stepMotion } from './motion.js';
import { shiftPicture } from './shift.js';

/** Weights of (−1, 1) would saturate every layer. */
const quarter = (data: TensorData): Float32Array => (data as Float32Array).map((x) => x / 4);

describe('shiftPicture', () => {
  it('agrees on every executor, with gradients', async () => {
    const testCase = {
      inputs: { x: f32(2, 6, 5, 3), vertical: f32(2, 5), horizontal: f32(2, 3) },
      build: ({ x, vertical, horizontal }: any) => shiftPicture(x, vertical, horizontal),
    };
    await checkKernel(testCase);
    await checkGradient(testCase);
  });

  it('a certain shift copies pixels exactly and repeats edges', async () => {
    const [height, width] = [7, 6];
    const builder = new GraphBuilder();
    const x = builder.input('x', [1, height, width, 3]);
    builder.output(
      'y',
      shiftPicture(x, builder.input('vertical', [1, 7]), builder.input('horizontal', [1, 5])),
    );
    const program = await createReferenceExecutor().compile(builder.build());
    const picture = randomData(x, 4);
    const certain = (length: number, at: number): Float32Array =>
      new Float32Array(length).map((_, i) => (i === at ? 1 : 0));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -2, max: 2 }), async (dy, dx) => {
        const { y } = await program.run({
          x: picture,
          vertical: certain(7, dy + 3),
          horizontal: certain(5, dx + 2),
        });
        const clamp = (i: number, length: number): number => Math.min(length - 1, Math.max(0, i));
        for (let row = 0; row < height; row++) {
          for (let column = 0; column < width; column++) {
            const source = (clamp(row + dy, height) * width + clamp(column + dx, width)) * 3;
            expect(y![(row * width + column) * 3]).toBe(picture[source]);
          }
        }
      }),
      { numRuns: 20 },
    );
  });
});

describe('stepMotion', () => {
  it('gives distributions, remembers them, and depends on frame, action and past', async () => {
    const config = { range: { y: 2, x: 1 }, width: 12, actions: 3 };
    const builder = new GraphBuilder();
    const inputs = {
      frame: builder.input('frame', [1, 16, 16, 3]),
      action: builder.input('action', [1, 3]),
      state: builder.input('state', [1, 12]),
      last: builder.input('last', [1, lastMotionWidth(config)]),
    };
    const step = stepMotion(
      inputs.frame,
      inputs.action,
      { state_BS: inputs.state, last_BM: inputs.last },
      config,
    );
    builder.output('last', step.last_BM);
    builder.output('state', step.state_BS);
    const graph = builder.build();
    const executor = createReferenceExecutor();
    const store = executor.createStore();
    [...graph.variables].forEach(([name, tensor], i) =>
      store.write(name, tensor, quarter(randomData(tensor, i + 1))),
    );
    const program = await executor.compile(graph, { store });
    const base = {
      frame: randomData(inputs.frame, 50),
      action: Float32Array.of(1, 0, 0),
      state: new Float32Array(12),
      last: new Float32Array(9),
    };
    const first = await program.run(base);
    const last = first['last'] as Float32Array;
    const total = (values: Float32Array): number => values.reduce((a, b) => a + b, 0);
    expect(total(last.slice(0, 5))).toBeCloseTo(1, 5);
    expect(total(last.slice(5, 8))).toBeCloseTo(1, 5);
    expect(last[8]).toBe(1);
    for (const changed of [
      { frame: randomData(inputs.frame, 51) },
      { action: Float32Array.of(0, 1, 0) },
      { state: new Float32Array(12).fill(0.5) },
      { last },
    ]) {
      const other = await program.run({ ...base, ...changed });
      expect([...other['last']!]).not.toEqual([...last]);
    }
  });
});
