/** What a command has before it trains: recordings, the world that is made of them, and a plan. */
import { basename, extname, resolve } from 'node:path';
import type { WorldFamily, WorldFile, WorldModel } from '@snowglobe/model';
import type { ChosenFamily, ClipDataset, TrainOptions } from '@snowglobe/train';
import type { Context } from '../command.js';
import { UsageError, meaning } from '../command.js';
import { meantBy, typed } from '../names.js';
import type { TrainingOptions } from './options.js';

/** Options, and the stages that are wanted; default all. */
export type WantedTraining = TrainingOptions & { readonly stages?: readonly string[] };

/** What is settled before training. */
export interface PreparedTraining {
  /** The caller closes it. */
  readonly data: ClipDataset;
  /** The world as it will be. */
  readonly future: WorldModel;
  readonly chosen: ChosenFamily | undefined;
  readonly from: WorldFile | undefined;
  /** Of weights that are trained to be rounded. */
  readonly scheme: string | undefined;
  /** What `trainWorld` is told. */
  readonly training: Omit<TrainOptions, 'executor'>;
}

/** The file that a command makes unless it is told another name. */
export const defaultWorld = (clips: readonly string[]): string =>
  `${basename(resolve(clips[0]!), extname(clips[0]!))}.safetensors`;

/**
 * Opens recordings and finds out what they become, after everything that can be known without them.
 * @param folder of the run
 * @throws UsageError for names that there are not, SnowglobeError for recordings that do not do
 */
export async function prepareTraining(
  { note, signal }: Pick<Context<unknown>, 'note' | 'signal'>,
  clips: readonly string[],
  options: WantedTraining,
  folder: string,
): Promise<PreparedTraining> {
  const [training, plumbing, { cacheFolder }] = await Promise.all([
    import('@snowglobe/train'),
    import('@snowglobe/train/internal'),
    import('@snowglobe/runtime/internal'),
  ]);
  const quantization = options.qat === undefined ? undefined : await import('@snowglobe/quantize');
  const scheme = quantization && meaning(() => quantization.schemeNamed(options.qat!));
  const from = options.from === undefined ? undefined : await openBase(options.from);
  const choice = { name: options.family, actions: options.actions };
  // What can be known before recordings are decoded is said before that: some world that they may become must have what is asked for.
  const possible = from ? [] : meaning(() => plumbing.possibleFamilies(choice));
  const sketches = from ? [() => from.model] : possible.map((family) => () => sketch(family, options));
  // With captions a world may have more stages, and without them it has no others.
  const captioned = sketches.map((make) => () => make().learningWords?.(['word']) ?? make());
  const { wanted } = await firstThatWorks(
    [...captioned, ...sketches].map((make) => () => plannedStages(training, make(), options)),
  );
  if (from) await checkTrainable(from, wanted);
  note('decoding recordings');
  const data = await training.openRecordings(clips, {
    ...(from?.model.config ?? options.size),
    ...(options.fps !== undefined && { fps: options.fps }),
    cacheFolder: options.cache ?? cacheFolder(),
  });
  try {
    const chosen = from ? undefined : await training.chooseFamily(data, choice);
    if (chosen?.remark !== undefined) note(chosen.remark);
    const model = from?.model ?? plumbing.modelFor(data, { ...options, ...settledBy(chosen) });
    const future = await plumbing.learnLanguage(model, data, wanted);
    const planned = await plannedStages(training, future, options);
    return {
      ...{ data, future, chosen, from, scheme: scheme?.name },
      training: {
        ...{ preset: options.preset, actions: options.actions, ...settledBy(chosen) },
        ...{ plan: planned.plan, seed: options.seed, folder, onRemark: note, signal },
        ...(options.memory !== undefined && { memory: options.memory }),
        ...(planned.wanted && { stages: planned.wanted }),
        ...(from && { from }),
        ...(scheme && { weightFormats: (made) => quantization!.trainingFormats(made, scheme) }),
      },
    };
  } catch (error) {
    data.close();
    throw error;
  }
}

/** The world that training goes on from. */
async function openBase(name: string): Promise<WorldFile> {
  const { findWorld, readWorldFile } = await import('@snowglobe/runtime');
  return readWorldFile(await findWorld(name));
}

/** Weights in few bits take no steps; what stages without steps find can be added to them. @throws SnowglobeError */
async function checkTrainable({ model, metadata }: WorldFile, wanted?: readonly string[]): Promise<void> {
  const { checkNotQuantized } = await import('@snowglobe/model/internal');
  const { stages } = await model.training();
  const takesSteps = wanted?.some((name) => !stages.find((each) => each.name === name)?.finds) ?? true;
  if (takesSteps) checkNotQuantized(metadata, 'train');
}

/** The stage that somebody means. @throws UsageError */
function stageNamed(name: string, stages: readonly string[]): string {
  const stage = meantBy(name, stages);
  if (stage === undefined) throw new UsageError(`${typed(name)} is none of ${stages.join(', ')}.`);
  return stage;
}

/** A world as it will be, but for what recordings decide: it has the same stages. @throws UsageError */
function sketch(family: WorldFamily, { preset, size, memory, actions }: TrainingOptions): WorldModel {
  const trueActions = actions === 'true' ? 1 : undefined;
  return meaning(() => family.fromPreset(preset, { ...size, fps: 15 }, { memory, trueActions }));
}

/** The result of the first that does not throw; else what the last one throws is thrown. */
async function firstThatWorks<T>(attempts: readonly (() => Promise<T>)[]): Promise<T> {
  let reason: unknown;
  for (const attempt of attempts) {
    try {
      return await attempt();
    } catch (error) {
      reason = error;
    }
  }
  throw reason;
}

/** What `trainWorld` is told of the family. */
const settledBy = (chosen: ChosenFamily | undefined) =>
  chosen && { family: chosen.family.name, findings: chosen.findings };

/** The stages that are wanted, and how long each is trained. @throws UsageError for a stage that the world does not have */
async function plannedStages(
  { planFor }: Pick<typeof import('@snowglobe/train'), 'planFor'>,
  model: WorldModel,
  options: WantedTraining,
) {
  const { stages: own } = await model.training();
  const stages = own.map(({ name }) => name);
  const wanted = options.stages?.map((name) => stageNamed(name, stages));
  const minutes = Object.fromEntries(
    Object.entries(options.stageMinutes ?? {}).map(([name, each]) => [stageNamed(name, stages), each]),
  );
  const share = own.reduce((sum, each) => sum + (wanted?.includes(each.name) ? (each.share ?? 0) : 0), 0);
  // Of a world that is gone on from, the other stages are trained no more: all minutes are for those that are wanted.
  const total = options.from !== undefined && share > 0 ? options.minutes / share : options.minutes;
  return { wanted, plan: meaning(() => planFor(own, total, minutes)) };
}
