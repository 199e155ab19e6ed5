import { sizeOf } from '@snowglobe/graph';
import type { Executor, Program, VariableStore } from '@snowglobe/graph';
import { createNodeOnnxExecutor, createReferenceExecutor } from '@snowglobe/runtime';
import { randomData } from '@snowglobe/runtime/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeltaWorldConfig } from '../config/config.js';
import { presets } from '../config/presets.js';
import { oneActionLogits } from '../../../actions/choose_action.js';
import { deltaModel } from '../delta_model.js';
import { shiftsOf } from '../motion/motion.js';
import { timeStepOf } from '../../../memory/time_step.js';
import { buildFrame } from './frame.js';
import { codesPerStep } from '../../../masked/decode.js';
import { lastFrame, playScope } from '../../../family/state.js';
import { buildPrefill } from '../training/prefill.js';

const { delta, dynamics, motion, ...micro } = presets.micro;
const config: DeltaWorldConfig = {
  ...micro,
  width: 32,
  height: 32,
  fps: 15,
  delta: { ...delta, channels: [4, 4, 8], headWidth: 4, levels: [4, 3] },
  dynamics: { ...dynamics, width: 8, heads: 2 },
  motion: { ...motion, width: 12 },
};

describe('codesPerStep', () => {
  it('fixes every code once, few at first', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 20 }), (codes, steps) => {
        const counts = codesPerStep(codes, steps);
        expect(counts).toHaveLength(steps);
        expect(counts.reduce((a, b) => a + b)).toBe(codes);
        expect(Math.min(...counts)).toBeGreaterThanOrEqual(0);
      }),
    );
    const counts = codesPerStep(32, 4);
    expect(counts[0]).toBeLessThan(counts[3]!);
  });
});

const graph = buildFrame(config);
const { actions } = deltaModel(config);

async function open(executor: Executor, of = graph): Promise<{ program: Program; store: VariableStore }> {
  const store = executor.createStore();
  [...of.variables].forEach(([name, tensor], i) => {
    const data = randomData(tensor, i + 1) as Float32Array;
    const scaled = data.map((x) => x / 2);
    store.write(name, tensor, name.startsWith(`${playScope}/`) ? new Float32Array(data.length) : scaled);
  });
  store.write(lastFrame, graph.variables.get(lastFrame)!, randomData(graph.variables.get(lastFrame)!, 999));
  return { program: await executor.compile(of, { store }), store };
}

async function frames(
  program: Program,
  count: number,
  change: Record<string, Float32Array | Int32Array> = {},
) {
  const results: Record<string, ArrayLike<number>>[] = [];
  for (let t = 0; t < count; t++) {
    const uniforms = (name: string) =>
      Float32Array.from(
        { length: sizeOf(graph.inputs.get(name)!.shape) },
        (_, i) => ((i * 37 + t * 11) % 64) / 64,
      );
    results.push(
      await program.run({
        wish: oneActionLogits(t % actions.count, actions),
        ...timeStepOf(t, config.dynamics),
        temperature: Float32Array.of(0),
        certainty: Float32Array.of(0),
        motionUniforms: uniforms('motionUniforms'),
        codeUniforms: uniforms('codeUniforms'),
        rankNoise: uniforms('rankNoise').fill(0),
        ...change,
      }),
    );
  }
  return results;
}

