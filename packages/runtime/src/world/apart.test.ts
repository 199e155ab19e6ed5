import { loadSlot, quantizeWeights, readSlot, slotState, slotTable, slotsInput } from '@snowglobe/compiler';
import type { Executor, Graph, Program, TensorData, VariableStore } from '@snowglobe/graph';
import type { SamplingOptions, WorldFile } from '@snowglobe/model';
import { noPreference, oneActionLogits } from '@snowglobe/model';
import { isPlayState, lastFrame } from '@snowglobe/model/internal';
import { describe, expect, it } from 'vitest';
import { createNodeOnnxExecutor } from '../node/onnx.js';
import { createReferenceExecutor } from '../reference/reference.js';
import { devicesUnderTest } from '../testing/executors.js';
import { nextFrameWorld } from '../testing/next_frame_world.js';
import { randomData } from '../testing/random.js';
import { untrainedPatches } from '../testing/untrained_patches.js';
import { untrainedWorld } from '../testing/untrained_world.js';
import { createWebgpuExecutor } from '../webgpu/index.js';
import { worldWeights } from './weights.js';

/** Worlds at frames of their own are sampled side by side as each is alone: every family, whatever it remembers by. */

const worlds: readonly (readonly [name: string, file: WorldFile, kvCache: 8 | undefined])[] = [
  ['a ring of keys and values', untrainedWorld(), undefined],
  ['a ring of bytes', untrainedWorld(), 8],
  ['a map', untrainedPatches('map'), undefined],
  ['a memory by pose', untrainedPatches('pose'), undefined],
  ['the smallest family', nextFrameWorld(), undefined],
];

const sessions = [
  { seed: 7, temperature: 1, confidenceThreshold: 0.05, joins: 0 },
  { seed: 8, temperature: 0, confidenceThreshold: 0.3, joins: 1 },
  { seed: 7, temperature: 0.5, confidenceThreshold: 0, joins: 4 },
] as const;
const [batch, slots] = [4, 5];

interface Opened {
  readonly graph: Graph;
  readonly program: Program;
  readonly store: VariableStore;
}

async function compile(executor: Executor, file: WorldFile, made: Graph): Promise<Opened> {
  const { formats, variables } = worldWeights(file, 'test');
  const graph = quantizeWeights(made, formats);
  const store = executor.createStore();
  for (const [name, { shape, dtype }] of graph.variables) {
    const weight = variables.get(name);
    if (weight) store.write(name, { shape, dtype }, weight.data);
  }
  return { graph, store, program: await executor.compile(graph, { store, freeze: true }) };
}

/** What each session's frames give, and its state after them. */
type Played = Record<string, TensorData>[][];

const promptOf = ({ width, height }: WorldFile['model']['config'], session: number): Float32Array =>
  randomData({ shape: [height * width * 3], dtype: 'f32' }, 50 + session) as Float32Array;

const logitsOf = ({ actions }: WorldFile['model'], session: number, frame: number): Float32Array =>
  (frame + session) % 5 === 4
    ? noPreference(actions)
    : oneActionLogits((frame * (session + 1)) % actions.count, actions);

interface Case {
  readonly file: WorldFile;
  readonly kvCache?: 8 | undefined;
  /** By default so many that rings are full. */
  readonly frames?: number;
}

async function alone(executor: Executor, { file, kvCache, frames = 20 }: Case): Promise<Played> {
  const { model } = file;
  const { graph, program, store } = await compile(executor, file, model.frameGraph({ kvCache }));
  const played: Played = [];
  for (const [k, { seed, joins, ...settings }] of sessions.entries()) {
    const state = model.initialState(graph.variables, promptOf(model.config, k));
    for (const [name, values] of state) store.write(name, graph.variables.get(name)!, values);
    const own: Record<string, TensorData>[] = [];
    for (let t = 0; t < frames - joins; t++) {
      const options: SamplingOptions = { seeds: [seed], ...settings };
      const outputs = await program.run(model.frameInputs(t, [logitsOf(model, k, t)], options));
      const after = [...state.keys()].map(async (name) => [name, await store.read(name)] as const);
      own.push({ ...outputs, ...Object.fromEntries(await Promise.all(after)) });
    }
    played.push(own);
  }
  await program.close();
  return played;
}

