import { sizeOf, SnowglobeError } from '@snowglobe/graph';
import type {
  FamilyTraining,
  FileTensor,
  SamplingDefaults,
  Provenance,
  WorldActions,
  WorldFile,
  WorldMetadata,
  WorldModel,
} from '@snowglobe/model';
import { defaultFamily } from '@snowglobe/model';
import {
  asHalves,
  checkWorldMetadata,
  describable,
  isPlayState,
  spread,
  unnamedActions,
  weightsOfWords,
} from '@snowglobe/model/internal';
import type { ClipDataset } from '../data/index.js';
import type { TrainedWorld } from './pipeline.js';

/** What a world file says beside the weights. */
export interface WorldOptions {
  readonly provenance: Provenance;
  readonly evaluation?: Readonly<Record<string, number>>;
  /** Default: of a world that was gone on from, as that one is played; else as its family says. */
  readonly play?: SamplingDefaults;
  /** Clips with key logs from which the keys of latent actions are read; default 20. */
  readonly labelledClips?: number;
}

/** What a file says of a model. Worlds of the default family do not name it: programs that know no other one read them. */
const aboutModel = ({ family, config }: WorldModel): Pick<WorldMetadata, 'family' | 'config'> => ({
  ...(family !== defaultFamily.name && { family }),
  config,
});

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
  const { actions } = model;
  const keys = actions.areLatent && actionNames.length > 0 ? emptyKeys(actionNames, actions) : undefined;
  const about = actions.areLatent && !keys ? unnamedActions(actions.count) : { actionNames, ...keys };
  checkWorldMetadata({ ...aboutModel(model), provenance: described, evaluation: {}, ...about }, source);
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

/**
 * A trained world as a file. What a world that it went on from says about its actions and how it is played still holds.
 * @throws SnowglobeError when a stage has not been trained
 */
export async function makeWorld(
  data: ClipDataset,
  trained: TrainedWorld,
  { provenance, evaluation = {}, play, labelledClips = 20 }: WorldOptions,
): Promise<WorldFile> {
  const { model, session, training, from } = trained;
  // Without a step of training, weights and frames are what they were, and what was measured of them holds.
  const untrained = from && Object.keys(trained.seconds).length === 0 ? from : undefined;
  const tensors = untrained?.tensors ?? withHalves(model, await weightsOf(trained));
  const labelled = data.clips.flatMap(({ hasActions }, clip) => (hasActions ? [clip] : []));
  const sampling = play ?? defaultsOf(training);
  const whole = from ? continued(from.metadata.provenance, provenance) : provenance;
  const about = from
    ? {
        ...(sampling && { play: sampling }),
        ...(untrained ? from.metadata : await stillTrue(from.metadata, trained)),
        ...aboutModel(model),
        ...(play && { play }),
      }
    : {
        ...aboutModel(model),
        ...(await session.describeActions(spread(labelled, labelledClips))),
        ...(sampling && { play: sampling }),
      };
  return {
    model,
    metadata: {
      ...about,
      provenance: describableProvenance(whole),
      evaluation: { ...untrained?.metadata.evaluation, ...evaluation },
    },
    tensors,
  };
}

/** Where a world comes from that was gone on from another one: what made that one is part of it. */
function continued(before: Provenance, own: Provenance): Provenance {
  const both = <T>(pick: (of: Provenance) => readonly T[]): T[] => [
    ...new Set([...pick(before), ...pick(own)]),
  ];
  const texts = (pick: (of: Provenance) => string): string => both((of) => [pick(of)]).join('; then ');
  return {
    command: texts(({ command }) => command),
    seeds: both(({ seeds }) => seeds),
    hours: Math.round((before.hours + own.hours) * 1000) / 1000,
    machine: texts(({ machine }) => machine),
    data: texts(({ data }) => data),
    licences: both(({ licences }) => licences),
  };
}

/** How worlds of a family are sampled unless someone says otherwise. */
function defaultsOf({ sampling }: Pick<FamilyTraining, 'sampling'>): SamplingDefaults | undefined {
  return sampling && { temperature: sampling.temperature, certainty: sampling.confidenceThreshold };
}

/** What was measured of the world that this one goes on from is not measured of it, unless it is played with the same weights. */
async function stillTrue(
  before: WorldMetadata,
  { model, store, from }: TrainedWorld,
): Promise<WorldMetadata> {
  for (const name of model.frameGraph().variables.keys()) {
    if (isPlayState(name)) continue;
    const [old, now] = [from!.tensors.get(name)?.data, (await store.read(name)) as Float32Array];
    if (
      !(old instanceof Float32Array) ||
      old.length !== now.length ||
      now.some((value, i) => value !== old[i])
    ) {
      const { measurements: _, ...about } = before;
      return about;
    }
  }
  return before;
}

/**
 * Weights that play uses once a session, to draw its first frame, as half floats: they would be more than half of the file, and
 * nothing that is rounded there is carried from frame to frame.
 */
function withHalves(model: WorldModel, tensors: Map<string, FileTensor>): Map<string, FileTensor> {
  for (const name of weightsOfWords(model)) {
    const tensor = tensors.get(name);
    if (tensor) tensors.set(name, asHalves(tensor));
  }
  return tensors;
}

async function weightsOf({ store, training }: TrainedWorld): Promise<Map<string, FileTensor>> {
  const names = store.names().filter((name) => training.keeps(name));
  for (const stage of training.stages) {
    if (!stage.finds && !names.some((name) => stage.trains(name))) {
      throw new SnowglobeError(`world: its ${stage.name} has not been trained; train that stage first.`);
    }
  }
  const tensors = new Map<string, FileTensor>();
  for (const name of names.sort()) {
    const { shape } = store.spec(name);
    tensors.set(name, { dtype: 'F32', shape, data: (await store.read(name)) as Float32Array });
  }
  return tensors;
}
