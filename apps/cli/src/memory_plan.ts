import type { Graph } from '@snowglobe/graph';
import type { DeviceCandidate } from '@snowglobe/runtime';

/** What one graph takes on the device, from compiling it there. */
export interface PlannedGraph {
  readonly name: string;
  /** Bytes of weights and other state. */
  readonly variableBytes: number;
  /** Bytes of intermediate results if each had a buffer of its own, before anything is fused. */
  readonly unsharedBytes: number;
  /** Bytes of the buffers that they share by the memory plan. */
  readonly peakBytes: number;
  readonly submitsPerRun: number;
  readonly dispatchesPerRun: number;
}

/**
 * Compiles the default world's tokenizer and its frame of play on an adapter, and reads off their memory plans.
 * @throws SnowglobeError when the device has no room
 */
export async function planOn(adapter: DeviceCandidate): Promise<PlannedGraph[]> {
  const { createWebgpuExecutor } = await import('@snowglobe/runtime');
  const executor = createWebgpuExecutor(await adapter.open());
  try {
    const planned: PlannedGraph[] = [];
    for (const [name, graph] of await defaultGraphs()) {
      const program = await executor.compile(graph);
      const { peakBytes, submitsPerRun, dispatchesPerRun } = program.stats;
      planned.push({ name, ...sizesOf(graph), peakBytes, submitsPerRun, dispatchesPerRun });
      await program.close();
    }
    return planned;
  } finally {
    await executor.close();
  }
}

async function defaultGraphs(): Promise<[name: string, graph: Graph][]> {
  const { GraphBuilder } = await import('@snowglobe/graph');
  const { buildPlay, presets, reconstruct } = await import('@snowglobe/model');
  const builder = new GraphBuilder();
  builder.output('drawn', reconstruct(builder.input('frames', [1, 64, 64, 3]), presets.tiny.tokenizer));
  return [
    ['tokenizer, one 64x64 frame there and back', builder.build()],
    ['play, one 64x64 frame', buildPlay({ ...presets.tiny, width: 64, height: 64, fps: 15 })],
  ];
}

/** Every element has four bytes. */
const ELEMENT_BYTES = 4;

function sizesOf(graph: Graph): Pick<PlannedGraph, 'variableBytes' | 'unsharedBytes'> {
  const bytesOf = (shape: readonly number[]) => shape.reduce((product, dim) => product * dim, ELEMENT_BYTES);
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  return {
    variableBytes: sum([...graph.variables.values()].map(({ shape }) => bytesOf(shape))),
    unsharedBytes: sum(
      graph.nodes.flatMap((node) =>
        node.kind === 'op' ? node.outputs.map(({ shape }) => bytesOf(shape)) : [],
      ),
    ),
  };
}
