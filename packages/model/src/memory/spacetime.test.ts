import type { Tensor } from '@snowglobe/graph';
import { GraphBuilder } from '@snowglobe/graph';
import { createReferenceExecutor } from '@snowglobe/runtime';
import { randomData } from '@snowglobe/runtime/testing';
import { expect, it } from 'vitest';
import { rotaryPeriod, rotaryTables, rotate, rotationOfWindow } from '../layers/rotary.js';
import { stepSpacetime, trainSpacetime } from './spacetime.js';

const config = { width: 16, layers: 2, heads: 2 };
const [batch, frames, positions] = [2, 5, 3];
const ring = 6;
const headWidth = config.width / config.heads;
const period = rotaryPeriod(ring);

it('guessing a frame in play, from cached keys and values, is exactly what training computed', async () => {
  const executor = createReferenceExecutor();
  const store = executor.createStore();
  const shape = [batch, frames, positions, config.width];
  const views = {
    true: randomData({ shape, dtype: 'f32' }, 1) as Float32Array,
    masked: randomData({ shape, dtype: 'f32' }, 2) as Float32Array,
  };

  const training = new GraphBuilder();
  const rotation = rotationOfWindow(training, frames, headWidth, period);
  training.output(
    'features',
    trainSpacetime(training.input('true', shape), training.input('masked', shape), rotation, config),
  );
  const trainingGraph = training.build();
  let seed = 10;
  for (const [name, tensor] of trainingGraph.variables) {
    store.write(
      name,
      tensor,
      (randomData(tensor, seed++) as Float32Array).map((x) => x / 2),
    );
  }
  const expected = (await (await executor.compile(trainingGraph, { store })).run(views))['features']!;

  // Play starts at a position near the end of the rotary period, to show that wrapping round changes nothing.
  const firstPosition = period - 2;
  const tables = rotaryTables(headWidth, period);
  const frameShape = [batch, 1, positions, config.width];
  const play = new GraphBuilder();
  const memory = Array.from({ length: config.layers }, (_, layer) => ({
    keys_BRNC: play.input(`keys${layer}`, [batch, ring, positions, config.width]),
    values_BRNC: play.input(`values${layer}`, [batch, ring, positions, config.width]),
  }));
  const angle = {
    cos_TF: play.input('cos', [1, headWidth / 2]),
    sin_TF: play.input('sin', [1, headWidth / 2]),
  };
  const { features_B1NC, memories } = stepSpacetime(
    play.input('x', frameShape),
    memory,
    play.input('bias', [ring + 1]),
    angle,
    config,
  );
  play.output('features', features_B1NC);
  memories.forEach(({ keys_BRNC, values_BRNC }, layer) => {
    play.output(`newKeys${layer}`, keys_BRNC);
    play.output(`newValues${layer}`, values_BRNC);
  });
  const program = await executor.compile(play.build(), { store });

  const caches: Record<string, Float32Array> = {};
  for (let layer = 0; layer < config.layers; layer++) {
    for (const name of ['keys', 'values'])
      caches[`${name}${layer}`] = new Float32Array(batch * ring * positions * config.width);
  }
  const bias = new Float32Array(ring + 1).fill(-1e9);
  bias[ring] = 0;
  const size = positions * config.width;
  const frameOf = (view: Float32Array, t: number): Float32Array => {
    const frame = new Float32Array(batch * size);
    for (let b = 0; b < batch; b++)
      frame.set(view.subarray((b * frames + t) * size, (b * frames + t + 1) * size), b * size);
    return frame;
  };

  for (let t = 0; t < frames; t++) {
    const row = (firstPosition + t) % period;
    const part = (table: Float32Array): Float32Array =>
      table.slice((row * headWidth) / 2, ((row + 1) * headWidth) / 2);
    const inputs = { ...caches, bias, cos: part(tables.cos), sin: part(tables.sin) };
    const guess = await program.run({ ...inputs, x: frameOf(views.masked, t) });
    const wanted = frameOf(expected as Float32Array, t);
    guess['features']!.forEach((value, i) => expect(Math.abs(value - wanted[i]!)).toBeLessThan(1e-4));

    const commit = await program.run({ ...inputs, x: frameOf(views.true, t) });
    for (let layer = 0; layer < config.layers; layer++) {
      for (const [name, fresh] of [
        ['keys', 'newKeys'],
        ['values', 'newValues'],
      ] as const) {
        for (let b = 0; b < batch; b++) {
          const own = (commit[`${fresh}${layer}`] as Float32Array).subarray(b * size, (b + 1) * size);
          caches[`${name}${layer}`]!.set(own, (b * ring + t) * size);
        }
      }
    }
    bias[t] = 0;
  }
});

it('a rotation keeps lengths, and products depend on the difference of positions alone', async () => {
  const builder = new GraphBuilder();
  const shape = [1, period, 8];
  const same = new Float32Array(period * 8).map((_, i) => Math.sin(1 + (i % 8)));
  const x: Tensor = builder.input('x', shape);
  builder.output('y', rotate(x, rotationOfWindow(builder, period, 8, period), 1));
  const program = await createReferenceExecutor().compile(builder.build());
  const y = (await program.run({ x: same }))['y']!;
  const product = (a: number, b: number): number => {
    let total = 0;
    for (let i = 0; i < 8; i++) total += y[(a % period) * 8 + i]! * y[(b % period) * 8 + i]!;
    return total;
  };
  for (const [a, b] of [
    [0, 3],
    [17, 20],
    [254, 257],
    [100, 103],
  ] as const) {
    expect(product(a, b)).toBeCloseTo(product(0, 3), 4);
    expect(product(a, a)).toBeCloseTo(product(0, 0), 4);
  }
  expect(Math.abs(product(0, 3) - product(0, 4))).toBeGreaterThan(1e-3);
});
