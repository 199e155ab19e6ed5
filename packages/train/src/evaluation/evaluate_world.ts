import type { WorldConfig } from '@snowglobe/model';
import type { Executor, VariableStore } from '@snowglobe/runtime';
import { SnowglobeError } from '@snowglobe/graph';
import type { ClipDataset } from '../data/index.js';
import { assignCodes, encodeClips } from '../stages/latent_actions.js';
import { measureMotion } from '../stages/motion_table.js';
import { evaluateTokenizer } from '../stages/tokenizer.js';
import { contingencyTable, entropyBits, mutualInformationBits } from './information.js';
import type { ReaderBound } from './reader_bound.js';
import { measureReaderBound } from './reader_bound.js';
import type { RolloutScores } from './rollouts.js';
import { evaluateRollouts } from './rollouts.js';

export interface EvaluationOptions {
  readonly executor: Executor;
  /** Holds the world's weights. */
  readonly store: VariableStore;
  readonly seed: number;
  /** Rollouts start at every `stride`-th frame; default 16. The tokenizer is measured on the same share of frames. */
  readonly stride?: number;
  readonly certainty?: number;
  /** Recordings with key logs, of other levels, to train the supervised reader on that latent actions are judged by. */
  readonly readerData?: ClipDataset;
  readonly onRemark?: (remark: string) => void;
}

/** How good a world is on recordings of levels that it never saw. All PSNR in dB. */
export interface WorldEvaluation {
  readonly frames: number;
  readonly tokenizerPsnr: number;
  readonly rollouts: RolloutScores;
  /** Means over the frames of the rollouts. */
  readonly rolloutPsnr: number;
  readonly copyPsnr: number;
  /** PSNR with the recording's actions minus PSNR with random ones, four frames after the prompt (Bruce et al. 2024). */
  readonly delta4Psnr: number;
  /** Of worlds with latent actions, where the recordings have key logs. */
  readonly actions?: ActionEvaluation;
}

export interface ActionEvaluation {
  /** Mutual information of code and true action. */
  readonly informationBits: number;
  /** Entropy of the true actions. */
  readonly entropyBits: number;
  /** Share of frames in which each code is used. */
  readonly usage: readonly number[];
  /** What a supervised reader of the same frames knows, where one was asked for. */
  readonly reader?: ReaderBound;
}

export async function evaluateWorld(
  data: ClipDataset,
  config: WorldConfig,
  options: EvaluationOptions,
): Promise<WorldEvaluation> {
  const { executor, store, seed, stride = 16, certainty = 0, readerData, onRemark } = options;
  if (data.width !== config.width || data.height !== config.height) {
    throw new SnowglobeError(
      `eval: recordings of ${data.width}x${data.height} do not fit a world of ${config.width}x${config.height}; open them at its size.`,
    );
  }
  onRemark?.('drawing frames again through their tokens');
  const tokenizer = await evaluateTokenizer(data, config.tokenizer, { executor, store, stride });
  onRemark?.('reading actions off the recordings');
  const { latentActions } = config;
  const motion = latentActions && (await measureMotion(data, latentActions, { executor }));
  const actions =
    latentActions && motion
      ? await assignCodes(await encodeClips(data, motion, latentActions, { executor, store }), store)
      : trueActions(data);
  onRemark?.('rolling out');
  const rollouts = await evaluateRollouts(data, actions, config, {
    executor,
    store,
    seed,
    stride,
    certainty,
  });
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  const read = latentActions && scoreActions(data, actions, config.motion.actions);
  let reader: ReaderBound | undefined;
  if (read && motion && readerData) {
    onRemark?.('training a supervised reader of the same frames');
    const train = { data: readerData, motion: await measureMotion(readerData, latentActions, { executor }) };
    reader = await measureReaderBound(train, { data, motion }, { executor, config: latentActions, seed });
  }
  return {
    frames: data.totalFrames,
    tokenizerPsnr: tokenizer.psnr,
    rollouts,
    rolloutPsnr: mean(rollouts.followed),
    copyPsnr: mean(rollouts.copied),
    delta4Psnr: rollouts.followed[3]! - rollouts.random[3]!,
    ...(read && { actions: { ...read, ...(reader && { reader }) } }),
  };
}

function trueActions(data: ClipDataset): readonly ArrayLike<number>[] {
  if (data.clips.some(({ hasActions }) => !hasActions)) {
    throw new SnowglobeError(
      'eval: the world was trained with true actions, and not every recording has a key log beside it; add the logs.',
    );
  }
  return data.clips.map(({ frames }, clip) => data.actions(clip, 0, frames - 1));
}

function scoreActions(
  data: ClipDataset,
  codes: readonly ArrayLike<number>[],
  count: number,
): ActionEvaluation | undefined {
  const pairs: { readonly code: number; readonly action: number }[] = [];
  const used = new Array<number>(count).fill(0);
  let total = 0;
  data.clips.forEach(({ frames }, clip) => {
    const actions = data.actions(clip, 0, frames - 1);
    for (let t = 0; t < frames - 1; t++) {
      const code = codes[clip]![t]!;
      used[code]!++;
      total++;
      if (actions[t]! >= 0) pairs.push({ code, action: actions[t]! });
    }
  });
  if (pairs.length === 0) return undefined;
  const actionCount = data.actionNames.length;
  const histogram = new Array<number>(actionCount).fill(0);
  for (const { action } of pairs) histogram[action]!++;
  const table = contingencyTable(
    pairs.map(({ code }) => code),
    pairs.map(({ action }) => action),
    count,
    actionCount,
  );
  return {
    informationBits: mutualInformationBits(table),
    entropyBits: entropyBits(histogram),
    usage: used.map((uses) => uses / total),
  };
}
