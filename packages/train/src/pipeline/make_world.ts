import type {
  DeltaWorldConfig,
  FileTensor,
  PlayDefaults,
  Provenance,
  WorldActions,
  WorldFile,
  WorldMetadata,
  WorldModel,
} from '@snowglobe/model';
import { SnowglobeError, sizeOf } from '@snowglobe/graph';
import {
  checkWorldMetadata,
  defaultFamily,
  describable,
  directionOfShift,
  isPlayState,
} from '@snowglobe/model';
import type { VariableStore } from '@snowglobe/graph';
import type { ClipDataset } from '../data/index.js';
import type { TrainedWorld } from './pipeline.js';
import { readKeys } from './read_keys.js';

/** Which weights belong into a world: what plays, what turns pictures into tokens, what reads actions off video. */
const kept = /^(tokenizer|motion|prior|delta|dynamics)\/|^latentActions\/(?!decoder\/)/;

export interface WorldOptions {
  readonly provenance: Provenance;
  readonly evaluation?: Readonly<Record<string, number>>;
  readonly play?: PlayDefaults;
  /** Clips with key logs from which the keys of latent actions are read; default 20. */
  readonly labelledClips?: number;
}

/**
 * Checks before training what a world will say about itself after it: names of actions and texts that cannot stand in its file.
 * @param base of a world that is gone on from, whose actions stay what they are
 * @throws SnowglobeError naming the field
 */
export function checkFutureWorld(
  data: ClipDataset,
  model: WorldModel,
  provenance: Provenance,
  base?: WorldMetadata,
): void {
  const source = 'train: the world could not be written';
  const described = describableProvenance(provenance);
  if (base) return checkWorldMetadata({ ...base, provenance: described, evaluation: {} }, source);
  const { actionNames } = data;
  const { actions, config } = model;
  const keys = actions.areLatent && actionNames.length > 0 ? emptyKeys(actionNames, actions) : undefined;
  const about = actions.areLatent && !keys ? unnamedActions(actions.count) : { actionNames, ...keys };
  checkWorldMetadata({ config, provenance: described, evaluation: {}, ...about }, source);
}

/** Bytes that a world's file has at least: those of the weights that play uses. */
export function worldBytes(model: WorldModel): number {
  const weights = [...model.frameGraph().variables].filter(([name]) => !isPlayState(name));
  return weights.reduce((sum, [, { shape }]) => sum + 4 * sizeOf(shape), 0);
}

/** Names of files, which may hold anything, as they can stand in a world file. */
const describableProvenance = (provenance: Provenance): Provenance => ({
  ...provenance,
  command: describable(provenance.command),
  machine: describable(provenance.machine),
  data: describable(provenance.data),
});

/** Keys of which nothing is known yet. */
function emptyKeys(
  actionNames: readonly string[],
  { count, states }: WorldActions,
): Pick<WorldMetadata, 'codeToAction' | 'keys'> {
  const rows = Array.from({ length: states }, () => new Array<number>(count).fill(0));
  return {
    codeToAction: new Array<null>(count).fill(null),
    keys: Object.fromEntries(actionNames.map((name) => [name, rows])),
  };
}

/** Actions that nobody has named. */
function unnamedActions(codes: number): Pick<WorldMetadata, 'actionNames' | 'codeToAction'> {
  const names = Array.from({ length: codes }, (_, code) => `code ${code}`);
  return { actionNames: names, codeToAction: names };
}

/** A trained world as a file. @throws SnowglobeError when a stage has not been trained */
export async function makeWorld(
  data: ClipDataset,
  { model, store, actions, motion }: TrainedWorld,
  { provenance, evaluation = {}, play, labelledClips = 20 }: WorldOptions,
): Promise<WorldFile> {
  const config = model.config as DeltaWorldConfig;
  const { family } = model;
  return {
    model,
    metadata: {
      ...(family !== defaultFamily.name && { family }),
      config,
      ...keysOf(data, config, { actions, ...(motion && { motion }) }, labelledClips),
      provenance: describableProvenance(provenance),
      evaluation,
      ...(play && { play }),
    },
    tensors: await weightsOf(store, config),
  };
}

async function weightsOf(
  store: VariableStore,
  { latentActions }: DeltaWorldConfig,
): Promise<Map<string, FileTensor>> {
  const names = store.names().filter((name) => kept.test(name));
  for (const part of ['tokenizer', 'motion', ...(latentActions ? ['prior'] : []), 'delta', 'dynamics']) {
    if (!names.some((name) => name.startsWith(`${part}/`))) {
      throw new SnowglobeError(`world: its ${part} has not been trained; train that stage first.`);
    }
  }
  const tensors = new Map<string, FileTensor>();
  for (const name of names.sort()) {
    const { shape } = store.spec(name);
    tensors.set(name, { dtype: 'F32', shape, data: (await store.read(name)) as Float32Array });
  }
  return tensors;
}

/** What a player can do, and how the dynamics calls it. */
function keysOf(
  data: ClipDataset,
  { latentActions }: DeltaWorldConfig,
  { actions: codes, motion }: Pick<TrainedWorld, 'actions' | 'motion'>,
  labelledClips: number,
): Pick<WorldMetadata, 'actionNames' | 'codeToAction' | 'keys'> {
  const { actionNames } = data;
  if (!latentActions || !motion) return { actionNames };
  const labelled = data.clips.flatMap(({ hasActions }, clip) => (hasActions ? [clip] : []));
  const clips = labelled.slice(0, labelledClips).map((clip) => ({
    // Worlds with latent actions have a code for every frame.
    codes: codes[clip] as ArrayLike<number>,
    directions: Array.from({ length: data.clips[clip]!.frames - 1 }, (_, t) =>
      directionOfShift(motion.bestShift(clip, t - 1), latentActions.range),
    ),
    actions: data.actions(clip, 0, data.clips[clip]!.frames - 1),
  }));
  const keys = readKeys(clips, actionNames, latentActions.codes);
  if (keys) return { actionNames, ...keys };
  return unnamedActions(latentActions.codes);
}
