import type { VariableStore } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import type { FamilyTraining, RecordingSession, TrainingStage, WorldModel } from '@snowglobe/model';
import { makeFolder } from '@snowglobe/runtime/internal';
import type { ClipDataset } from '../data/index.js';
import { trainStage } from '../loop/stage.js';
import type { StageOptions, StageResult } from '../loop/stage_options.js';
import { writePage } from '../metrics/page.js';
import { checkRecordings } from './check_recordings.js';
import { learnLanguage } from './learn_language.js';
import { trainFromSeveral } from './restarts.js';
import type { Plan, StagesToDo } from './stages.js';
import { planStages } from './stages.js';
import { tensorCache } from './tensor_cache.js';
import type { TrainOptions } from './train_options.js';

/** A world before its stages are trained: recordings, weights and what is to be done. */
export interface OpenStages {
  readonly model: WorldModel;
  readonly training: FamilyTraining;
  readonly session: RecordingSession;
  readonly store: VariableStore;
  readonly todo: StagesToDo;
  readonly plan: Plan;
  /** How a stage is trained, once those before it have left their weights. @throws SnowglobeError */
  define(stage: TrainingStage): Promise<StageOptions>;
}

/**
 * @param model before it learns language
 * @throws SnowglobeError for recordings that are too short, stages that there are not or that need others
 */
export async function openStages(
  model: WorldModel,
  data: ClipDataset,
  options: TrainOptions,
): Promise<OpenStages> {
  const { executor, plan, folder, seed, onRemark, onProgress, signal, from } = options;
  const learning = await learnLanguage(model, data, options.stages);
  if (learning.events && learning.events.length !== from?.model.events?.length) {
    onRemark?.(`the world learns ${learning.events.length} events: ${learning.events.join(', ')}`);
  }
  const training = await learning.training();
  const { stages } = training;
  const todo = await planStages(stages, folder, {
    wanted: options.stages,
    hasBase: from !== undefined,
  });
  checkRecordings(
    data,
    stages.filter(({ name }) => todo.train.has(name)),
  );
  const weightFormat = await options.weightFormats?.(learning);
  await makeFolder(folder);
  const store = executor.createStore();
  for (const [name, { shape, data: weights }] of from?.tensors ?? []) {
    if (weights instanceof Float32Array) store.write(name, { shape, dtype: 'f32' }, weights);
  }
  const session = training.open({
    ...{ data, executor, store, seed, cache: tensorCache(data, folder), onRemark },
    actionNames: from?.metadata.actionNames,
    continues: from !== undefined,
  });
  const dataHash = data.contentHash({ labels: !learning.actions.areLatent });
  return {
    ...{ model: learning, training, session, store, todo, plan },
    async define(stage) {
      const { name, restarts } = stage;
      const own = plan[name];
      if (!own) {
        throw new SnowglobeError(`train: the plan says nothing of the ${name} stage; make it with planFor.`);
      }
      return {
        ...(await session.define(name, own)),
        ...{ name: restarts ?? name, executor, store, seed, folder, data: dataHash, budget: own },
        trains: (parameter: string) => stage.trains(parameter),
        ...(onRemark && { onRemark }),
        ...(onProgress && { onProgress }),
        ...(signal && { signal }),
        ...(restarts === undefined && {
          ...(from && { fineTune: true }),
          ...(weightFormat && { weightFormat }),
          onCheckpoint: async () => void (await writePage(folder, `Training ${options.preset}`)),
        }),
      };
    },
  };
}

/** What a stage has used, and how it ended where it is not trained from several first weights. */
export interface TakenStage {
  readonly seconds: number;
  readonly result?: StageResult;
}

/**
 * Trains a stage, or takes its weights from the run folder, and does what is left to do before the next one.
 * @returns undefined where the signal stopped one of several starts
 */
export async function takeStage(
  { session, define, plan }: OpenStages,
  stage: TrainingStage,
  { loadOnly }: { readonly loadOnly: boolean },
): Promise<TakenStage | undefined> {
  const { name, restarts } = stage;
  const options = { ...(await define(stage)), loadOnly };
  let taken: TakenStage;
  if (restarts === undefined) {
    const result = await trainStage(options);
    taken = { seconds: result.seconds, result };
  } else {
    const starts = plan[name]?.['starts'] ?? 1;
    const seconds = await trainFromSeveral({ ...options, stage: name, starts });
    if (seconds === undefined) return undefined;
    taken = { seconds };
  }
  if (!options.signal?.aborted) await session.finish?.(name);
  return taken;
}
