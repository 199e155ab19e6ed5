import type {
  FileTensor,
  PlayDefaults,
  Provenance,
  WorldConfig,
  WorldFile,
  WorldMetadata,
} from '@snowglobe/model';
import { SnowglobeError } from '@snowglobe/graph';
import type { VariableStore } from '@snowglobe/runtime';
import type { ClipDataset } from '../data/index.js';
import { bestCodes, bestMap, contingencyTable } from '../evaluation/information.js';
import type { TrainedWorld } from './pipeline.js';

/** Which weights belong into a world: what plays, what turns pictures into tokens, what reads actions off video. */
const kept = /^(tokenizer|motion|delta|dynamics)\/|^latentActions\/(?!decoder\/)/;

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
  { config, store, actions }: TrainedWorld,
  { provenance, evaluation = {}, play, labelledClips = 20 }: WorldOptions,
): Promise<WorldFile<WorldConfig>> {
  return {
    metadata: {
      config,
      ...keysOf(data, config, actions, labelledClips),
      provenance,
      evaluation,
      ...(play && { play }),
    },
    tensors: await weightsOf(store),
  };
}

async function weightsOf(store: VariableStore): Promise<Map<string, FileTensor>> {
  const names = store.names().filter((name) => kept.test(name));
  for (const part of ['tokenizer', 'motion', 'delta', 'dynamics']) {
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
  codes: TrainedWorld['actions'],
  labelledClips: number,
): Pick<WorldMetadata<WorldConfig>, 'actionNames' | 'codeToAction' | 'actionToCode'> {
  const { actionNames } = data;
  if (!latentActions) return { actionNames };
  const pairs: { readonly code: number; readonly action: number }[] = [];
  const labelled = data.clips.flatMap(({ hasActions }, clip) => (hasActions ? [clip] : []));
  for (const clip of labelled.slice(0, labelledClips)) {
    const count = data.clips[clip]!.frames - 1;
    const held = data.actions(clip, 0, count);
    for (let t = 0; t < count; t++) {
      if (held[t]! >= 0) pairs.push({ code: codes[clip]![t]!, action: held[t]! });
    }
  }
  if (pairs.length === 0) {
    const names = Array.from({ length: latentActions.codes }, (_, code) => `code ${code}`);
    return { actionNames: names, codeToAction: names };
  }
  const table = contingencyTable(
    pairs.map(({ code }) => code),
    pairs.map(({ action }) => action),
    latentActions.codes,
    actionNames.length,
  );
  return {
    actionNames,
    codeToAction: bestMap(table).map((action) => actionNames[action]!),
    actionToCode: Object.fromEntries(bestCodes(table).map((code, action) => [actionNames[action]!, code])),
  };
}
