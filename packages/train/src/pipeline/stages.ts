import { SnowglobeError } from '@snowglobe/graph';
import type { DeltaWorldConfig } from '@snowglobe/model';
import { hasCheckpoint } from '../loop/checkpoint.js';
import { discoveredStarts } from './discover_actions.js';

/** The parts of a world in the order in which they are learned. */
export const stageNames = ['tokenizer', 'actions', 'motion', 'prior', 'delta', 'dynamics'] as const;
export type StageName = (typeof stageNames)[number];

/** Which other stages one learns from. */
const needs: Readonly<Record<StageName, readonly StageName[]>> = {
  tokenizer: [],
  actions: [],
  motion: ['actions'],
  prior: ['actions'],
  delta: ['actions'],
  dynamics: ['actions', 'delta'],
};

/** The stages that a world has: actions that key logs tell need not be discovered. */
function stagesOf({ latentActions }: Pick<DeltaWorldConfig, 'latentActions'>): readonly StageName[] {
  return stageNames.filter((name) => latentActions || (name !== 'actions' && name !== 'prior'));
}

/** What is to be done with each stage of a world. */
export interface StagePlan {
  readonly train: ReadonlySet<StageName>;
  /** Was trained in other sessions, and is needed now. */
  readonly load: ReadonlySet<StageName>;
  /** Has not been trained at all: without it there is no world. */
  readonly missing: readonly StageName[];
}

/**
 * Plans a session of training: which stages are trained, and which come from checkpoints of the run folder.
 * @param wanted default all
 * @param hasBase whether a world was given to go on from, which has all parts
 * @throws SnowglobeError for a wanted stage that needs one which is neither wanted nor in the folder
 */
export async function planStages(
  config: Pick<DeltaWorldConfig, 'latentActions'>,
  folder: string,
  {
    wanted = stageNames,
    hasBase = false,
  }: { readonly wanted?: readonly StageName[]; readonly hasBase?: boolean },
): Promise<StagePlan> {
  const all = stagesOf(config);
  const train = new Set(all.filter((name) => wanted.includes(name)));
  if (hasBase) return { train, load: new Set(), missing: [] };
  const others = all.filter((name) => !train.has(name));
  const found = new Set<StageName>();
  for (const name of others) {
    const isThere =
      name === 'actions' ? (await discoveredStarts(folder)).length > 0 : await hasCheckpoint(folder, name);
    if (isThere) found.add(name);
  }
  const needed = new Set([...train].flatMap((name) => needs[name].filter((need) => others.includes(need))));
  for (const need of needed) {
    if (found.has(need)) continue;
    const asking = [...train].find((name) => needs[name].includes(need))!;
    throw new SnowglobeError(
      `train: the ${asking} stage needs the ${need} stage, which has no checkpoint in ${folder}; train it first, or with it (--stages ${all.filter((name) => train.has(name) || needed.has(name)).join(',')}).`,
    );
  }
  const missing = others.filter((name) => !found.has(name));
  // A world is made when its last stage is trained and no other is missing.
  const makesWorld = train.has('dynamics') && missing.length === 0;
  return { train, load: makesWorld ? found : needed, missing };
}
