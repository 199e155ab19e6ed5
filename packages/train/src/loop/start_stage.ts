import type { Tensor } from '@snowglobe/graph';
import { sizeOf, SnowglobeError } from '@snowglobe/graph';
import { makeFolder } from '@snowglobe/runtime/internal';
import type { TrainingStep } from './build_step.js';
import { buildStep } from './build_step.js';
import type { CheckpointState } from './checkpoint.js';
import { loadCheckpoint } from './checkpoint.js';
import { initializeVariables } from './initialize.js';
import type { StageOptions } from './stage_options.js';

/** A stage before its next step; what it starts from is in the store. */
export interface StartedStage {
  readonly step: TrainingStep;
  /** Variables that a checkpoint holds, by name. */
  readonly assigned: ReadonlyMap<string, Tensor>;
  /** Of the checkpoint, or of a stage that took no step yet. */
  readonly state: CheckpointState;
}

/**
 * Puts what a stage starts from into its store: the last checkpoint of the run folder, or first weights.
 * @throws SnowglobeError for a checkpoint of another model, seed or data, or weights that no earlier stage left
 */
export async function startStage(options: StageOptions): Promise<StartedStage> {
  const { name, store, folder, seed } = options;
  const step = buildStep(options);
  const { graph, rules } = step;
  await makeFolder(folder);
  const assigned = new Map([...graph.assignments.keys()].map((key) => [key, graph.variables.get(key)!]));
  const saved = await loadCheckpoint(folder, name, assigned, store);
  if (saved) checkIsOf(saved, options);
  if (!saved && options.loadOnly) {
    throw new SnowglobeError(
      `train: ${folder} has no checkpoint of the ${name} stage; train that stage first.`,
    );
  }
  const own = [...rules.keys()].filter((key) => assigned.has(key));
  // A part that the world which is gone on from does not have at all begins anew.
  const fineTunes = options.fineTune === true && (saved !== undefined || own.some((key) => store.has(key)));
  const mayLack = (key: string): boolean => assigned.has(key) && options.mayLack?.(key) === true;
  for (const key of rules.keys()) {
    if ((fineTunes || !assigned.has(key)) && !store.has(key) && !mayLack(key)) {
      throw new SnowglobeError(
        `train: the ${name} stage needs trained weights '${key}', which no earlier stage left; train that stage first.`,
      );
    }
  }
  const fresh = fineTunes ? own.filter((key) => !store.has(key)) : own;
  if (!saved) {
    initializeVariables(graph.variables, new Map(fresh.map((key) => [key, rules.get(key)!])), store, seed);
    for (const key of fresh) {
      const tensor = graph.variables.get(key)!;
      const first = await options.firstWeights?.(key);
      if (first?.length === sizeOf(tensor.shape)) store.write(key, tensor, first);
    }
  }
  const state = saved ?? { stage: name, step: 0, seconds: 0, seed, window: { steps: 0, sums: {} } };
  if (options.data !== undefined) state.data = options.data;
  return { step, assigned, state };
}

/** @throws SnowglobeError where a checkpoint is of another seed or learned from other data */
function checkIsOf(saved: CheckpointState, { name, folder, seed, data, onRemark }: StageOptions): void {
  if (saved.seed !== seed) {
    throw new SnowglobeError(
      `train: the ${name} stage in ${folder} was started with seed ${saved.seed}, not ${seed}; use that seed or another folder.`,
    );
  }
  if (data === undefined) return;
  if (saved.data === undefined) {
    onRemark?.(
      `the checkpoint of ${name} does not say which recordings it learned from; they are taken to be these`,
    );
  } else if (saved.data !== data) {
    throw new SnowglobeError(
      `train: the ${name} stage in ${folder} learned from other recordings (their frames, order or key logs differ from these); go on with those, or choose another run folder.`,
    );
  }
}
