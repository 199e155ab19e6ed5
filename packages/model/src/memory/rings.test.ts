import type { Executor, Graph, VariableStore } from '@snowglobe/graph';
import { GraphBuilder, sizeOf } from '@snowglobe/graph';
import { createNodeOnnxExecutor, createReferenceExecutor } from '@snowglobe/runtime';
import { randomData } from '@snowglobe/runtime/testing';
import { describe, expect, it } from 'vitest';
import { oneActionLogits } from '../actions/choose_action.js';
import type { DeltaWorldConfig } from '../families/delta/config/config.js';
import { deltaPositions } from '../families/delta/config/config.js';
import { presets } from '../families/delta/config/presets.js';
import { deltaModel } from '../families/delta/delta_model.js';
import { shiftsOf } from '../families/delta/motion/motion.js';
import { buildFrame } from '../families/delta/play/frame.js';
import { buildPrefill } from '../families/delta/training/prefill.js';
import { lastFrame, playScope } from '../family/state.js';
import { playMemory } from './frame_memory.js';
import { timeStepInputs, timeStepOf } from './time_step.js';

const { delta, dynamics, motion, ...micro } = presets.micro;
const window: DeltaWorldConfig = {
  ...micro,
  ...{ width: 32, height: 32, fps: 15 },
  delta: { ...delta, channels: [4, 4, 8], headWidth: 4, levels: [4, 3] },
  dynamics: { ...dynamics, width: 16, heads: 2, layers: 2 },
  motion: { ...motion, width: 12 },
};
const longMemory: DeltaWorldConfig = {
  ...window,
  dynamics: { ...window.dynamics, memory: 7, lookback: { frames: 4, recent: 2, window: 6 } },
};
const { actions } = deltaModel(window);
const worlds = [
  ['a window', window],
  ['a long memory', longMemory],
] as const;

const isState = (name: string): boolean => name.startsWith(`${playScope}/`);
const seedOf = (name: string): number =>
  [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 9973, 7);

/** Weights by their names, and a picture to begin with; all else that is carried begins as zeros. */
function storeFor(executor: Executor, graph: Graph): VariableStore {
  const store = executor.createStore();
  for (const [name, tensor] of graph.variables) {
    if (isState(name) && name !== lastFrame) continue;
    const share = isState(name) ? 1 : 0.5;
    store.write(
      name,
      tensor,
      (randomData(tensor, seedOf(name)) as Float32Array).map((x) => x * share),
    );
  }
  return store;
}

const graphInputs = (graph: Graph, seed: number) =>
  Object.fromEntries(
    [...graph.inputs].map(([name, tensor]) => [
      name,
      (randomData(tensor, seed + seedOf(name)) as Float32Array).map(Math.abs),
    ]),
  );

