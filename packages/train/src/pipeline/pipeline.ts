import { join } from 'node:path';
import { makeFolder } from '@snowglobe/runtime';
import type { EncodedChains, MotionTable, Transitions } from '@snowglobe/eval';
import { encodeChains, trueActions } from '@snowglobe/eval';
import { SnowglobeError } from '@snowglobe/graph';
import type { DeltaWorldConfig, WorldFile, WorldModel } from '@snowglobe/model';
import { defaultFamily, evidenceOf } from '@snowglobe/model';
import type { Executor, VariableStore } from '@snowglobe/graph';
import type { ClipDataset } from '../data/index.js';
import type { Budget, Progress, StageOptions, StageResult } from '../loop/stage.js';
import { trainStage } from '../loop/stage.js';
import { writePage } from '../metrics/page.js';
import { deltaStage } from '../stages/delta.js';
import { dynamicsStage } from '../stages/dynamics.js';
import { motionStage } from '../stages/motion.js';
import { priorStage } from '../stages/prior.js';
import { tokenizerStage } from '../stages/tokenizer.js';
import { discoverActions, readActions } from './discover_actions.js';
import { checkRecordings } from './check_recordings.js';
import { cachedMotion } from './motion_cache.js';
import type { StageName } from './stages.js';
import { planStages } from './stages.js';

/** How long each stage trains. */
export interface Plan {
  readonly tokenizer: Budget;
  readonly actions: { readonly steps: number; readonly starts: number };
  readonly motion: Budget;
  /** Of worlds with latent actions only. */
  readonly prior: Budget;
  readonly delta: Budget;
  /** `frames`: how many are encoded as the dynamics will see them. */
  readonly dynamics: Budget & { readonly frames: number };
}

/** Shares of the time, measured on two CPU cores: what gains most from more of it has most. */
const shares = { tokenizer: 0.34, motion: 0.12, prior: 0.03, delta: 0.32, dynamics: 0.14 } as const;

/** Stages whose time can be set. */
export type TimedStage = keyof typeof shares;

/** Frames that are encoded for each minute in which the dynamics learns from them: each is seen about three times. */
const framesPerMinute = 1440;
/** A preset's frames of features take about 32 KB each. */
const mostFrames = 57_600;

/**
 * A plan for `minutes` of training; the rest of the time goes to discovering actions.
 * @param fixed minutes of stages that are to have neither more nor less, whatever `minutes` says
 */
export function planFor(minutes: number, fixed: Readonly<Partial<Record<TimedStage, number>>> = {}): Plan {
  const of = (stage: TimedStage) => ({ minutes: fixed[stage] ?? minutes * shares[stage] });
  const dynamics = of('dynamics');
  return {
    tokenizer: of('tokenizer'),
    actions: { steps: Math.min(3300, Math.ceil(60 * minutes)), starts: minutes >= 60 ? 4 : 1 },
    motion: of('motion'),
    prior: of('prior'),
    delta: of('delta'),
    dynamics: { ...dynamics, frames: Math.min(mostFrames, Math.ceil(framesPerMinute * dynamics.minutes)) },
  };
}

export interface TrainOptions {
  /** See `WorldFamily.presets`. */
  readonly preset: string;
  /** Frames that the dynamics remembers, in place of the preset's. */
  readonly memory?: number;
  /** `latent` discovers actions without labels; `true` takes those of the recordings' key logs. */
  readonly actions: 'latent' | 'true';
  readonly plan: Plan;
  readonly seed: number;
  /** Run folder: checkpoints, logs and the page. Continues what is there. */
  readonly folder: string;
  readonly executor: Executor;
  /**
   * A world to go on from: its config in place of the preset's, and its weights. Stages that are not trained keep those,
   * the others start from them. Name the stages: its tokenizer and actions need not be learned again.
   */
  readonly from?: WorldFile;
  /** See `StageOptions.weightFormat`: for worlds that will be quantized. */
  readonly weightFormats?: (model: WorldModel) => NonNullable<StageOptions['weightFormat']>;
  /** Only these stages are trained; others come from their checkpoints in the folder. Default: all. */
  readonly stages?: readonly StageName[];
  readonly onProgress?: (progress: Progress) => void;
  /** Told in a few words what is going on between stages. */
  readonly onRemark?: (remark: string) => void;
  readonly signal?: AbortSignal;
}

export interface TrainedWorld {
  readonly model: WorldModel;
  /** Weights of every stage that was trained or loaded. */
  readonly store: VariableStore;
  /** Whether all of the chosen stages used their whole budgets. */
  readonly finished: boolean;
  /** Stages that were neither chosen nor have a checkpoint in the folder: without them there is no world. */
  readonly missing: readonly StageName[];
  /** What each clip's actions are taken to be: latent codes or true actions. */
  readonly actions: Transitions['actions'];
  /** How the picture moves in them; absent where training did not come so far. */
  readonly motion?: MotionTable;
  /** Of training, over all sessions. */
  readonly seconds: Readonly<Partial<Record<StageName, number>>>;
  readonly results: Readonly<Partial<Record<StageName, StageResult>>>;
}