async function together(executor: Executor, { file, kvCache, frames = 20 }: Case): Promise<Played> {
  const { model } = file;
  const made = model.frameGraph({ batch, apart: true, kvCache });
  const tables = new Map(
    [...made.variables].flatMap(([name, spec]) =>
      isPlayState(name) ? [[name, slotTable(name, spec, { batch, slots })] as const] : [],
    ),
  );
  const { program, store } = await compile(
    executor,
    file,
    slotState(made, { batch, slots, isState: isPlayState }),
  );
  const load = await executor.compile(loadSlot(tables), { store });
  const read = await executor.compile(readSlot(tables), { store });
  const single = model.frameGraph({ kvCache }).variables;
  const slotOf = (k: number): number => (k * 2) % slots;
  const idle = slots - 2;
  const played: Played = sessions.map(() => []);
  for (let t = 0; t < frames; t++) {
    for (const [k, { joins }] of sessions.entries()) {
      if (joins !== t) continue;
      const state = model.initialState(single, promptOf(model.config, k));
      await load.run({ [slotsInput]: Int32Array.of(slotOf(k)), ...Object.fromEntries(state) });
    }
    // Rows change places from frame to frame; those that are left over do the same in a slot of nobody's.
    const here = [...sessions.keys()].filter((k) => sessions[k]!.joins <= t);
    const rows = t % 2 === 0 ? here : here.toReversed();
    const all = Array.from({ length: batch }, (_, row) => sessions[rows[row] ?? 0]!);
    const index = all.map(({ joins }, row) => (rows[row] === undefined ? 0 : t - joins));
    const outputs = await program.run({
      [slotsInput]: Int32Array.from(all, (_, row) => (rows[row] === undefined ? idle : slotOf(rows[row]!))),
      ...model.frameInputs(
        index,
        all.map((_, row) => logitsOf(model, rows[row] ?? 0, index[row]!)),
        {
          seeds: all.map(({ seed }) => seed),
          temperature: all.map(({ temperature }) => temperature),
          confidenceThreshold: all.map(({ confidenceThreshold }) => confidenceThreshold),
        },
      ),
    });
    for (const [row, k] of rows.entries()) {
      const own = Object.entries(outputs).map(([name, values]) => {
        const size = values.length / batch;
        return [name, values.slice(row * size, (row + 1) * size)] as const;
      });
      const after = await read.run({ [slotsInput]: Int32Array.of(slotOf(k)) });
      played[k]!.push({ ...Object.fromEntries(own), ...after });
    }
  }
  for (const each of [program, load, read]) await each.close();
  return played;
}

/** The largest difference of floats; all else must be equal. */
function differenceOf(actual: Played, expected: Played): number {
  let largest = 0;
  expected.forEach((session, k) =>
    session.forEach((values, t) => {
      for (const [name, wanted] of Object.entries(values)) {
        const given = actual[k]![t]![name]!;
        expect(given.length).toBe(wanted.length);
        if (!(wanted instanceof Float32Array)) expect(given, `${name} of frame ${t} of ${k}`).toEqual(wanted);
        else wanted.forEach((value, i) => (largest = Math.max(largest, Math.abs(value - given[i]!))));
      }
    }),
  );
  expect(new Set(expected.map((played) => String(played.at(-1)![lastFrame]))).size).toBe(sessions.length);
  return largest;
}

describe.each(worlds)('worlds apart with %s', (_, file, kvCache) => {
  it('are byte for byte as each is alone, on the reference', async () => {
    const executor = createReferenceExecutor();
    const short = { file, kvCache, frames: 6 };
    expect(differenceOf(await together(executor, short), await alone(executor, short))).toBe(0);
  });

  it('have the codes of each alone on ONNX Runtime, and its floats up to the rounding of its matmuls', async () => {
    const executor = createNodeOnnxExecutor({ threads: 1 });
    const expected = await alone(executor, { file, kvCache });
    const difference = differenceOf(await together(executor, { file, kvCache }), expected);
    // Pictures made of tiles follow from codes.
    expect(difference).toBeLessThanOrEqual(file.model.tiles ? 0 : 1e-4);
  });
});

// Its compiler takes a minute for the rings' world on a software adapter.
const long = process.env['SNOWGLOBE_LONG_TESTS'] === '1';

it.each(long ? worlds : worlds.slice(2, 3))(
  'worlds apart with %s have the codes of each alone on WebGPU, and its floats up to rounding',
  async (_, file, kvCache) => {
    const [device] = await devicesUnderTest();
    const executor = createWebgpuExecutor(device!);
    const short = { file, kvCache, frames: 6 };
    const difference = differenceOf(await together(executor, short), await alone(executor, short));
    expect(difference).toBeLessThan(1e-4);
  },
);
