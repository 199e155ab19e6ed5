import type { Graph, TensorData } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import { allocate } from '@snowglobe/graph/internal';
import type { FamilyQuantization, Series } from '@snowglobe/model';
import { generatorFor } from '@snowglobe/model';
import type { Trajectory } from './trajectories.js';
import { windowsAtOnce } from '../world/batch.js';

/** Successive frames of a trajectory, and what the family derives from them, such as masks. */
export type Window = Series;

/**
 * Cuts trajectories into windows of as many frames as the family's parts see.
 * @param seed decides masks
 * @throws SnowglobeError when there are fewer than two
 */
export function windowsOf(
  trajectories: readonly Trajectory[],
  { windowFrames: length, derive }: FamilyQuantization,
  seed: number,
): Window[] {
  const random = generatorFor(seed, 'masks');
  const windows = trajectories.flatMap(({ steps, series }) =>
    Array.from({ length: Math.floor(steps / length) }, (_, i): Window => {
      const parts = [...series].map(([name, data]): [string, Float32Array | Int32Array] => {
        const size = data.length / steps;
        return [name, data.subarray(i * length * size, (i + 1) * length * size)];
      });
      const window = new Map(parts);
      return new Map([...window, ...derive(window, random)]);
    }),
  );
  if (windows.length < 2) {
    throw new SnowglobeError(
      `quantize: ${trajectories.length} runs of ${trajectories[0]?.steps ?? 0} frames have ${windows.length} windows of ${length}, which this world learned from, and a comparison needs 2; play more runs, of ${length} frames or more.`,
    );
  }
  return windows;
}

/** The inputs that a graph over `windowsAtOnce` windows needs; a batch that is not full repeats its first one. */
export function inputsFor(graph: Graph, windows: readonly Window[]): Record<string, TensorData> {
  const rows = Array.from({ length: windowsAtOnce }, (_, b) => windows[b] ?? windows[0]!);
  const inputs: Record<string, TensorData> = {};
  for (const [name, { dtype }] of graph.inputs) {
    const parts = rows.map((window) => window.get(name)!);
    const size = parts.reduce((total, { length }) => total + length, 0);
    const joined = allocate(dtype, size);
    parts.reduce((at, part) => (joined.set(part, at), at + part.length), 0);
    inputs[name] = joined;
  }
  return inputs;
}
