import type { Executor, VariableStore } from '@snowglobe/graph';
import { sizeOf, SnowglobeError } from '@snowglobe/graph';
import type { FigureInfo, KvCacheBits, Recordings, WorldModel } from '@snowglobe/model';
import { isPlayState, renamedActions, trueActions } from '@snowglobe/model/internal';
import type { ActionTable } from '@snowglobe/runtime';
import type { ReaderBound, TrainedReader } from './actions/reader_bound.js';
import { measureReader } from './actions/reader_bound.js';
import type { LatentActionScores } from './actions/score_actions.js';
import { scoreActions } from './actions/score_actions.js';
import { evaluateReconstruction } from './pictures/reconstruction.js';
import type { LongRuns } from './rollouts/long_runs.js';
import { evaluateLongRuns } from './rollouts/long_runs.js';
import type { RolloutScores } from './rollouts/rollouts.js';
import { evaluateRollouts } from './rollouts/rollouts.js';
import { mean } from './statistics.js';

/** How a world is evaluated. */
export interface EvaluationOptions {
  readonly executor: Executor;
  /** Holds the world's weights. */
  readonly store: VariableStore;
  readonly seed: number;
  /** Rollouts start at every `stride`-th frame; default 16. Frames that are reconstructed are the same share. */
  readonly stride?: number;
  /** How rollouts are sampled; see `RolloutOptions`. */
  readonly temperature?: number;
  readonly confidenceThreshold?: number;
  /** How the world keeps keys and values, see `FrameOptions`. */
  readonly kvCache?: KvCacheBits | undefined;
  /** Frames of the recording that worlds go along before each rollout (prefill); default none, but the prompt. */
  readonly prefill?: number;
  /** Names of a world's true actions in their order; by default those of the recordings. */
  readonly actionNames?: readonly string[];
  /** The supervised reader that latent actions are judged by; default none. See `measureReader`. */
  readonly reader?: {
    /** What it will have learned to tell apart. */
    readonly actionNames: readonly string[];
    /** Trains it on other recordings. */
    train(
      model: WorldModel,
      how: { readonly executor: Executor; readonly seed: number; readonly weights: VariableStore },
    ): Promise<TrainedReader>;
  };
  /** Also plays for so many frames; none by default. Sampled with `longTemperature`. */
  readonly longSteps?: number;
  readonly longTemperature?: number;
  /** Keys that are held in long runs; by default any by its number. */
  readonly keys?: ActionTable;
  /** Numbers in the world's weights; default: as many as the store holds, but the state of play. */
  readonly parameters?: number;
  /** Told in a few words what takes time. */
  readonly onRemark?: (remark: string) => void;
}

/** A figure of the world’s family with its value. */
export interface MeasuredFigure extends FigureInfo {
  readonly value: number;
}

/** How good a world is on recordings of levels that it never saw. All PSNR in dB. */
export interface WorldEvaluation {
  readonly clips: number;
  readonly frames: number;
  /** PSNR of reconstructed frames, by the part that does it; see `FamilyTraining.reconstruction`. */
  readonly reconstruction?: { readonly name: string; readonly psnr: number };
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
  /** What the family measures itself. */
  readonly figures: readonly MeasuredFigure[];
  /** Numbers in the world's weights. */
  readonly parameters: number;
}

/**
 * Evaluates a world of any family on recordings that it was not trained on: reconstruction, rollouts, the figures of
 * its family and, where actions are latent, how much they tell about the true ones.
 * @throws SnowglobeError for recordings of another size, or without what the evaluation needs
 */
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
    confidenceThreshold = 0,
    kvCache,
    actionNames,
    reader: readerOf,
    onRemark,
  } = options;
  const { width, height } = model.config;
  if (data.width !== width || data.height !== height) {
    throw new SnowglobeError(
      `eval: recordings of ${data.width}x${data.height} do not fit a world of ${width}x${height}; open them at its size.`,
    );
  }
  const { areLatent, count } = model.actions;
  // What does not fit is said before anything takes time.
  if (areLatent && readerOf) renamedActions(data, readerOf.actionNames);
  if (!areLatent) trueActions(data, actionNames);
  const training = await model.training();
  const session = training.open({ data, executor, store, seed, actionNames });
  if (readerOf && areLatent && !session.probe) {
    throw new SnowglobeError(
      `eval: worlds of the family '${model.family}' have no reader of true actions; leave it out.`,
    );
  }
  const parameters =
    options.parameters ??
    store
      .names()
      .filter((name) => !isPlayState(name))
      .reduce((sum, name) => sum + sizeOf(store.spec(name).shape), 0);
  let reconstruction: WorldEvaluation['reconstruction'];
  if (training.reconstruction) {
    onRemark?.('reconstructing frames');
    const { name } = training.reconstruction;
    const { psnr } = await evaluateReconstruction(data, training.reconstruction, { executor, store, stride });
    reconstruction = { name, psnr };
  }
  onRemark?.('reading actions off the recordings');
  const actions = await session.actions();
  onRemark?.('rolling out');
  const rollouts = await evaluateRollouts(data, session, model, {
    ...{ executor, store, seed, stride, temperature, confidenceThreshold, kvCache },
    prefill: options.prefill ?? 0,
  });
  const { longSteps, longTemperature = 1, keys } = options;
  let longRuns: LongRuns | undefined;
  if (longSteps) {
    onRemark?.('playing for long');
    const played = {
      steps: longSteps,
      temperature: longTemperature,
      confidenceThreshold,
      kvCache,
      ...(keys && { keys }),
    };
    longRuns = await evaluateLongRuns(data, model, { executor, store, seed, ...played });
  }
  const figures: MeasuredFigure[] = [];
  for (const figure of training.figures) {
    onRemark?.(figure.remark);
    const value = await session.measure(figure.name, { kvCache });
    if (value !== undefined) figures.push({ ...figure, value });
  }
  const read = areLatent ? scoreActions(data, actions as readonly ArrayLike<number>[], count) : undefined;
  let reader: ReaderBound | undefined;
  if (read && readerOf && session.probe) {
    onRemark?.('training a supervised reader of the same frames');
    const trained = await readerOf.train(model, { executor, seed, weights: store });
    reader = await measureReader(data, session.probe, trained).finally(() => trained.store.close());
  }
  return {
    clips: data.clips.length,
    frames: data.totalFrames,
    ...(reconstruction && { reconstruction }),
    rollouts,
    [areLatent ? 'rolloutLatentPsnr' : 'rolloutTruePsnr']: mean(rollouts.followed),
    copyPromptPsnr: mean(rollouts.copied),
    deltaPsnr4: rollouts.followed[3]! - rollouts.random[3]!,
    ...(read && { latentActions: { ...read, ...(reader && { reader }) } }),
    ...(longRuns && { longRuns }),
    figures,
    parameters,
  };
}
