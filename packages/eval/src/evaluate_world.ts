import { SnowglobeError, sizeOf } from '@snowglobe/graph';
import type {
  DeltaWorldConfig,
  KvCacheBits,
  LatentActionConfig,
  WorldModel,
  Recordings,
} from '@snowglobe/model';
import { evidenceOf, isPlayState } from '@snowglobe/model';
import type { ActionTable } from '@snowglobe/runtime';
import type { Executor, VariableStore } from '@snowglobe/graph';
import type { ReaderBound, TrainedReader } from './actions/reader_bound.js';
import { measureReader } from './actions/reader_bound.js';
import type { LatentActionScores } from './actions/score_actions.js';
import { scoreActions } from './actions/score_actions.js';
import { dynamicsCrossEntropy } from './codes/cross_entropy.js';
import { evaluateTokenizer } from './pictures/reconstruction.js';
import { actionsOf, renamedActions, trueActions } from './recordings/actions.js';
import { measureMotion } from './recordings/motion_table.js';
import type { LongRuns } from './rollouts/long_runs.js';
import { evaluateLongRuns } from './rollouts/long_runs.js';
import type { RolloutScores } from './rollouts/rollouts.js';
import { evaluateRollouts } from './rollouts/rollouts.js';
import { mean } from './statistics.js';

export interface EvaluationOptions {
  readonly executor: Executor;
  /** Holds the world's weights. */
  readonly store: VariableStore;
  readonly seed: number;
  /** Rollouts start at every `stride`-th frame; default 16. The tokenizer is measured on the same share of frames. */
  readonly stride?: number;
  /** How rollouts are drawn; see `RolloutOptions`. */
  readonly temperature?: number;
  readonly certainty?: number;
  /** How the world keeps keys and values, see `FrameOptions`. */
  readonly kvCache?: KvCacheBits | undefined;
  /** Frames of the recording that worlds watch before each rollout; default none, but the prompt. */
  readonly watch?: number;
  /** Names of a world's true actions in their order; by default those of the recordings. */
  readonly actionNames?: readonly string[];
  /** The supervised reader that latent actions are judged by; default none. See `measureReader`. */
  readonly reader?: {
    /** What it will have learned to tell apart. */
    readonly actionNames: readonly string[];
    train(
      config: LatentActionConfig,
      how: { readonly executor: Executor; readonly seed: number },
    ): Promise<TrainedReader>;
  };
  /** Also plays for so many frames; none by default. Drawn with `longTemperature`. */
  readonly longSteps?: number;
  readonly longTemperature?: number;
  /** Keys that are held in long runs; by default any of the dynamics' own numbers. */
  readonly keys?: ActionTable;
  /** Numbers in the world's weights; default: as many as the store holds, but the state of play. */
  readonly parameters?: number;
  readonly onRemark?: (remark: string) => void;
}

/** How good a world is on recordings of levels that it never saw. All PSNR in dB. */
export interface WorldEvaluation {
  readonly clips: number;
  readonly frames: number;
  readonly tokenizerPsnr: number;
  readonly rollouts: RolloutScores;
  /** Mean over the frames of rollouts with latent actions read off the recordings; of worlds that have such actions. */
  readonly rolloutLatentPsnr?: number;
  /** The same with the actions of the key logs; of worlds that were trained with true actions. */
  readonly rolloutTruePsnr?: number;
  /** The same when the prompt frame is repeated. */
  readonly copyPromptPsnr: number;
  /** PSNR with the recording's actions minus PSNR with random ones, four frames after the prompt (Bruce et al. 2024). */
  readonly deltaPsnr4: number;
  /** Of worlds with latent actions, where the recordings have key logs. */
  readonly latentActions?: LatentActionScores;
  /** Where one was asked for. */
  readonly longRuns?: LongRuns;
  /** See `dynamicsCrossEntropy`, in nats a code. */
  readonly crossEntropy: number;
  /** Numbers in the world's weights. */
  readonly parameters: number;
}

export async function evaluateWorld(
  data: Recordings,
  model: WorldModel,
  options: EvaluationOptions,
): Promise<WorldEvaluation> {
  const {
    executor,
    store,
    seed,
    stride = 16,
    temperature = 0,
    certainty = 0,
    kvCache,
    actionNames,
    reader: readerOf,
    onRemark,
  } = options;
  const config = model.config as DeltaWorldConfig;
  if (data.width !== config.width || data.height !== config.height) {
    throw new SnowglobeError(
      `eval: recordings of ${data.width}x${data.height} do not fit a world of ${config.width}x${config.height}; open them at its size.`,
    );
  }
  // What does not fit is said before anything takes time.
  if (config.latentActions && readerOf) renamedActions(data, readerOf.actionNames);
  if (!config.latentActions) trueActions(data, actionNames);
  const parameters =
    options.parameters ??
    store
      .names()
      .filter((name) => !isPlayState(name))
      .reduce((sum, name) => sum + sizeOf(store.spec(name).shape), 0);
  onRemark?.('drawing frames again through their tokens');
  const tokenizer = await evaluateTokenizer(data, config.tokenizer, { executor, store, stride });
  onRemark?.('reading motion and actions off the recordings');
  const motion = await measureMotion(data, evidenceOf(config), { executor });
  const actions = await actionsOf(data, motion, { config, actionNames }, { executor, store });
  const transitions = { data, actions, motion };
  onRemark?.('rolling out');
  const rollouts = await evaluateRollouts(transitions, model, {
    ...{ executor, store, seed, stride, temperature, certainty, kvCache },
    watch: options.watch ?? 0,
  });
  const { longSteps, longTemperature = 1, keys } = options;
  let longRuns: LongRuns | undefined;
  if (longSteps) {
    onRemark?.('playing for long');
    const played = {
      steps: longSteps,
      temperature: longTemperature,
      certainty,
      kvCache,
      ...(keys && { keys }),
    };
    longRuns = await evaluateLongRuns(data, model, { executor, store, seed, ...played });
  }
  onRemark?.('predicting codes');
  const crossEntropy = await dynamicsCrossEntropy(transitions, config, {
    executor,
    store,
    seed,
    kvCache,
  });
  const { latentActions } = config;
  const codes = actions as readonly ArrayLike<number>[];
  const read = latentActions && scoreActions(data, codes, config.motion.actions);
  let reader: ReaderBound | undefined;
  if (read && readerOf) {
    onRemark?.('training a supervised reader of the same frames');
    const trained = await readerOf.train(latentActions, { executor, seed });
    reader = await measureReader(data, motion, latentActions, { ...trained, executor }).finally(() =>
      trained.store.close(),
    );
  }
  return {
    clips: data.clips.length,
    frames: data.totalFrames,
    tokenizerPsnr: tokenizer.psnr,
    rollouts,
    [latentActions ? 'rolloutLatentPsnr' : 'rolloutTruePsnr']: mean(rollouts.followed),
    copyPromptPsnr: mean(rollouts.copied),
    deltaPsnr4: rollouts.followed[3]! - rollouts.random[3]!,
    ...(read && { latentActions: { ...read, ...(reader && { reader }) } }),
    ...(longRuns && { longRuns }),
    crossEntropy,
    parameters,
  };
}
