import type { TensorData } from '@snowglobe/graph';
import { readKeys, unnamedActions } from '../../../actions/read_keys.js';
import { trueActions } from '../../../actions/true_actions.js';
import type { FrameOptions } from '../../../family/frame.js';
import type {
  ActionProbe,
  DescribedActions,
  Place,
  RecordingContext,
  RecordingSession,
  StageDefinition,
  StagePlan,
} from '../../../family/training.js';
import { assignCodes, encodeClips } from '../../../latent_actions/training/action_codes.js';
import type { MotionTable } from '../../../latent_actions/training/motion_table.js';
import { cachedMotion } from '../../../latent_actions/training/motion_table.js';
import { readActions } from '../../../latent_actions/training/reader.js';
import { readerStage } from '../../../latent_actions/training/reader_stage.js';
import { clusterCodes, latentActionStage } from '../../../latent_actions/training/stage.js';
import { timeStepOf } from '../../../memory/time_step.js';
import { pixelsOf } from '../../../pixels.js';
import type { DeltaWorldConfig } from '../config/config.js';
import { conditioningWidth } from '../config/config.js';
import { evidenceOf } from '../config/motion_evidence.js';
import { directionOfShift, directions } from '../motion/direction.js';
import { motionWidth } from '../motion/motion.js';
import type { EncodedSequences } from './sequences.js';
import { encodeSequences } from './sequences.js';
import { dynamicsCrossEntropy } from './cross_entropy.js';
import { maskedCodes } from './masked_codes.js';
import { deltaStage } from './stages/delta.js';
import { motionStage } from './stages/motion.js';
import { priorStage } from './stages/prior.js';
import { tokenizerStage } from './stages/tokenizer.js';
import type { Transitions } from './transitions.js';
import { motionOffset, conditioningRows } from './transitions.js';

/** Recordings as a world of delta codes reads them: the motion between frames, and actions. */
export class DeltaRecordings implements RecordingSession {
  readonly #config: DeltaWorldConfig;
  readonly #context: RecordingContext;
  #motion: Promise<MotionTable> | undefined;
  #actions: Promise<Transitions['actions']> | undefined;

  constructor(config: DeltaWorldConfig, context: RecordingContext) {
    this.#config = config;
    this.#context = context;
  }

  async define(stage: string, plan: StagePlan): Promise<StageDefinition> {
    const config = this.#config;
    const { data, seed } = this.#context;
    switch (stage) {
      case 'tokenizer':
        return tokenizerStage(data, config.tokenizer);
      case 'actions':
        return latentActionStage(data, await this.motion(), config.latentActions!);
      case 'motion':
        return motionStage(await this.transitions(), config);
      case 'prior':
        return priorStage(await this.transitions(), config);
      case 'delta':
        return deltaStage(await this.transitions(), config, { seed });
      case 'dynamics': {
        const transitions = await this.transitions();
        // Encoded when the first batch asks: a stage that is finished needs none.
        let encoded: Promise<EncodedSequences> | undefined;
        return maskedCodes(() => (encoded ??= this.#encode(transitions, plan['frames'])), config);
      }
      default:
        throw new Error(`delta: there is no stage '${stage}'`);
    }
  }

  /** Makes a codebook of the continuous codes that the stage learned. */
  async finish(stage: string): Promise<void> {
    const { latentActions } = this.#config;
    if (stage !== 'actions' || !latentActions) return;
    const { store, seed } = this.#context;
    const points = await this.#encodedClips();
    clusterCodes(points, latentActions, { store, seed });
    this.#actions = assignCodes(points, store);
  }

  actions(): Promise<Transitions['actions']> {
    return (this.#actions ??= this.#readActions());
  }

  /** The motion between all successive frames, measured once. */
  motion(): Promise<MotionTable> {
    const { data, executor, cache, onRemark } = this.#context;
    if (!this.#motion) onRemark?.('measuring motion');
    return (this.#motion ??= cachedMotion(data, evidenceOf(this.#config), { executor, cache }));
  }

  async transitions(): Promise<Transitions> {
    const { data } = this.#context;
    return { data, motion: await this.motion(), actions: await this.actions() };
  }

  async describeActions(labelled: readonly number[]): Promise<DescribedActions> {
    const { data } = this.#context;
    const { actionNames } = data;
    const { latentActions } = this.#config;
    if (!latentActions) return { actionNames };
    const { motion, actions: codes } = await this.transitions();
    const clips = labelled.map((clip) => ({
      // Worlds with latent actions have a code for every frame.
      codes: codes[clip] as ArrayLike<number>,
      states: Array.from({ length: data.clips[clip]!.frames - 1 }, (_, t) =>
        directionOfShift(motion.bestShift(clip, t - 1), latentActions.range),
      ),
      actions: data.actions(clip, 0, data.clips[clip]!.frames - 1),
    }));
    const keys = readKeys(clips, actionNames, { count: latentActions.codes, states: directions });
    return keys ? { actionNames, ...keys } : unnamedActions(latentActions.codes);
  }

  async measure(_: string, { kvCache }: Pick<FrameOptions, 'kvCache'>): Promise<number> {
    const { executor, store, seed } = this.#context;
    return dynamicsCrossEntropy(await this.transitions(), this.#config, { executor, store, seed, kvCache });
  }

  get probe(): ActionProbe | undefined {
    const { latentActions } = this.#config;
    if (!latentActions) return undefined;
    const { data, executor } = this.#context;
    return {
      define: async () => readerStage(data, await this.motion(), latentActions),
      read: async (store, actions) =>
        readActions(data, await this.motion(), latentActions, { executor, store, actions }),
    };
  }

  async prefillInputs(
    places: readonly Place[],
    index: number,
    batch: number,
  ): Promise<Readonly<Record<string, TensorData>>> {
    const config = this.#config;
    const transitions = await this.transitions();
    const { data } = transitions;
    const size = data.height * data.width * 3;
    const [actions, moved] = [config.motion.actions, motionWidth(config.motion)];
    const inputs = {
      watched: new Float32Array(batch * size),
      action: new Float32Array(batch * actions),
      motion: new Float32Array(batch * moved),
    };
    places.forEach(({ clip, frame }, b) => {
      inputs.watched.set(pixelsOf(data.frames(clip, frame + 1, 1)), b * size);
      const row = conditioningRows(transitions, clip, frame, 1, config);
      inputs.action.set(row.subarray(0, actions), b * actions);
      inputs.motion.set(row.subarray(motionOffset(config), conditioningWidth(config)), b * moved);
    });
    return { ...inputs, ...timeStepOf(index, config.dynamics) };
  }

  #encodedClips(): Promise<Float32Array[]> {
    const { data, executor, store } = this.#context;
    return this.motion().then((motion) =>
      encodeClips(data, motion, this.#config.latentActions!, { executor, store }),
    );
  }

  async #readActions(): Promise<Transitions['actions']> {
    const { data, store, actionNames } = this.#context;
    if (!this.#config.latentActions) return trueActions(data, actionNames);
    return assignCodes(await this.#encodedClips(), store);
  }

  #encode(transitions: Transitions, frames: number | undefined): Promise<EncodedSequences> {
    const { executor, store, seed, onRemark } = this.#context;
    onRemark?.('encoding recordings as the dynamics will see them');
    return encodeSequences(transitions, this.#config, { executor, store, frames, seed });
  }
}
