import { slotsInput } from '@snowglobe/compiler';
import type { Graph, TensorData, TensorSpec, Executor } from '@snowglobe/graph';
import { sizeOf } from '@snowglobe/graph';
import { allocate } from '@snowglobe/graph/internal';
import { playScope } from '@snowglobe/model';
import { lastFrame } from '@snowglobe/model/internal';
import { createHostExecutor } from '../host_executor.js';
import type { HostStore } from '../host_store.js';
import { compileReference } from '../reference/reference.js';

/**
 * An executor for tests of sessions: instead of computing a frame it stirs all its state and inputs together, and fills state and
 * outputs with what comes out; of worlds side by side each for itself. It takes microseconds, and whatever goes wrong with a state, an
 * action, an order or a slot shows in every later frame.
 */
export function createStirringExecutor(): Executor {
  /** The frame of one world, by which those of several are taken apart. */
  let alone: Graph | undefined;
  return createHostExecutor({
    kind: 'reference',
    device: 'stirring',
    compile: async (graph, store) => {
      if (!graph.outputs.has('frame')) return compileReference(graph, store);
      alone ??= graph;
      const whole = alone;
      return {
        stats: { submitsPerRun: 0, dispatchesPerRun: 0, peakBytes: 0 },
        run: (inputs, names = [...graph.outputs.keys()]) =>
          stirRows({ graph, alone: whole }, store, inputs, names),
        release: async () => {},
      };
    },
  });
}

interface Graphs {
  readonly graph: Graph;
  readonly alone: Graph;
}

type Values = Readonly<Record<string, TensorData>>;

async function stirRows(
  { graph, alone }: Graphs,
  store: HostStore,
  inputs: Values,
  names: readonly string[],
): Promise<Record<string, TensorData>> {
  // Runs of a device take their time.
  await new Promise((resolve) => setImmediate(resolve));
  const slots = (inputs[slotsInput] as Int32Array | undefined) ?? Int32Array.of(0);
  const all: Record<string, TensorData> = Object.fromEntries(
    names.map((name) => [
      name,
      allocate(graph.outputs.get(name)!.dtype, sizeOf(graph.outputs.get(name)!.shape)),
    ]),
  );
  slots.forEach((slot, row) => {
    const own = Object.fromEntries(
      [...alone.inputs].map(([name, spec]) => [name, ofWorld(inputs[name]!, spec, slots.length, row)]),
    );
    const state = [...alone.variables].flatMap(([name, spec]) => {
      if (!name.startsWith(`${playScope}/`)) return [];
      const size = sizeOf(spec.shape);
      const held = [...graph.variables].find(([other]) => other === name || other.endsWith(`/${name}`))!;
      const table = store.value(...held);
      return [[name, table.subarray(slot * size, (slot + 1) * size)] as const];
    });
    const outputs = stir(alone, new Map(state), own);
    for (const name of names) all[name]!.set(outputs.get(name)!, row * outputs.get(name)!.length);
  });
  return all;
}

/** What an input of worlds side by side gives one of them: those that have no axis of worlds give all of it. */
function ofWorld(values: TensorData, { shape }: TensorSpec, worlds: number, world: number): TensorData {
  if (values.length === sizeOf(shape)) return values;
  // Refinement steps come before worlds.
  const steps = shape.length === 2 && shape[0]! > 1 ? shape[0]! : 1;
  const size = sizeOf(shape) / steps;
  const own = values.slice(0, steps * size);
  for (let step = 0; step < steps; step++) {
    const first = (step * worlds + world) * size;
    own.set(values.subarray(first, first + size), step * size);
  }
  return own;
}

/** Changes the state where it lies. @returns all outputs */
function stir(
  graph: Graph,
  state: ReadonlyMap<string, TensorData>,
  inputs: Values,
): ReadonlyMap<string, TensorData> {
  let stirred = 1;
  const add = (word: number): void => {
    stirred = Math.imul(stirred ^ word, 0x01000193);
    stirred ^= stirred >>> 15;
  };
  for (const values of state.values()) wordsOf(values).forEach(add);
  for (const name of [...graph.inputs.keys()].sort()) wordsOf(inputs[name]!).forEach(add);
  const fill = (data: TensorData): TensorData => {
    for (let i = 0; i < data.length; i++) {
      add(i);
      data[i] = ((stirred >>> 8) / 2 ** 23 - 1) * (data instanceof Float32Array ? 1 : 1000);
    }
    return data;
  };
  const outputs = new Map(
    [...graph.outputs].map(([name, { shape, dtype }]) => [name, fill(allocate(dtype, sizeOf(shape)))]),
  );
  for (const [name, values] of state) {
    if (name === lastFrame) values.set(outputs.get('frame')!);
    else fill(values);
  }
  return outputs;
}

const wordsOf = ({ buffer, byteOffset, length }: TensorData): Int32Array =>
  new Int32Array(buffer, byteOffset, length);
