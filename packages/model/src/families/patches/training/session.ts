import type { TensorData } from '@snowglobe/graph';
import { readKeys, unnamedActions } from '../../../actions/read_keys.js';
import { trueActions } from '../../../actions/true_actions.js';
import type {
  ActionProbe,
  DescribedActions,
  Place,
  RecordingContext,
  RecordingSession,
  StageDefinition,
} from '../../../family/training.js';
import { bytesOfPixels, pixelsOf } from '../../../pixels.js';
import type { Label } from '../../../recordings.js';
import type { MapConfig, PatchesConfig } from '../config/config.js';
import { cellCount, frameCells, hasBorder, isByPose, knowsWords, patchPixels } from '../config/config.js';
import { learnedInPlay } from '../words/first_frame.js';
import { ofUsualLook } from './usual_look.js';
import { wordsStage } from './words_stage.js';
import type { LabelledTransitions } from '../motion/labelled.js';
import { findReadouts } from '../readouts/find_readouts.js';
import { readRight, readoutOfFigure, remarkOn } from '../readouts/measure.js';
import { readLatentActions } from '../latent/read_actions.js';
import type { CodedRecordings, MotionLabels } from '../survey/label_motions.js';
import { findAdjacency } from '../survey/find_adjacency.js';
import { findLasting } from '../survey/find_lasting.js';
import { findMovers } from '../survey/find_movers.js';
import { labelMotions } from '../survey/label_motions.js';
import { labelPoses } from '../survey/label_poses.js';
import { backgroundOf, codebookOf, encodeRecordings } from '../survey/survey.js';
import type { Codebook } from '../tokenizer/codebook.js';
import { gridAt } from '../tokenizer/patch_grid.js';
import { backgroundName, codebookName } from '../tokenizer/patches.js';
import { actionReader } from './action_reader.js';
import { dynamicsStage } from './dynamics_stage.js';
import type { Accuracy } from './measure.js';
import { measureAccuracy } from './measure.js';
import type { MotionExamples } from './motion_stage.js';
import { motionStage, settleMotions } from './motion_stage.js';
import { priorStage } from './prior_stage.js';
import { poseTransitions } from './pose_transitions.js';
import { growWordTable, toldTransitions } from './told_events.js';
import type { Transitions } from './transitions.js';
import { mapTransitions } from './transitions.js';

/** Refinement steps of a world whose moving things are sampled as one: what needs more was them. */
const stepsWithMovers = 2;

/** Refinement steps of a world whose patches go together at least: they are sampled so from the second one. */
const stepsWithAdjacency = 2;

/** What happened between all frames. */
interface ReadActions {
  readonly labels: MotionLabels;
  readonly actions: readonly (readonly Label[])[];
}

/** Recordings as a world of patches reads them: codes, motions, and what a map tells of each frame. */
export class PatchesRecordings implements RecordingSession {
  #config: PatchesConfig;
  readonly #context: RecordingContext;
  #coded: Promise<CodedRecordings> | undefined;
  #labels: Promise<MotionLabels> | undefined;
  #read: Promise<ReadActions> | undefined;
  #transitions: Promise<Transitions> | undefined;
  #accuracy: Promise<Accuracy> | undefined;

  constructor(config: PatchesConfig, context: RecordingContext) {
    this.#config = config;
    this.#context = context;
  }

  async find(stage: string): Promise<PatchesConfig> {
    const finders: Readonly<Record<string, (config: PatchesConfig) => Promise<PatchesConfig>>> = {
      readouts: (config) => this.#findReadouts(config),
      movers: (config) => this.#findMovers(config),
      adjacency: (config) => this.#findAdjacency(config),
    };
    return (this.#config = await finders[stage]!(this.#config));
  }

  async #findReadouts(config: PatchesConfig): Promise<PatchesConfig> {
    const { data, onRemark } = this.#context;
    if (!data.states) {
      onRemark?.('no numbers to read off frames: not every recording has a key log that tells its state');
      return config;
    }
    const { clips } = await this.#coding();
    onRemark?.('finding numbers that frames tell');
    const { states } = data;
    const { readouts, leftOut } = findReadouts({
      ...{ clips, states, cells: cellCount(config), codebook: config.codebook },
    });
    onRemark?.(remarkOn({ readouts, leftOut }));
    return { ...config, readouts };
  }

