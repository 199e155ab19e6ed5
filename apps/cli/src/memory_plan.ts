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
 * Compiles frames of a world of the default size on an adapter, and reads off their memory plans.
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
  const { defaultFamily } = await import('@snowglobe/model');
  const model = defaultFamily.fromPreset(defaultFamily.presets[0]!, { width: 64, height: 64, fps: 15 });
  const { prefillGraph } = await model.training();
  return [
    ['a sampled 64x64 frame', model.frameGraph()],
    ['a recorded 64x64 frame', prefillGraph()],
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
