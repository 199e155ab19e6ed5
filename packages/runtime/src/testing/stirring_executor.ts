import type { Graph, TensorData, Executor } from '@snowglobe/graph';
import { sizeOf } from '@snowglobe/graph';
import { allocate } from '@snowglobe/graph/internal';
import { playScope } from '@snowglobe/model';
import { lastFrame } from '@snowglobe/model/internal';
import { createHostExecutor } from '../host_executor.js';
import type { HostStore } from '../host_store.js';

/**
 * An executor for tests of sessions: instead of computing a graph it stirs all its state and inputs together, and fills state and
 * outputs with what comes out. It takes microseconds, and whatever goes wrong with a state, an action or an order shows in every
 * later frame.
 */
export function createStirringExecutor(): Executor {
  return createHostExecutor({
    kind: 'reference',
    device: 'stirring',
    compile: async (graph, store) => ({
      stats: { submitsPerRun: 0, dispatchesPerRun: 0, peakBytes: 0 },
      run: (inputs, names) => stir(graph, store, inputs, names ?? [...graph.outputs.keys()]),
      release: async () => {},
    }),
  });
}

async function stir(
  graph: Graph,
  store: HostStore,
  inputs: Readonly<Record<string, TensorData>>,
  names: readonly string[],
): Promise<Record<string, TensorData>> {
  const state = [...graph.variables].filter(([name]) => name.startsWith(`${playScope}/`));
  let stirred = 1;
  const add = (word: number): void => {
    stirred = Math.imul(stirred ^ word, 0x01000193);
    stirred ^= stirred >>> 15;
  };
  for (const [name, tensor] of state) wordsOf(store.value(name, tensor)).forEach(add);
  for (const name of [...graph.inputs.keys()].sort()) wordsOf(inputs[name]!).forEach(add);
  const fill = (data: TensorData): TensorData => {
    for (let i = 0; i < data.length; i++) {
      add(i);
      data[i] = ((stirred >>> 8) / 2 ** 23 - 1) * (data instanceof Float32Array ? 1 : 1000);
    }
    return data;
  };
  // Runs of a device take their time.
  await new Promise((resolve) => setImmediate(resolve));
  const outputs = new Map(
    [...graph.outputs].map(([name, { shape, dtype }]) => [name, fill(allocate(dtype, sizeOf(shape)))]),
  );
  for (const [name, { shape, dtype }] of state) {
    store.replace(name, name === lastFrame ? outputs.get('frame')! : fill(allocate(dtype, sizeOf(shape))));
  }
  return Object.fromEntries(names.map((name) => [name, outputs.get(name)!.slice()]));
}

const wordsOf = ({ buffer, byteOffset, length }: TensorData): Int32Array =>
  new Int32Array(buffer, byteOffset, length);