  async #findMovers(config: PatchesConfig): Promise<PatchesConfig> {
    if (isByPose(config)) return config;
    const coded = await this.#coding();
    const found = findMovers(coded, await this.#labelling(config), config);
    this.#context.onRemark?.(
      found.length === 0
        ? 'nothing moves by itself, a cell a frame'
        : `things move by themselves: ${found.length} kinds, ${found.flat().length} patches`,
    );
    const { movers: _, lasting: __, ...others } = config;
    if (found.length === 0) return others;
    const refinementSteps = Math.min(config.refinementSteps, stepsWithMovers);
    const lasting = findLasting(coded, await this.#labelling(config), config, found);
    return { ...others, movers: found, ...(lasting.length > 0 && { lasting }), refinementSteps };
  }

  async #findAdjacency(config: PatchesConfig): Promise<PatchesConfig> {
    const adjacency = findAdjacency(await this.#coding(), config);
    this.#context.onRemark?.(
      adjacency
        ? 'patches: found which go together'
        : 'patches: the recordings are too few to say which go together',
    );
    const { adjacency: _, ...others } = config;
    if (!adjacency) return others;
    return { ...others, adjacency, refinementSteps: Math.max(stepsWithAdjacency, config.refinementSteps) };
  }

  async define(stage: string): Promise<StageDefinition> {
    const coded = await this.#coding();
    switch (stage) {
      case 'motion':
        return motionStage(() => this.#examples(), this.#config);
      case 'prior':
        // Latent actions, which every transition has.
        return priorStage(coded, async () => (await this.actions()).flat() as number[], this.#config);
      case 'dynamics':
        if (this.#config.events) await growWordTable(this.#context.store, this.#config.events);
        return dynamicsStage(() => this.transitions(), this.#config, this.#context);
      case 'words':
        return this.#words(coded);
      default:
        throw new Error(`patches: there is no stage '${stage}'`);
    }
  }

  /** The network of first frames begins as that of play, which has learned what goes beside what. */
  async #words(coded: CodedRecordings): Promise<StageDefinition> {
    const { data, store } = this.#context;
    const config = this.#config;
    if (!knowsWords(config)) throw new Error('patches: this world learns no words');
    const captions = ofUsualLook((await data.captions?.()) ?? [], coded, config);
    const firstWeights = async (weight: string): Promise<Float32Array | undefined> => {
      const source = learnedInPlay(weight);
      return source !== undefined && store.has(source)
        ? ((await store.read(source)) as Float32Array)
        : undefined;
    };
    return { ...wordsStage(coded, captions, config), firstWeights };
  }

  async actions(): Promise<readonly (readonly Label[])[]> {
    return (await this.#reading()).actions;
  }

  async describeActions(labelled: readonly number[]): Promise<DescribedActions> {
    const { data } = this.#context;
    const { latentActions, actions: count } = this.#config;
    const actionNames = this.#context.actionNames ?? data.actionNames;
    if (!latentActions) return { actionNames };
    const codes = await this.actions();
    const clips = labelled.map((clip) => ({
      codes: codes[clip] as readonly number[],
      states: new Uint8Array(codes[clip]!.length),
      actions: data.actions(clip, 0, data.clips[clip]!.frames - 1),
    }));
    const keys = readKeys(clips, data.actionNames, { count, states: 1 });
    return keys ? { actionNames: data.actionNames, ...keys } : unnamedActions(count);
  }

  get probe(): ActionProbe | undefined {
    if (!this.#config.latentActions) return undefined;
    const recorded = async () => {
      const { labels, actions } = await this.#reading();
      return { coded: await this.#coding(), labels, codes: actions.flat() as number[] };
    };
    return actionReader(recorded, this.#config, this.#context);
  }

  async measure(figure: string): Promise<number | undefined> {
    const { executor, store, data } = this.#context;
    const readout = readoutOfFigure(figure);
    if (readout !== undefined) return readRight(await this.#coding(), data, readout, this.#config);
    this.#accuracy ??= this.transitions().then((all) =>
      measureAccuracy(all, this.#config, { executor, store }),
    );
    return (await this.#accuracy).get(figure)!;
  }

  async prefillInputs(
    places: readonly Place[],
    _: number,
    batch: number,
  ): Promise<Readonly<Record<string, TensorData>>> {
    const { data } = this.#context;
    const size = data.height * data.width * 3;
    const { labels } = await this.transitions();
    const starts = this.#firstTransitions();
    const inputs = { watched: new Float32Array(batch * size), motion: new Int32Array(batch) };
    places.forEach(({ clip, frame }, b) => {
      inputs.watched.set(pixelsOf(data.frames(clip, frame + 1, 1)), b * size);
      inputs.motion[b] = labels.motions[starts[clip]! + frame]!;
    });
    return inputs;
  }

  /** All transitions; with a map, with the motions that the head settles. */
  transitions(): Promise<Transitions> {
    return (this.#transitions ??= this.#withTold());
  }

  async #withTold(): Promise<Transitions> {
    const { data } = this.#context;
    const { events } = this.#config;
    const all = await this.#mapAll();
    if (!events || !data.events) return all;
    return {
      ...all,
      told: toldTransitions(await data.events(), data.clips, this.#firstTransitions(), events),
    };
  }

  async #mapAll(): Promise<Transitions> {
    const { executor, store, onRemark } = this.#context;
    const config = this.#config;
    const actions = await this.actions();
    if (isByPose(config)) {
      const [coded, { labels }] = [await this.#coding(), await this.#reading()];
      onRemark?.('remembering recordings by pose');
      return poseTransitions(coded, labels, actions, config);
    }
    const examples = await this.#examples();
    const labels = config.latentActions
      ? examples.labels
      : await settleMotions(examples, config, { executor, store });
    onRemark?.('mapping recordings');
    return mapTransitions(examples.coded, labels, actions, config);
  }

  async #examples(): Promise<MotionExamples> {
    const { labels, actions } = await this.#reading();
    const examples = { coded: await this.#coding(), labels, actions: actions.flat() };
    if (!isByPose(this.#config)) return examples;
    return { ...examples, around: (await this.transitions()).recalled };
  }

  #reading(): Promise<ReadActions> {
    return (this.#read ??= this.#readActions());
  }

  /** Motions and actions of all transitions: those of key logs, or what is read off the codes. */
  async #readActions(): Promise<ReadActions> {
    const { data, actionNames } = this.#context;
    const config = this.#config;
    const coded = await this.#coding();
    if (isByPose(config))
      return { labels: labelPoses(data, config), actions: trueActions(data, actionNames) };
    const labels = await this.#labelling(config);
    if (!config.latentActions) return { labels, actions: trueActions(data, actionNames) };
    const { view, motions } = config;
    const recorded: LabelledTransitions = { ...coded, cells: cellCount(config), view, motions, labels };
    return readLatentActions(recorded, config.latentActions);
  }

  /** Motions as two frames show them. */
  #labelling(config: MapConfig): Promise<MotionLabels> {
    return (this.#labels ??= this.#coding().then((coded) => labelMotions(coded, config)));
  }

  #coding(): Promise<CodedRecordings> {
    return (this.#coded ??= this.#encode());
  }

  /** Recordings as codes, of the codebook that the world has, or gets now. */
  async #encode(): Promise<CodedRecordings> {
    const { data, onRemark } = this.#context;
    onRemark?.('reading patches');
    const codebook = await this.#codebook();
    return { clips: encodeRecordings(data, codebook), columns: frameCells(this.#config).columns };
  }

  async #codebook(): Promise<Codebook> {
    const { data, store } = this.#context;
    const config = this.#config;
    const grid = gridAt(config, config.grid.size, config.grid.top, config.grid.left);
    if (store.has(codebookName)) {
      const values = (await store.read(codebookName)) as Float32Array;
      return { grid, size: config.codebook, patches: bytesOfPixels(values) };
    }
    const codebook = codebookOf(data, config);
    const shape = [config.codebook, patchPixels(config)];
    store.write(codebookName, { shape, dtype: 'f32' }, pixelsOf(codebook.patches));
    if (hasBorder(config)) {
      const frame = [config.height, config.width, 3];
      store.write(backgroundName, { shape: frame, dtype: 'f32' }, backgroundOf(data, grid));
    }
    return codebook;
  }

  #firstTransitions(): number[] {
    let first = 0;
    return this.#context.data.clips.map(({ frames }) => {
      const start = first;
      first += frames - 1;
      return start;
    });
  }
}
