import type { Executor, VariableStore } from '@snowglobe/graph';
import { GraphBuilder, sizeOf } from '@snowglobe/graph';
import { pointwise } from '@snowglobe/kernels';
import { createNodeOnnxExecutor, createReferenceExecutor } from '@snowglobe/runtime';
import { randomData } from '@snowglobe/runtime/testing';
import { describe, expect, it } from 'vitest';
import type { DeltaWorldConfig } from '../families/delta/config/config.js';
import { deltaPositions } from '../families/delta/config/config.js';
import { presets } from '../families/delta/config/presets.js';
import { playScope } from '../family/state.js';
import { rotaryPeriod, rotationAt } from '../layers/rotary.js';
import { playMemory } from './frame_memory.js';
import { gateOf, attendPooled, pooledMask, summarize, trainSparseMemory } from './sparse_memory.js';
import { timeStepInputs, timeStepOf } from './time_step.js';

// The ring is shorter than the window, and a frame looks at less than the ring holds: everything is forgotten, or left out, once.
const lookback = { frames: 4, recent: 2, window: 10 };
const dynamics = { width: 16, layers: 2, heads: 2, memory: 7, lookback };
const config: DeltaWorldConfig = { ...presets.micro, width: 32, height: 32, fps: 15, dynamics };
const batch = 2;
const frames = lookback.window;
const positions = deltaPositions(config);
const headWidth = dynamics.width / dynamics.heads;
const period = rotaryPeriod(dynamics.memory);
const size = positions * dynamics.width;
const names = ['context', 'true', 'masked'] as const;
type Views = Record<(typeof names)[number], Float32Array>;

function window(seed: number): Views {
  const shape = [batch, frames, positions, dynamics.width];
  return Object.fromEntries(
    names.map((name, i) => [name, randomData({ shape, dtype: 'f32' }, seed + i)]),
  ) as Views;
}

/** Features of the masked view (B, T, N, C), as training computes them. */
function trainingGraph() {
  const builder = new GraphBuilder();
  const shape = [batch, frames, positions, dynamics.width];
  const [context, seen, masked] = names.map((name) => builder.input(name, shape)) as [
    ReturnType<typeof builder.input>,
    ReturnType<typeof builder.input>,
    ReturnType<typeof builder.input>,
  ];
  const turns = Int32Array.from({ length: frames * positions }, (_, i) => Math.floor(i / positions));
  const rotation = rotationAt(builder.constant(turns, [frames * positions]), headWidth, period);
  builder.scope('dynamics', () => {
    const gate = gateOf(context, dynamics);
    const summaries = { keys_BRC: gate.keys_BTC, values_BRC: summarize(seen, dynamics) };
    const mask = pooledMask(context, frames, positions, dynamics.memory);
    const recalled = attendPooled(gate, summaries, mask, dynamics);
    const add = (x: typeof seen) => pointwise.add(x, recalled);
    builder.output('features', trainSparseMemory(add(seen), add(masked), gate, rotation, dynamics));
  });
  return builder.build();
}

/** One frame of play: features of what is given, which is remembered. */
function playGraph() {
  const builder = new GraphBuilder();
  const shape = [batch, 1, positions, dynamics.width];
  const time = timeStepInputs(builder);
  const state = builder.scope(playScope, () =>
    playMemory(builder, config.dynamics, deltaPositions(config), batch, time),
  );
  builder.scope('dynamics', () => {
    const memory = state.open(builder.input('context', shape));
    builder.output('features', memory.look(builder.input('masked', shape)).features_B1NC);
    const seen = builder.input('true', shape);
    memory.remember(seen, memory.look(seen).memories);
  });
  return builder.build();
}

async function weights(executor: Executor): Promise<VariableStore> {
  const store = executor.createStore();
  let seed = 100;
  for (const [name, tensor] of trainingGraph().variables) {
    store.write(
      name,
      tensor,
      (randomData(tensor, seed++) as Float32Array).map((x) => x / 2),
    );
  }
  return store;
}

const frameOf = (view: Float32Array, t: number): Float32Array => {
  const frame = new Float32Array(batch * size);
  for (let b = 0; b < batch; b++) {
    frame.set(view.subarray((b * frames + t) * size, (b * frames + t + 1) * size), b * size);
  }
  return frame;
};

async function played(executor: Executor, store: VariableStore, views: Views): Promise<Float32Array[]> {
  const graph = playGraph();
  for (const [name, tensor] of graph.variables) {
    if (name.startsWith(playScope)) store.write(name, tensor, new Float32Array(sizeOf(tensor.shape)));
  }
  const program = await executor.compile(graph, { store });
  const features: Float32Array[] = [];
  for (let t = 0; t < frames; t++) {
    const inputs = Object.fromEntries(names.map((name) => [name, frameOf(views[name], t)]));
    const run = await program.run({ ...inputs, ...timeStepOf(t, dynamics) });
    features.push(run['features'] as Float32Array);
  }
  await program.close();
  return features;
}

describe.each([
  ['reference', createReferenceExecutor],
  ['onnx', () => createNodeOnnxExecutor({ threads: 1 })],
] as const)('a long memory on %s', (_, open) => {
  it('plays exactly what it trained, across a ring that is full and forgets', async () => {
    const executor = open();
    const store = await weights(executor);
    const views = window(1);
    const program = await executor.compile(trainingGraph(), { store });
    const expected = (await program.run(views))['features'] as Float32Array;
    const features = await played(executor, store, views);
    features.forEach((frame, t) => {
      const wanted = frameOf(expected, t);
      frame.forEach((value, i) => expect(Math.abs(value - wanted[i]!), `frame ${t}`).toBeLessThan(2e-4));
    });
  });

  it('never looks into the future, and sees no codes that were not sampled', async () => {
    const executor = open();
    const store = await weights(executor);
    const program = await executor.compile(trainingGraph(), { store });
    const views = window(1);
    const before = (await program.run(views))['features'] as Float32Array;
    const changed = 6;
    const others = window(50);
    const mixed = Object.fromEntries(
      names.map((name) => {
        const view = views[name].slice();
        for (let b = 0; b < batch; b++) {
          // Of the changed frame itself only the true view: its codes are what is to be guessed.
          const from = (b * frames + changed + (name === 'true' ? 0 : 1)) * size;
          view.set(others[name].subarray(from, (b + 1) * frames * size), from);
        }
        return [name, view];
      }),
    );
    const after = (await program.run(mixed))['features'] as Float32Array;
    for (let t = 0; t < frames; t++) {
      const [a, b] = [frameOf(before, t), frameOf(after, t)];
      if (t <= changed) expect(b, `frame ${t}`).toEqual(a);
      else expect(b, `frame ${t}`).not.toEqual(a);
    }
  });
});
