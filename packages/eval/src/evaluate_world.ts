import { SnowglobeError, sizeOf } from '@snowglobe/graph';
import type { KvCacheBits, LatentActionConfig, WorldConfig } from '@snowglobe/model';
import { presets } from '@snowglobe/model';
import type { ActionTable, Executor, VariableStore } from '@snowglobe/runtime';
import type { ReaderBound } from './actions/reader_bound.js';
import { measureReader } from './actions/reader_bound.js';
import type { LatentActionScores } from './actions/score_actions.js';
import { scoreActions } from './actions/score_actions.js';
import { dynamicsCrossEntropy } from './codes/cross_entropy.js';
import { evaluateTokenizer } from './pictures/reconstruction.js';
import { assignCodes, encodeClips } from './recordings/action_codes.js';
import { measureMotion } from './recordings/motion_table.js';
import type { Recordings } from './recordings/recordings.js';
import type { LongRuns } from './rollouts/long_runs.js';
import { evaluateLongRuns } from './rollouts/long_runs.js';
import type { RolloutScores } from './rollouts/rollouts.js';
import { evaluateRollouts } from './rollouts/rollouts.js';

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
  /** How the world keeps keys and values, see `PlayOptions`. */
  readonly kvCache?: KvCacheBits | undefined;
  /** Frames of the recording that worlds watch before each rollout; default none, but the prompt. */
  readonly watch?: number;
  /** Trains the supervised reader that latent actions are judged by; default none. See `measureReader`. */
  readonly trainReader?: (
    config: LatentActionConfig,
    how: { readonly executor: Executor; readonly seed: number },
  ) => Promise<VariableStore>;
  /** Also plays for so many frames; none by default. Drawn with `longTemperature`. */
  readonly longSteps?: number;
  readonly longTemperature?: number;
  /** Keys that are held in long runs; by default any of the dynamics' own numbers. */
  readonly keys?: ActionTable;
  /** Numbers in the world's weights; default: as many as the store holds. */
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
  config: WorldConfig,
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
    trainReader,
    onRemark,
  } = options;
  if (data.width !== config.width || data.height !== config.height) {
    throw new SnowglobeError(
      `eval: recordings of ${data.width}x${data.height} do not fit a world of ${config.width}x${config.height}; open them at its size.`,
    );
  }
  const parameters =
    options.parameters ?? store.names().reduce((sum, name) => sum + sizeOf(store.spec(name).shape), 0);
  onRemark?.('drawing frames again through their tokens');
  const tokenizer = await evaluateTokenizer(data, config.tokenizer, { executor, store, stride });
  onRemark?.('reading motion and actions off the recordings');
  const { latentActions } = config;
  // Every preset measures motion alike; only worlds with latent actions keep how.
  const motion = await measureMotion(data, latentActions ?? presets.tiny.latentActions, { executor });
  const actions = latentActions
    ? await assignCodes(await encodeClips(data, motion, latentActions, { executor, store }), store)
    : trueActions(data);
  onRemark?.('rolling out');
  const watch = options.watch ? { frames: options.watch, motion } : undefined;
  const drawing = { stride, temperature, certainty, kvCache, ...(watch && { watch }) };
  const rollouts = await evaluateRollouts(data, actions, config, { executor, store, seed, ...drawing });
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
    longRuns = await evaluateLongRuns(data, config, { executor, store, seed, ...played });
  }
  onRemark?.('predicting codes');
  const crossEntropy = await dynamicsCrossEntropy({ data, actions, motion }, config, {
    executor,
    store,
    seed,
    kvCache,
  });
  const read = latentActions && scoreActions(data, actions, config.motion.actions);
  let reader: ReaderBound | undefined;
  if (read && trainReader) {
    onRemark?.('training a supervised reader of the same frames');
    const trained = await trainReader(latentActions, { executor, seed });
    reader = await measureReader(data, motion, latentActions, { executor, store: trained }).finally(() =>
      trained.close(),
    );
  }
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
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

function trueActions(data: Recordings): readonly ArrayLike<number>[] {
  if (data.clips.some(({ hasActions }) => !hasActions)) {
    throw new SnowglobeError(
      'eval: the world was trained with true actions, and not every recording has a key log beside it; add the logs.',
    );
  }
  return data.clips.map(({ frames }, clip) => data.actions(clip, 0, frames - 1));
}