/** The model of a world that a preset makes of recordings. @throws SnowglobeError */
export function modelFor(
  data: ClipDataset,
  { preset, actions, memory }: Pick<TrainOptions, 'preset' | 'actions' | 'memory'>,
): WorldModel {
  const frame = { width: data.width, height: data.height, fps: data.fps };
  if (actions === 'latent') return defaultFamily.fromPreset(preset, frame, { memory });
  if (data.actionNames.length === 0 || data.clips.some(({ hasActions }) => !hasActions)) {
    throw new SnowglobeError(
      'train: true actions were asked for, but not every recording has a key log beside it; add them or train with latent actions.',
    );
  }
  return defaultFamily.fromPreset(preset, frame, { memory, trueActions: data.actionNames.length });
}

/**
 * Learns a world from recordings, stage by stage. It can be stopped at any moment and goes on from the last checkpoint.
 * @throws SnowglobeError for recordings without key logs where true actions are wanted, recordings that are too short, and whatever a stage throws
 */
export async function trainWorld(data: ClipDataset, options: TrainOptions): Promise<TrainedWorld> {
  const { executor, plan, folder, seed, onRemark, signal } = options;
  const { from } = options;
  const model = from?.model ?? modelFor(data, options);
  const config = model.config as DeltaWorldConfig;
  const { train, load, missing } = await planStages(config, folder, {
    ...(options.stages && { wanted: options.stages }),
    hasBase: from !== undefined,
  });
  checkRecordings(data, config, train);
  const weightFormat = options.weightFormats?.(model);
  await makeFolder(folder);
  const store = executor.createStore();
  for (const [name, { shape, data: weights }] of from?.tensors ?? []) {
    if (weights instanceof Float32Array) store.write(name, { shape, dtype: 'f32' }, weights);
  }
  if (train.has('dynamics') && missing.length > 0) {
    onRemark?.(`no world can be made yet: ${folder} has no checkpoint of ${missing.join(', ')}`);
  }
  const identity = data.contentHash({ labels: !config.latentActions });
  const results: Partial<Record<StageName, StageResult>> = {};
  const seconds: Partial<Record<StageName, number>> = {};
  let finished = true;
  const shared = {
    ...{ executor, store, seed, folder, data: identity },
    ...(onRemark && { onRemark }),
    ...(options.onProgress && { onProgress: options.onProgress }),
    ...(signal && { signal }),
  };
  const end = (learned: Pick<TrainedWorld, 'actions' | 'motion'> = { actions: [] }): TrainedWorld => ({
    ...{ model, store, missing, seconds, results },
    ...learned,
    finished: finished && !signal?.aborted,
  });

  /** Trains a stage, or loads what other sessions trained. */
  const run = async (
    name: Exclude<StageName, 'actions'>,
    stage: () => Omit<StageOptions, 'budget' | keyof typeof shared>,
  ): Promise<void> => {
    if (!train.has(name) && !load.has(name)) return;
    if (signal?.aborted) return void (finished = false);
    const result = await trainStage({
      ...stage(),
      ...(from && { fineTune: true }),
      ...(weightFormat && { weightFormat }),
      ...shared,
      budget: plan[name],
      loadOnly: !train.has(name),
      onCheckpoint: async () => void (await writePage(folder, `Training ${options.preset}`)),
    });
    seconds[name] = result.seconds;
    if (train.has(name)) {
      results[name] = result;
      finished &&= result.finished;
    } else if (!result.finished) {
      onRemark?.(`${name} is taken as it is after ${result.step} steps: it had more time left`);
    }
  };

  await run('tokenizer', () => tokenizerStage(data, config.tokenizer));
  if ([...train, ...load].every((name) => name === 'tokenizer') || signal?.aborted) return end();

  onRemark?.('measuring motion');
  const motion = await cachedMotion(data, evidenceOf(config), folder, { executor });
  const actions = await actionsFor();
  if (!actions) {
    finished = false;
    return end();
  }
  const transitions: Transitions = { data, actions, motion };
  await run('motion', () => motionStage(transitions, config));
  await run('prior', () => priorStage(transitions, config));
  await run('delta', () => deltaStage(transitions, config, { seed }));
  // Encoded when the first batch asks: a stage that is finished needs none.
  let encoded: Promise<EncodedChains> | undefined;
  const chains = (): Promise<EncodedChains> => {
    if (!encoded) onRemark?.('encoding recordings as the dynamics will see them');
    const { frames } = plan.dynamics;
    return (encoded ??= encodeChains(transitions, config, { executor, store, frames, seed }));
  };
  await run('dynamics', () => dynamicsStage(chains, config));
  await writePage(folder, `Training ${options.preset}`);
  return end({ actions, motion });

  /** What is done in the recordings; `undefined` when the signal stopped its discovery. */
  async function actionsFor(): Promise<Transitions['actions'] | undefined> {
    const { latentActions } = config;
    if (!latentActions) return trueActions(data, from?.metadata.actionNames);
    if (from && !train.has('actions')) {
      return readActions(data, motion, latentActions, { executor, store });
    }
    const discovered = await discoverActions(data, motion, latentActions, {
      ...shared,
      ...plan.actions,
      loadOnly: !train.has('actions'),
    });
    if (discovered) seconds.actions = discovered.seconds;
    return discovered?.codes;
  }
}

/** Where a world's run folder is unless someone says otherwise. */
export function runFolderOf(world: string): string {
  return join(`${world.replace(/\.safetensors$/, '')}.run`);
}
