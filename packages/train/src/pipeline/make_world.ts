import type {
  FileTensor,
  PlayDefaults,
  Provenance,
  WorldConfig,
  WorldFile,
  WorldMetadata,
} from '@snowglobe/model';
import { SnowglobeError } from '@snowglobe/graph';
import { directionOfShift } from '@snowglobe/model';
import type { VariableStore } from '@snowglobe/runtime';
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

/** A trained world as a file. @throws SnowglobeError when a stage has not been trained */
export async function makeWorld(
  data: ClipDataset,
  { config, store, actions, motion }: TrainedWorld,
  { provenance, evaluation = {}, play, labelledClips = 20 }: WorldOptions,
): Promise<WorldFile<WorldConfig>> {
  return {
    metadata: {
      config,
      ...keysOf(data, config, { actions, motion }, labelledClips),
      provenance,
      evaluation,
      ...(play && { play }),
    },
    tensors: await weightsOf(store, config),
  };
}

async function weightsOf(
  store: VariableStore,
  { latentActions }: WorldConfig,
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
  { latentActions }: WorldConfig,
  { actions: codes, motion }: Pick<TrainedWorld, 'actions' | 'motion'>,
  labelledClips: number,
): Pick<WorldMetadata<WorldConfig>, 'actionNames' | 'codeToAction' | 'keys'> {
  const { actionNames } = data;
  if (!latentActions || !motion) return { actionNames };
  const labelled = data.clips.flatMap(({ hasActions }, clip) => (hasActions ? [clip] : []));
  const clips = labelled.slice(0, labelledClips).map((clip) => ({
    codes: codes[clip]!,
    directions: Array.from({ length: data.clips[clip]!.frames - 1 }, (_, t) =>
      directionOfShift(motion.bestShift(clip, t - 1), latentActions.range),
    ),
    actions: data.actions(clip, 0, data.clips[clip]!.frames - 1),
  }));
  const keys = readKeys(clips, actionNames, latentActions.codes);
  if (keys) return { actionNames, ...keys };
  const names = Array.from({ length: latentActions.codes }, (_, code) => `code ${code}`);
  return { actionNames: names, codeToAction: names };
}
