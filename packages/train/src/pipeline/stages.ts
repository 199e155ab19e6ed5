import { SnowglobeError } from '@snowglobe/graph';
import type { StagePlan, TrainingStage } from '@snowglobe/model';
import { hasCheckpoint } from '../loop/checkpoint.js';
import { startsIn } from './restarts.js';

/** How long each stage trains, by its name. */
export type Plan = Readonly<Record<string, StagePlan>>;

/**
 * A plan for `minutes` of training.
 * @param fixed minutes of stages that are to have neither more nor less, whatever `minutes` says
 * @throws SnowglobeError for a stage that there is not, or whose time cannot be set
 */
export function planFor(
  stages: readonly TrainingStage[],
  minutes: number,
  fixed: Readonly<Record<string, number>> = {},
): Plan {
  const timed = stages.filter(({ share }) => share !== undefined).map(({ name }) => name);
  for (const name of Object.keys(fixed)) {
    if (timed.includes(name)) continue;
    throw new SnowglobeError(
      `train: there is no stage '${name}' whose minutes can be set; these are ${timed.join(', ')}.`,
    );
  }
  return Object.fromEntries(
    stages.map((stage): [string, StagePlan] => {
      const own = fixed[stage.name] ?? minutes * (stage.share ?? 0);
      return [stage.name, stage.plan?.({ total: minutes, own }) ?? { minutes: own }];
    }),
  );
}

/** What is to be done with each stage of a world. */
export interface StagesToDo {
  readonly train: ReadonlySet<string>;
  /** Was trained in other sessions, and is needed now. */
  readonly load: ReadonlySet<string>;
  /** Has not been trained at all: without it there is no world. */
  readonly missing: readonly string[];
  /** Whether there will be a world: the last stage is trained, or there is a world to go on from, and no stage is missing. */
  readonly makesWorld: boolean;
}

/**
 * Plans a session of training: which stages are trained, and which come from checkpoints of the run folder.
 * @param stages all that the world has, in their order
 * @param wanted names of some, in any order; default all
 * @param hasBase whether a world was given to go on from, which has all parts
 * @throws SnowglobeError for a wanted stage that there is not, or that needs one which is neither wanted nor in the folder
 */
export async function planStages(
  stages: readonly TrainingStage[],
  folder: string,
  {
    wanted,
    hasBase = false,
  }: { readonly wanted?: readonly string[] | undefined; readonly hasBase?: boolean },
): Promise<StagesToDo> {
  const all = stages.map(({ name }) => name);
  const unknown = wanted?.find((name) => !all.includes(name));
  if (unknown !== undefined) {
    throw new SnowglobeError(`train: this world has no stage '${unknown}'; it has ${all.join(', ')}.`);
  }
  const train = new Set(all.filter((name) => !wanted || wanted.includes(name)));
  if (hasBase) return { train, load: new Set(), missing: [], makesWorld: true };
  const others = stages.filter(({ name }) => !train.has(name));
  const found = new Set<string>();
  for (const { name, restarts, finds } of others) {
    const isThere =
      // It takes seconds to find again.
      finds ||
      (restarts === undefined
        ? await hasCheckpoint(folder, name)
        : (await startsIn(folder, name, restarts)).length > 0);
    if (isThere) found.add(name);
  }
  const trained = stages.filter(({ name }) => train.has(name));
  const needed = new Set(trained.flatMap(({ needs }) => needs.filter((need) => !train.has(need))));
  for (const need of needed) {
    if (found.has(need)) continue;
    const asking = trained.find(({ needs }) => needs.includes(need))!.name;
    const together = all.filter((name) => train.has(name) || needed.has(name)).join(',');
    throw new SnowglobeError(
      `train: the ${asking} stage needs the ${need} stage, which has no checkpoint in ${folder}; train it first, or with it (--stages ${together}).`,
    );
  }
  const missing = others.filter(({ name }) => !found.has(name)).map(({ name }) => name);
  const makesWorld = train.has(all.at(-1)!) && missing.length === 0;
  return { train, load: makesWorld ? found : needed, missing, makesWorld };
}
