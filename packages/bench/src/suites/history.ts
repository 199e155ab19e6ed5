import type { Program } from '@snowglobe/graph';
import { sizeOf } from '@snowglobe/graph';
import type { WorldModel } from '@snowglobe/model';
import { defaultFamily, noPreference } from '@snowglobe/model';
import { isPlayState } from '@snowglobe/model/internal';
import type { WebgpuExecutor } from '@snowglobe/runtime/core';
import { createWebgpuExecutor } from '@snowglobe/runtime/core';
import { uniform } from '../cases/random.js';
import { sampleSideBySide } from '../measure/sampling.js';
import type { BenchEntry } from '../record/types.js';
import type { SuiteContext, SuiteResult } from './options.js';

/** Frames that are remembered. */
const memories = [16, 1024] as const;
const family = 'frame-history';

/**
 * What a whole frame costs by how much is remembered: a world of the preset `memory`, 64x64, with random weights, whose ring
 * is full. The same graph but for the length of the ring.
 */
export async function historySuite(context: SuiteContext): Promise<SuiteResult> {
  const { reopen, chooseVariant, filter, signal, onStart, onEntry } = context;
  if (filter && !filter.test(family)) return { entries: [], refused: [], notes: [] };
  const executor = createWebgpuExecutor(await reopen(), chooseVariant ? { chooseVariant } : {});
  const frames: OpenFrame[] = [];
  try {
    for (const [index, memory] of memories.entries()) {
      signal?.throwIfAborted();
      onStart?.(`frame with ${memory} frames of history`, index, memories.length);
      frames.push(await openFrame(executor, memory));
    }
    const contenders = frames.map((frame) => ({ name: `${frame.memory} frames`, run: nextFrame(frame) }));
    const samples = await sampleSideBySide(contenders, {
      // A ratio of its own, to which a slow spell of the machine must not add.
      ...{ minSamples: 6, maxSeconds: context.openPeer ? 3 : 1.5, rounds: 3 },
      ...(signal && { signal }),
    });
    const entries = samples.map(({ ms, median, spread }, index): BenchEntry => {
      const { memory, program } = frames[index]!;
      const { peakBytes, dispatchesPerRun } = program.stats;
      return {
        suite: 'model',
        family,
        shape: `${memory} frames`,
        dtype: 'f32',
        variant: 'webgpu',
        choice: chooseVariant ? 'tuned' : 'default',
        ms: median,
        spread,
        samples: [...ms],
        repeats: 1,
        note: `${dispatchesPerRun} dispatches, ${(peakBytes / 2 ** 20).toFixed(1)} MiB of intermediate results`,
      };
    });
    entries.forEach((entry) => onEntry?.(entry));
    return { entries, refused: [], notes: [] };
  } finally {
    for (const { program } of frames) await program.close();
    await executor.close();
  }
}

interface OpenFrame {
  readonly memory: number;
  readonly model: WorldModel;
  readonly program: Program;
}

/** A frame compiled with weights that keep every layer busy, and a ring that is full. */
async function openFrame(executor: WebgpuExecutor, memory: number): Promise<OpenFrame> {
  const model = defaultFamily.fromPreset('memory', { width: 64, height: 64, fps: 12 }, { memory });
  const graph = model.frameGraph();
  const store = executor.createStore();
  for (const [name, { shape, dtype }] of graph.variables) {
    const scale = isPlayState(name) ? 1 : 1 / Math.sqrt(shape.at(-2) ?? shape[0]!);
    store.write(
      name,
      { shape, dtype },
      uniform(sizeOf(shape), name).map((value) => value * scale),
    );
  }
  return { memory, model, program: await executor.compile(graph, { store, freeze: true }) };
}

/** Samples the next frame, long after the ring was full. */
function nextFrame({ model, program }: OpenFrame): () => Promise<unknown> {
  const actionLogits = [noPreference(model.actions)];
  const options = { seeds: [1], temperature: 1, confidenceThreshold: 0.5 };
  let frame = 2 * Math.max(...memories);
  return () => program.run(model.frameInputs(frame++, actionLogits, options), ['frame']);
}
