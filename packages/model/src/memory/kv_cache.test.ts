import type { Executor, VariableStore } from '@snowglobe/graph';
import { GraphBuilder, sizeOf } from '@snowglobe/graph';
import { allocate } from '@snowglobe/graph/internal';
import { createReferenceExecutor } from '@snowglobe/runtime';
import { randomData } from '@snowglobe/runtime/testing';
import { describe, expect, it } from 'vitest';
import type { DeltaWorldConfig } from '../families/delta/config/config.js';
import { deltaPositions } from '../families/delta/config/config.js';
import { presets } from '../families/delta/config/presets.js';
import { playScope } from '../family/state.js';
import { playMemory } from './frame_memory.js';
import type { KvCacheBits } from './kv_cache.js';
import { fitsKvCache } from './kv_cache.js';
import { timeStepInputs, timeStepOf } from './time_step.js';
import { guessWindow } from './window.js';

const batch = 2;
const names = ['context', 'true', 'masked'] as const;
const shape = { width: 16, layers: 2, heads: 2 };
const size = { ...presets.micro, width: 32, height: 32, fps: 15 };
const lookback = { frames: 4, recent: 2, window: 10 };
const worlds: readonly (readonly [string, DeltaWorldConfig, number])[] = [
  ['a window', { ...size, dynamics: { ...shape, memory: 5 } }, 5],
  ['a long memory', { ...size, dynamics: { ...shape, memory: 7, lookback } }, 10],
];

function views(builder: GraphBuilder, config: DeltaWorldConfig, frames: number) {
  const shape_BTNC = [batch, frames, deltaPositions(config), config.dynamics.width];
  const [context_BTNC, remembered_BTNC, masked_BTNC] = names.map((name) => builder.input(name, shape_BTNC));
  return {
    context_BTNC: context_BTNC!,
    remembered_BTNC: remembered_BTNC!,
    masked_BTNC: masked_BTNC!,
  };
}

function windowGraph(config: DeltaWorldConfig, frames: number, kvCache?: KvCacheBits) {
  const builder = new GraphBuilder();
  const seen = views(builder, config, frames);
  const features = builder.scope('dynamics', () => guessWindow(seen, config.dynamics, { kvCache }));
  builder.output('features', features);
  return builder.build();
}

/** One frame, with the rings that play keeps. */
function playGraph(config: DeltaWorldConfig, kvCache?: KvCacheBits) {
  const builder = new GraphBuilder();
  const time = timeStepInputs(builder);
  const state = builder.scope(playScope, () =>
    playMemory(builder, config.dynamics, deltaPositions(config), batch, time, kvCache),
  );
  const seen = views(builder, config, 1);
  builder.scope('dynamics', () => {
    const memory = state.open(seen.context_BTNC);
    builder.output('features', memory.look(seen.masked_BTNC).features_B1NC);
    memory.remember(seen.remembered_BTNC, memory.look(seen.remembered_BTNC).memories);
  });
  return builder.build();
}

function storeFor(executor: Executor, config: DeltaWorldConfig, frames: number): VariableStore {
  const store = executor.createStore();
  let seed = 100;
  for (const [name, tensor] of windowGraph(config, frames).variables) {
    const weights = randomData(tensor, seed++) as Float32Array;
    store.write(
      name,
      tensor,
      weights.map((x) => x / 2),
    );
  }
  return store;
}

describe.each(worlds)('a KV cache of bytes: %s', (_, config, frames) => {
  const perFrame = deltaPositions(config) * config.dynamics.width;
  const shape_BTNC = [batch, frames, deltaPositions(config), config.dynamics.width];
  const window = Object.fromEntries(
    names.map((name, i) => [name, randomData({ shape: shape_BTNC, dtype: 'f32' }, i + 1) as Float32Array]),
  );
  const frameOf = (view: Float32Array, t: number): Float32Array => {
    const frame = new Float32Array(batch * perFrame);
    for (let b = 0; b < batch; b++) {
      const from = (b * frames + t) * perFrame;
      frame.set(view.subarray(from, from + perFrame), b * perFrame);
    }
    return frame;
  };

  async function guessed(kvCache?: KvCacheBits): Promise<Float32Array> {
    const executor = createReferenceExecutor();
    const store = storeFor(executor, config, frames);
    const program = await executor.compile(windowGraph(config, frames, kvCache), { store });
    return (await program.run(window))['features'] as Float32Array;
  }

  async function played(kvCache?: KvCacheBits): Promise<Float32Array[]> {
    const executor = createReferenceExecutor();
    const store = storeFor(executor, config, frames);
    const graph = playGraph(config, kvCache);
    for (const [name, tensor] of graph.variables) {
      if (name.startsWith(playScope)) store.write(name, tensor, allocate(tensor.dtype, sizeOf(tensor.shape)));
    }
    const program = await executor.compile(graph, { store });
    const seen: Float32Array[] = [];
    for (let t = 0; t < frames; t++) {
      const inputs = Object.fromEntries(names.map((name) => [name, frameOf(window[name]!, t)]));
      const run = await program.run({ ...inputs, ...timeStepOf(t, config.dynamics) });
      seen.push(run['features'] as Float32Array);
    }
    return seen;
  }

  it('a window that is guessed at once is what play computes frame by frame', async () => {
    const [bytes, floats, frameByFrame] = [await guessed(8), await guessed(), await played(8)];
    // The first frame remembers nothing, the second one bytes.
    expect(frameOf(bytes, 0)).toEqual(frameOf(floats, 0));
    let largest = 0;
    frameByFrame.forEach((frame, t) => {
      const wanted = frameOf(bytes, t);
      frame.forEach((value, i) => {
        expect(Math.abs(value - wanted[i]!), `frame ${t}`).toBeLessThan(2e-5);
        largest = Math.max(largest, Math.abs(value - frameOf(floats, t)[i]!));
      });
    });
    expect(largest).toBeGreaterThan(2e-4);
  });

  it('heads that are no whole words are refused', () => {
    const odd = { ...config, dynamics: { ...config.dynamics, width: 12 } };
    expect([fitsKvCache(config.dynamics), fitsKvCache(odd.dynamics)]).toEqual([true, false]);
    expect(() => windowGraph(odd, frames, 8)).toThrow('heads of 6 (12 / 2) are no whole words');
  });
});
