import type { VariableStore } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import type { FamilyTraining, RecordingSession, WorldFile, WorldModel } from '@snowglobe/model';
import { defaultFamily, familyNamed } from '@snowglobe/model';
import { join } from 'node:path';
import type { ClipDataset } from '../data/index.js';
import type { StageResult } from '../loop/stage_options.js';
import { writePage } from '../metrics/page.js';
import { openStages, takeStage } from './open_stages.js';
import type { TrainOptions } from './train_options.js';

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
  const { folder, onRemark, signal, from } = options;
  const opened = await openStages(from?.model ?? modelFor(data, options), data, options);
  const { training, session, store, todo } = opened;
  let { model } = opened;
  const { stages } = training;
  const { train, load, missing, makesWorld } = todo;
  if (train.has(stages.at(-1)!.name) && !makesWorld) {
    onRemark?.(`no world can be made yet: ${folder} has no checkpoint of ${missing.join(', ')}`);
  }
  const results: Record<string, StageResult> = {};
  const seconds: Record<string, number> = {};
  let finished = true;
  for (const stage of stages) {
    const { name } = stage;
    if (!train.has(name) && !load.has(name)) continue;
    if (signal?.aborted) break;
    if (stage.finds) {
      model = familyNamed(model.family, 'train').parse(await session.find!(name));
      continue;
    }
    const taken = await takeStage(opened, stage, { loadOnly: !train.has(name) });
    if (taken === undefined) break;
    seconds[name] = taken.seconds;
    if (taken.result && train.has(name)) {
      results[name] = taken.result;
      finished &&= taken.result.finished;
    } else if (taken.result && !taken.result.finished) {
      onRemark?.(`${name} is taken as it is after ${taken.result.step} steps: it had more time left`);
    }
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