describe('a frame of play', () => {
  it('samples the same codes and pictures on the ONNX executor as on the reference, frame after frame', async () => {
    const [a, b] = await Promise.all([
      open(createReferenceExecutor()),
      open(createNodeOnnxExecutor({ threads: 1 })),
    ]);
    const [reference, onnx] = [await frames(a.program, 6), await frames(b.program, 6)];
    reference.forEach((frame, t) => {
      expect([...Array.from(onnx[t]!['codes']!)]).toEqual(Array.from(frame['codes']!));
      expect([...Array.from(onnx[t]!['motion']!)]).toEqual(Array.from(frame['motion']!));
      const worst = Math.max(...Array.from(frame['frame']!, (x, i) => Math.abs(x - onnx[t]!['frame']![i]!)));
      expect(worst).toBeLessThan(1e-3);
    });
    const distinct = new Set(reference.map((frame) => String(Array.from(frame['codes']!))));
    expect(distinct.size).toBeGreaterThan(1);
  });

  it('depends on the action, on chance above temperature 0, and on its memory', async () => {
    const executor = createNodeOnnxExecutor({ threads: 1 });
    const run = async (change: Record<string, Float32Array | Int32Array>) => {
      const { program } = await open(executor);
      return (await frames(program, 12, change)).map(({ frame, codes }) => `${codes} ${frame}`);
    };
    const base = await run({});
    expect(await run({})).toEqual(base);
    expect(await run({ wish: oneActionLogits(3, actions) })).not.toEqual(base);
    expect(await run({ temperature: Float32Array.of(2) })).not.toEqual(base);
    // Told that every frame is the first, it never looks into its memory.
    const sampled = await run({ temperature: Float32Array.of(1) });
    const forgetful = await run({ temperature: Float32Array.of(1), position: Int32Array.of(0) });
    expect(forgetful[0]).toBe(sampled[0]);
    expect(forgetful.slice(1)).not.toEqual(sampled.slice(1));
  });

  it('paints its best guess where the codes are less likely than wished', async () => {
    const { program } = await open(createNodeOnnxExecutor({ threads: 1 }));
    const [sure] = await frames(program, 1);
    const open_ = await open(createNodeOnnxExecutor({ threads: 1 }));
    const [guess] = await frames(open_.program, 1, { certainty: Float32Array.of(1.1) });
    expect(Array.from(guess!['codes']!)).toEqual(Array.from(sure!['codes']!));
    expect(Array.from(guess!['frame']!)).not.toEqual(Array.from(sure!['frame']!));
  });

  it('plays several worlds at once as it plays each alone', async () => {
    const executor = createNodeOnnxExecutor({ threads: 1 });
    const alone = await open(executor);
    const [first] = await frames(alone.program, 1);
    const pair = buildFrame(config, { batch: 2 });
    const store = executor.createStore();
    for (const [name, tensor] of pair.variables) {
      if (name === lastFrame) {
        const one = randomData(graph.variables.get(lastFrame)!, 999) as Float32Array;
        const other = one.map((x) => -x);
        store.write(name, tensor, Float32Array.of(...other, ...one));
      } else if (name.startsWith(`${playScope}/`)) {
        store.write(name, tensor, new Float32Array(sizeOf(tensor.shape)));
      } else {
        const i = [...graph.variables.keys()].indexOf(name);
        store.write(
          name,
          tensor,
          (randomData(tensor, i + 1) as Float32Array).map((x) => x / 2),
        );
      }
    }
    const program = await executor.compile(pair, { store });
    const uniforms = (name: string) => new Float32Array(sizeOf(pair.inputs.get(name)!.shape));
    const both = await program.run({
      wish: Float32Array.of(...[5, 0].flatMap((code) => [...oneActionLogits(code, actions)])),
      ...timeStepOf(0, config.dynamics),
      temperature: Float32Array.of(0),
      certainty: Float32Array.of(0),
      motionUniforms: uniforms('motionUniforms'),
      codeUniforms: uniforms('codeUniforms'),
      rankNoise: uniforms('rankNoise'),
    });
    const half = both['codes']!.length / 2;
    expect(Array.from(both['codes']!.slice(half))).toEqual(Array.from(first!['codes']!));
  });
});

describe('a world that keeps what was drawn', () => {
  const { height, width } = config;
  /** Whatever is painted, what was in view for two frames stays. */
  const keeping = {
    ...config,
    replenishment: { window: 1, tolerance: 2, contrast: 2, margin: 0, settling: 2 },
  };

  /** Where each pixel of the prompt went by the motions that were chosen: its place in the frame that follows. */
  function followed(
    places: readonly (number | undefined)[],
    motion: ArrayLike<number>,
  ): (number | undefined)[] {
    const { y, x } = shiftsOf(config.motion);
    const row = Array.from(motion);
    const [down, right] = [row.indexOf(1) - (y - 1) / 2, row.indexOf(1, y) - y - (x - 1) / 2];
    return Array.from({ length: height * width }, (_, i) => {
      const [from, column] = [Math.floor(i / width) + down, (i % width) + right];
      const isInside = from >= 0 && from < height && column >= 0 && column < width;
      return isInside ? places[from * width + column] : undefined;
    });
  }

  it('shows the pixels of its prompt for as long as they are in view, and paints what comes into it', async () => {
    const keepingGraph = buildFrame(keeping);
    expect([...graph.variables.keys()]).not.toContain(`${playScope}/unsettled`);
    for (const executor of [createReferenceExecutor(), createNodeOnnxExecutor({ threads: 1 })]) {
      const { program, store } = await open(executor, keepingGraph);
      const prompt = (await store.read(lastFrame)).slice();
      let places: (number | undefined)[] = Array.from({ length: height * width }, (_, i) => i);
      let moved = 0;
      for (const { frame, motion } of await frames(program, 5)) {
        places = followed(places, motion!);
        const inView = [...places.entries()].filter(([, place]) => place !== undefined);
        const pixel = (of: ArrayLike<number>, i: number) =>
          Array.from({ length: 3 }, (_, c) => of[i * 3 + c]!);
        for (const [i, place] of inView) expect(pixel(frame!, i)).toEqual(pixel(prompt, place!));
        moved += height * width - inView.length;
      }
      expect(moved).toBeGreaterThan(0);
    }
  });
});

