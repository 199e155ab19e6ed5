import type { Executor, VariableStore } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import type { FamilyTraining, RecordingSession, WorldFile, WorldModel } from '@snowglobe/model';
import { defaultFamily, familyNamed } from '@snowglobe/model';
import { makeFolder } from '@snowglobe/runtime/internal';
import { join } from 'node:path';
import type { ClipDataset } from '../data/index.js';
import type { Progress, StageOptions, StageResult } from '../loop/stage_options.js';
import { trainStage } from '../loop/stage.js';
import { writePage } from '../metrics/page.js';
import { learnLanguage } from './learn_language.js';
import { checkRecordings } from './check_recordings.js';
import { trainFromSeveral } from './restarts.js';
import type { Plan } from './stages.js';
import { planStages } from './stages.js';
import { tensorCache } from './tensor_cache.js';

/** Which world is learned, in which time and where. */
export interface TrainOptions {
  /** Name of the family of worlds; default the first one. */
  readonly family?: string | undefined;
  /** See `WorldFamily.presets`. */
  readonly preset: string;
  /** See `PresetOptions.findings`. */
  readonly findings?: unknown;
  /** Frames that are remembered, in place of the preset's. */
  readonly memory?: number;
  /** `latent` discovers actions without labels; `true` takes those of the recordings' key logs. */
  readonly actions: 'latent' | 'true';
  /** Of every stage that is trained or loaded, see `planFor`. */
  readonly plan: Plan;
  readonly seed: number;
  /** Run folder: checkpoints, logs and the page. Continues what is there. */
  readonly folder: string;
  readonly executor: Executor;
  /**
   * A world to go on from: its model in place of the preset's, and its weights. Stages that are not trained keep those,
   * the others start from them, but those with `restarts`. Name the stages: most need not be learned again.
   */
  readonly from?: WorldFile;
  /** See `StageOptions.weightFormat`: for worlds that will be quantized. */
  readonly weightFormats?: (model: WorldModel) => Promise<NonNullable<StageOptions['weightFormat']>>;
  /** Only these stages are trained, in their own order; others come from their checkpoints in the folder. Default: all. */
  readonly stages?: readonly string[];
  /** Called a few times a second while a stage is trained. */
  readonly onProgress?: (progress: Progress) => void;
  /** Told in a few words what is going on between stages. */
  readonly onRemark?: (remark: string) => void;
  readonly signal?: AbortSignal;
}

/** What the stages left: a world, or a part of one. */
export interface TrainedWorld {
  readonly model: WorldModel;
  readonly training: FamilyTraining;
  /** The recordings as the world reads them. */
  readonly session: RecordingSession;
  /** The world that it went on from. */
  readonly from?: WorldFile;
  /** Weights of every stage that was trained or loaded; of a world that it went on from, those that are not in few bits. */
  readonly store: VariableStore;
  /** Whether all of the chosen stages used their whole budgets. */
  readonly finished: boolean;
  /** Stages that were neither chosen nor have a checkpoint in the folder: without them there is no world. */
  readonly missing: readonly string[];
  /** Whether `makeWorld` makes a world of it: the last stage was chosen, or it went on from a world, and no stage is missing. */
  readonly isWhole: boolean;
  /** Of training, over all sessions, by stage. */
  readonly seconds: Readonly<Record<string, number>>;
  /** Of stages that were trained now, but those with `restarts`. */
  readonly results: Readonly<Record<string, StageResult>>;
}

/** The model of a world that a preset makes of recordings. @throws SnowglobeError */
export function modelFor(
  data: ClipDataset,
  {
    family,
    preset,
    actions,
    memory,
    findings,
  }: Pick<TrainOptions, 'actions' | 'family' | 'findings' | 'memory' | 'preset'>,
): WorldModel {
  const frame = { width: data.width, height: data.height, fps: data.fps };
  const { fromPreset } = family === undefined ? defaultFamily : familyNamed(family, 'train');
  if (actions === 'latent') return fromPreset(preset, frame, { memory, findings });
  if (data.actionNames.length === 0 || data.clips.some(({ hasActions }) => !hasActions)) {
    throw new SnowglobeError(
      'train: true actions were asked for, but not every recording has a key log beside it; add them or train with latent actions.',
    );
  }
  return fromPreset(preset, frame, { memory, findings, trueActions: data.actionNames.length });
}

