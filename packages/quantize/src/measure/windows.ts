import type { Graph, TensorData } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import type { DeltaWorldConfig } from '@snowglobe/model';
import { deltaPositions, windowLength, generatorFor } from '@snowglobe/model';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import type { Trajectory } from '../calibration/trajectories.js';
import { windowsAtOnce } from './parts.js';

/** T successive frames of a trajectory, and which of their codes are given. */
export interface Window extends Trajectory {
  /** (T, N · books): 1 where a code is known, 0 where it has to be guessed. */
  readonly known: Float32Array;
}

/**
 * Cuts trajectories into windows of as many frames as the dynamics remembers, and masks codes as training does.
 * @throws SnowglobeError when there are fewer than two
 */
export function windowsOf(
  trajectories: readonly Trajectory[],
  config: DeltaWorldConfig,
  seed: number,
): Window[] {
  const length = windowLength(config.dynamics);
  const perFrame = deltaPositions(config) * config.delta.books;
  const random = generatorFor(seed, 'masks');
  const windows = trajectories.flatMap((trajectory) =>
    Array.from({ length: Math.floor(trajectory.steps / length) }, (_, i): Window => {
      const part = <T extends Float32Array | Int32Array>(data: T): T => {
        const size = data.length / trajectory.steps;
        return data.subarray(i * length * size, (i + 1) * length * size) as T;
      };
      const known = new Float32Array(length * perFrame);
      for (let t = 0; t < length; t++) {
        // Cosine of a uniform: most frames have most codes masked, as most refinement steps do.
        const masked = Math.cos((uniformFloat64(random) * Math.PI) / 2);
        for (let code = 0; code < perFrame; code++) {
          known[t * perFrame + code] = uniformFloat64(random) < masked ? 0 : 1;
        }
      }
      return {
        steps: length,
        before: part(trajectory.before),
        after: part(trajectory.after),
        motionState: part(trajectory.motionState),
        lastMotion: part(trajectory.lastMotion),
        action: part(trajectory.action),
        motion: part(trajectory.motion),
        codes: part(trajectory.codes),
        known,
      };
    }),
  );
  if (windows.length < 2) {
    throw new SnowglobeError(
      `quantize: ${trajectories.length} runs of ${trajectories[0]?.steps ?? 0} frames have ${windows.length} windows of ${length}, which this world learned from, and a comparison needs 2; play more runs, of ${length} frames or more.`,
    );
  }
  return windows;
}

/** The inputs that a graph of `parts.ts` needs for some windows; a batch that is not full repeats its first one. */
export function inputsFor(graph: Graph, windows: readonly Window[]): Record<string, TensorData> {
  const rows = Array.from({ length: windowsAtOnce }, (_, b) => windows[b] ?? windows[0]!);
  const inputs: Record<string, TensorData> = {};
  for (const name of graph.inputs.keys()) {
    const parts = rows.map((window) => (name === 'told' ? toldOf(window) : window[name as keyof Window]));
    const all = (parts as Float32Array[]).flatMap((part) => [part]);
    const joined = name === 'codes' ? new Int32Array(sizeOfAll(all)) : new Float32Array(sizeOfAll(all));
    all.reduce((at, part) => (joined.set(part, at), at + part.length), 0);
    inputs[name] = joined;
  }
  return inputs;
}

const sizeOfAll = (parts: readonly ArrayLike<number>[]): number =>
  parts.reduce((total, { length }) => total + length, 0);

/** Action and motion of each frame, in one row: (T, A + M). */
function toldOf({ action, motion, steps }: Window): Float32Array {
  const [actions, motions] = [action.length / steps, motion.length / steps];
  const told = new Float32Array(steps * (actions + motions));
  for (let t = 0; t < steps; t++) {
    const at = t * (actions + motions);
    told.set(action.subarray(t * actions, (t + 1) * actions), at);
    told.set(motion.subarray(t * motions, (t + 1) * motions), at + actions);
  }
  return told;
}