describe.each(worlds)('keys and values of eight bits: %s', (_, config) => {
  const batch = 2;
  const head = config.dynamics.width / config.dynamics.heads;
  const rings = (graph: Graph) => [...graph.variables].filter(([name]) => /play\/layer\d/.test(name));

  /** Features of what is given, which is remembered. */
  function features(kvCache?: 8): Graph {
    const builder = new GraphBuilder();
    const shape = [batch, 1, deltaPositions(config), config.dynamics.width];
    const time = timeStepInputs(builder);
    const state = builder.scope(playScope, () =>
      playMemory(builder, config.dynamics, deltaPositions(config), batch, time, kvCache),
    );
    builder.scope('dynamics', () => {
      const memory = state.open(builder.input('context', shape));
      builder.output('features', memory.look(builder.input('masked', shape)).features_B1NC);
      const seen = builder.input('true', shape);
      memory.remember(seen, memory.look(seen).memories);
    });
    return builder.build();
  }

  /** What a head becomes in bytes, and back. */
  function rounded(values: Float32Array): Float32Array {
    const result = values.slice();
    for (let at = 0; at < values.length; at += head) {
      const scale = Math.max(...values.subarray(at, at + head).map(Math.abs)) / 127;
      for (let i = at; i < at + head; i++) result[i] = scale && Math.round(values[i]! / scale) * scale;
    }
    return result;
  }

  /** Features of frames of noise, with `after` done to the store after each. */
  async function frames(graph: Graph, after?: (store: VariableStore) => Promise<void>): Promise<number[][]> {
    const executor = createNodeOnnxExecutor({ threads: 1 });
    const store = storeFor(executor, graph);
    const program = await executor.compile(graph, { store });
    const seen: number[][] = [];
    for (let t = 0; t < 12; t++) {
      const run = await program.run({ ...graphInputs(graph, 100 * t), ...timeStepOf(t, config.dynamics) });
      seen.push([...(run['features'] as Float32Array)]);
      await after?.(store);
    }
    await program.close();
    return seen;
  }

  it('are what floats would be if each head were rounded after each frame', async () => {
    const [float, bytes] = [features(), features(8)];
    const expected = await frames(float, async (store) => {
      for (const [name, tensor] of rings(float)) {
        store.write(name, tensor, rounded((await store.read(name)) as Float32Array));
      }
    });
    const [exact, played] = [await frames(float), await frames(bytes)];
    expect(played[0]).toEqual(exact[0]);
    // Both ways round heads alike, in other orders: a key or value differs by the roundings of its scale, quotient and product, and what a
    // layer makes of that by one rounding for each term of the sums on the way: norms, projections, scores and weighted values of an
    // attention within the frame and of one over time, and the feed-forward part, four times as wide.
    const { layers, width, memory } = config.dynamics;
    const positions = deltaPositions(config);
    const attention = (keys: number): number => 3 * width + 3 * head + 2 * keys;
    const sums = attention(positions) + attention(memory * positions) + 6 * width;
    const bound = layers * (2 * 3 + sums) * 2 ** -24;
    let [error, power] = [0, 0];
    played.forEach((frame, t) => {
      const largest = Math.max(...expected[t]!.map(Math.abs));
      frame.forEach((value, i) => {
        expect(Math.abs(value - expected[t]![i]!), `frame ${t}`).toBeLessThan(bound * largest);
        error += (value - exact[t]![i]!) ** 2;
        power += exact[t]![i]! ** 2;
      });
    });
    // Half a step of 1 in 127 of the largest: 40 dB and more, and not nothing.
    const decibels = 10 * Math.log10(power / error);
    expect(decibels).toBeGreaterThan(40);
    expect(decibels).toBeLessThan(90);
  });

  it('take a quarter, and a scale a head; summaries stay floats', () => {
    const numbers = (graph: Graph, names: RegExp) =>
      [...graph.variables].reduce(
        (sum, [name, { shape }]) => sum + (names.test(name) ? sizeOf(shape) : 0),
        0,
      );
    const [float, bytes] = [features(), features(8)];
    const whole = numbers(float, /play\/layer\d\/(keys|values)$/);
    expect(numbers(bytes, /play\/layer\d\/(keys|values)$/)).toBe(whole / 4);
    expect(numbers(bytes, /play\/layer\d\/(key|value)Scales$/)).toBe(whole / head);
    expect(rings(bytes)).toHaveLength(4 * config.dynamics.layers);
    for (const [name, { dtype }] of bytes.variables) {
      expect(dtype, name).toBe(/layer\d\/(keys|values)$/.test(name) ? 'u32' : 'f32');
    }
    expect(numbers(bytes, /summaries/)).toBe(numbers(float, /summaries/));
  });

  it('sample the same codes on both executors, after recorded frames and then their own', async () => {
    const [prefill, play] = [buildPrefill(config, { kvCache: 8 }), buildFrame(config, { kvCache: 8 })];
    const { y, x } = shiftsOf(config.motion);
    const still = new Float32Array(sizeOf(prefill.inputs.get('motion')!.shape));
    for (const at of [(y - 1) / 2, y + (x - 1) / 2, y + x]) still[at] = 1;
    const run = async (executor: Executor): Promise<string[]> => {
      const store = storeFor(executor, play);
      for (const [name, tensor] of prefill.variables) {
        if (!isState(name) && !store.has(name)) {
          store.write(name, tensor, randomData(tensor, seedOf(name)));
        }
      }
      const programs = [await executor.compile(prefill, { store }), await executor.compile(play, { store })];
      const codes: string[] = [];
      for (let t = 0; t < 10; t++) {
        const isPrefill = t < 5;
        const graph = isPrefill ? prefill : play;
        const { codes: sampled } = await programs[isPrefill ? 0 : 1]!.run({
          ...graphInputs(graph, t),
          ...timeStepOf(t, config.dynamics),
          ...(isPrefill
            ? {
                motion: still,
                action: oneActionLogits(1, actions).subarray(0, actions.count),
              }
            : {
                wish: oneActionLogits(t % actions.count, actions),
                temperature: Float32Array.of(0),
                certainty: Float32Array.of(0),
              }),
        });
        codes.push(String(sampled));
      }
      return codes;
    };
    const reference = await run(createReferenceExecutor());
    expect(await run(createNodeOnnxExecutor({ threads: 1 }))).toEqual(reference);
    expect(new Set(reference).size).toBeGreaterThan(2);
  });
});

it('heads that are no whole words are refused in one sentence', () => {
  const config = { ...window, dynamics: { ...window.dynamics, width: 12 } };
  expect(() => buildFrame(config, { kvCache: 8 })).toThrow(
    'play: a KV cache of 8 bits packs four numbers a word and heads of 6 (12 / 2) are no whole words; ' +
      'keep it as floats, or use heads of a multiple of 4.',
  );
});