/**
 * Learns a world from recordings, stage by stage. It can be stopped at any moment and goes on from the last checkpoint.
 * @throws SnowglobeError for recordings without key logs where true actions are wanted, recordings that are too short, stages
 *   that there are not, and whatever a stage throws
 */
export async function trainWorld(data: ClipDataset, options: TrainOptions): Promise<TrainedWorld> {
  const { executor, plan, folder, seed, onRemark, signal, from } = options;
  let model = await learnLanguage(from?.model ?? modelFor(data, options), data, options.stages);
  if (model.events && model.events.length !== from?.model.events?.length) {
    onRemark?.(`the world learns ${model.events.length} events: ${model.events.join(', ')}`);
  }
  const training = await model.training();
  const { stages } = training;
  const { train, load, missing, makesWorld } = await planStages(stages, folder, {
    wanted: options.stages,
    hasBase: from !== undefined,
  });
  const chosen = stages.filter(({ name }) => train.has(name));
  checkRecordings(data, chosen);
  const weightFormat = await options.weightFormats?.(model);
  await makeFolder(folder);
  const store = executor.createStore();
  for (const [name, { shape, data: weights }] of from?.tensors ?? []) {
    if (weights instanceof Float32Array) store.write(name, { shape, dtype: 'f32' }, weights);
  }
  if (train.has(stages.at(-1)!.name) && !makesWorld) {
    onRemark?.(`no world can be made yet: ${folder} has no checkpoint of ${missing.join(', ')}`);
  }
  const session = training.open({
    ...{ data, executor, store, seed, cache: tensorCache(data, folder), onRemark },
    actionNames: from?.metadata.actionNames,
  });
  const shared = {
    ...{ executor, store, seed, folder },
    data: data.contentHash({ labels: !model.actions.areLatent }),
    ...(onRemark && { onRemark }),
    ...(options.onProgress && { onProgress: options.onProgress }),
    ...(signal && { signal }),
  };
  const results: Record<string, StageResult> = {};
  const seconds: Record<string, number> = {};
  let finished = true;
  for (const stage of stages) {
    const { name, restarts } = stage;
    if (!train.has(name) && !load.has(name)) continue;
    if (signal?.aborted) break;
    if (stage.finds) {
      model = familyNamed(model.family, 'train').parse(await session.find!(name));
      continue;
    }
    const own = plan[name];
    if (!own) {
      throw new SnowglobeError(`train: the plan says nothing of the ${name} stage; make it with planFor.`);
    }
    const learned = {
      ...(await session.define(name, own)),
      ...shared,
      trains: (parameter: string) => stage.trains(parameter),
      budget: own,
      loadOnly: !train.has(name),
    };
    if (restarts !== undefined) {
      const starts = own['starts'] ?? 1;
      const spent = await trainFromSeveral({ ...learned, stage: name, name: restarts, starts });
      if (spent === undefined) break;
      seconds[name] = spent;
    } else {
      const result = await trainStage({
        ...{ ...learned, name },
        ...(from && { fineTune: true }),
        ...(weightFormat && { weightFormat }),
        onCheckpoint: async () => void (await writePage(folder, `Training ${options.preset}`)),
      });
      seconds[name] = result.seconds;
      if (train.has(name)) {
        results[name] = result;
        finished &&= result.finished;
      } else if (!result.finished) {
        onRemark?.(`${name} is taken as it is after ${result.step} steps: it had more time left`);
      }
    }
    if (!signal?.aborted) await session.finish?.(name);
  }
  await writePage(folder, `Training ${options.preset}`);
  return {
    ...{ model, training, session, store, missing, seconds, results },
    ...(from && { from }),
    finished: finished && !signal?.aborted,
    isWhole: makesWorld,
  };
}

/** Where a world's run folder is unless someone says otherwise. */
export function runFolderOf(world: string): string {
  return join(`${world.replace(/\.safetensors$/, '')}.run`);
}
