import type { TensorData } from '@snowglobe/graph';
import { GraphBuilder } from '@snowglobe/graph';
import { createReferenceExecutor } from '@snowglobe/runtime';
import { checkGradient, checkKernel, f32, randomData } from '@snowglobe/runtime/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseMotion, motionRow, motionWidth, seeFrames, stepMotion } from './motion.js';
import { insideOf, shiftPicture } from './shift.js';

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

describe('insideOf', () => {
  it('marks what a moved picture of ones with a border of zeros still covers', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: -2, max: 2 }), fc.integer({ min: -1, max: 1 }), async (dy, dx) => {
        const [height, width] = [6, 5];
        const builder = new GraphBuilder();
        const row = (count: number, at: number) =>
          builder.constant(
            Float32Array.from({ length: count }, (_, i) => (i === at ? 1 : 0)),
            [1, count],
          );
        builder.output('inside', insideOf(row(5, dy + 2), row(3, dx + 1), height, width));
        const { inside } = await (await createReferenceExecutor().compile(builder.build())).run({});
        for (let y = 0; y < height; y++) {
          for (let x = 0; x < width; x++) {
            const covered = y + dy >= 0 && y + dy < height && x + dx >= 0 && x + dx < width;
            expect(inside![y * width + x]).toBe(covered ? 1 : 0);
          }
        }
      }),
      { numRuns: 15 },
    );
  });
});

describe('stepMotion', () => {
  const config = { range: { y: 2, x: 1 }, width: 12, actions: 3 };
  const specs = {
    frame: f32(1, 16, 16, 3),
    action: f32(1, 3),
    state: f32(1, 12),
    last: f32(1, motionWidth(config)),
    uniforms: f32(1, 2),
    temperature: f32(1),
  };

  async function compile() {
    const builder = new GraphBuilder();
    const input = (name: keyof typeof specs) => builder.input(name, specs[name].shape);
    const step = stepMotion(
      seeFrames(input('frame'), config),
      input('action'),
      { state_BS: input('state'), last_BM: input('last') },
      config,
    );
    builder.output('state', step.state_BS);
    builder.output('vertical', step.verticalLogits_BY);
    builder.output('row', motionRow(chooseMotion(step, input('uniforms'), input('temperature'))));
    const graph = builder.build();
    const executor = createReferenceExecutor();
    const store = executor.createStore();
    [...graph.variables].forEach(([name, tensor], i) =>
      store.write(name, tensor, quarter(randomData(tensor, i + 1))),
    );
    return executor.compile(graph, { store });
  }

  const base = {
    frame: randomData({ shape: [1, 16, 16, 3], dtype: 'f32' }, 50),
    action: Float32Array.of(1, 0, 0),
    state: new Float32Array(12),
    last: new Float32Array(motionWidth(config)),
    uniforms: Float32Array.of(0.5, 0.5),
    temperature: Float32Array.of(0),
  };

  it('depends on frame, action, state and last motion', async () => {
    const program = await compile();
    const first = await program.run(base);
    for (const changed of [
      { frame: randomData({ shape: [1, 16, 16, 3], dtype: 'f32' }, 51) },
      { action: Float32Array.of(0, 1, 0) },
      { state: new Float32Array(12).fill(0.5) },
      { last: Float32Array.of(0, 0, 1, 0, 0, 0, 1, 0, 1) },
    ]) {
      const other = await program.run({ ...base, ...changed });
      expect([...other['vertical']!]).not.toEqual([...first['vertical']!]);
    }
  });

  it('chooses one shift an axis: the likeliest at temperature 0, any of them by chance', async () => {
    const program = await compile();
    const greedy = await program.run(base);
    const vertical = [...(greedy['vertical'] as Float32Array)];
    const best = vertical.indexOf(Math.max(...vertical));
    expect([...greedy['row']!.slice(0, 5)]).toEqual([0, 1, 2, 3, 4].map((i) => (i === best ? 1 : 0)));
    const seen = new Set<string>();
    for (let i = 0; i < 16; i++) {
      const uniforms = Float32Array.of((i + 0.5) / 16, (((i * 7) % 16) + 0.5) / 16);
      const { row } = await program.run({ ...base, uniforms, temperature: Float32Array.of(4) });
      expect((row as Float32Array).slice(0, 5).reduce((a, b) => a + b)).toBe(1);
      expect((row as Float32Array).slice(5, 8).reduce((a, b) => a + b)).toBe(1);
      expect(row![8]).toBe(1);
      seen.add(String(row));
    }
    expect(seen.size).toBeGreaterThan(4);
  });
});