describe('a world that remembers its prompt', () => {
  it('shows only pixels of the prompt where a frame has settled', async () => {
    const replenishment = { window: 0, tolerance: 2, contrast: 2, margin: 0, settling: 1, recollection: 2 };
    const of = buildFrame({ ...config, replenishment });
    const { y, x } = shiftsOf(config.motion);
    for (const executor of [createReferenceExecutor(), createNodeOnnxExecutor({ threads: 1 })]) {
      const { program, store } = await open(executor, of);
      const pixelsOf = (frame: ArrayLike<number>): string[] =>
        Array.from(
          { length: frame.length / 3 },
          (_, i) => `${[frame[i * 3], frame[i * 3 + 1], frame[i * 3 + 2]]}`,
        );
      const known = new Set(pixelsOf(await store.read(lastFrame)));
      let others = 0;
      for (const { frame, motion } of await frames(program, 5)) {
        const row = Array.from(motion!);
        const [down, right] = [row.indexOf(1) - (y - 1) / 2, row.indexOf(1, y) - y - (x - 1) / 2];
        pixelsOf(frame!).forEach((pixel, i) => {
          const [from, column] = [Math.floor(i / config.width) + down, (i % config.width) + right];
          const hasSettled = from >= 0 && from < config.height && column >= 0 && column < config.width;
          if (hasSettled) expect(known).toContain(pixel);
          else if (!known.has(pixel)) others++;
        });
      }
      // What has just come into view is painted.
      expect(others).toBeGreaterThan(0);
    }
  });
});

describe('a frame that is watched', () => {
  const longMemory: DeltaWorldConfig = {
    ...config,
    dynamics: { ...config.dynamics, memory: 8, lookback: { frames: 3, recent: 1, window: 6 } },
  };

  /** Watches some frames, then draws one. */
  async function watched(executor: Executor, of: DeltaWorldConfig, seeds: readonly number[]) {
    const [prefill, play] = [buildPrefill(of), buildFrame(of)];
    const store = executor.createStore();
    [...play.variables, ...prefill.variables].forEach(([name, tensor]) => {
      const own = name.startsWith(`${playScope}/`) ? 0 : 0.5;
      const seed = [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 9973, 7);
      store.write(
        name,
        tensor,
        (randomData(tensor, seed) as Float32Array).map((x) => x * own),
      );
    });
    const [watching, drawing] = [
      await executor.compile(prefill, { store }),
      await executor.compile(play, { store }),
    ];
    const shape = [1, of.height, of.width, 3];
    let codes: number[] = [];
    for (const [t, seed] of seeds.entries()) {
      const motionOf = new Float32Array(sizeOf(prefill.inputs.get('motion')!.shape));
      const { y, x } = shiftsOf(of.motion);
      for (const at of [(y - 1) / 2, y + (x - 1) / 2, y + x]) motionOf[at] = 1;
      const run = await watching.run({
        watched: randomData({ shape, dtype: 'f32' }, seed) as Float32Array,
        action: oneActionLogits(t % actions.count, actions).subarray(0, actions.count),
        motion: motionOf,
        ...timeStepOf(t, of.dynamics),
      });
      codes = [...(run['codes'] as Int32Array)];
    }
    const zeros = (name: string) => new Float32Array(sizeOf(play.inputs.get(name)!.shape)).fill(0.4);
    const drawn = await drawing.run({
      wish: oneActionLogits(1, actions),
      ...timeStepOf(seeds.length, of.dynamics),
      temperature: Float32Array.of(0),
      certainty: Float32Array.of(0),
      motionUniforms: zeros('motionUniforms'),
      codeUniforms: zeros('codeUniforms'),
      rankNoise: zeros('rankNoise').fill(0),
    });
    return { codes, logits: [...(drawn['frame'] as Float32Array)] };
  }

  it.each([
    ['a window', config],
    ['a long memory', longMemory],
  ])('is remembered alike on both executors, and play goes on from it: %s', async (_, of) => {
    const onnx = createNodeOnnxExecutor({ threads: 1 });
    const seeds = [3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
    const [a, b] = [await watched(createReferenceExecutor(), of, seeds), await watched(onnx, of, seeds)];
    expect(b.codes).toEqual(a.codes);
    a.logits.forEach((x, i) => expect(Math.abs(x - b.logits[i]!)).toBeLessThan(1e-3));
    const other = await watched(onnx, of, [...seeds.slice(0, -1), 90]);
    expect(other.codes).not.toEqual(b.codes);
  });
});
