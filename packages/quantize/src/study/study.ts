import type { Course } from '@snowglobe/eval';
import { rollOutAlong } from '@snowglobe/eval';
import { mean, openReconstruction, standardError } from '@snowglobe/eval/internal';
import type { Executor, ExecutorKind, VariableStore } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import type { FamilyTraining, KvCacheBits, WorldFile } from '@snowglobe/model';
import { encodeWorld } from '@snowglobe/model';
import { checkNotQuantized, quantizeWorldFile } from '@snowglobe/model/internal';
import type { OpenedWeights } from '@snowglobe/runtime';
import { openWeights } from '@snowglobe/runtime';
import type { Statistics } from '../algorithms/statistics.js';
import { calibrate } from '../calibration/calibrate.js';
import { playTrajectories, stepsFor } from '../trajectories/trajectories.js';
import { PartEvaluator } from '../measure/part_evaluator.js';
import { ownRecordings } from '../measure/recordings.js';
import type { Speed } from '../measure/speed.js';
import { SpeedEvaluator } from '../measure/speed.js';
import type { Budget, Expected, LayerOptions } from '../plan/choose.js';
import { choosePlan } from '../plan/choose.js';
import { checkBytes } from '../plan/least_bytes.js';
import type { LayerPlan, Plan } from '../world/plan.js';
import { uniformPlan } from '../world/plan.js';
import { measureSensitivity } from '../plan/sensitivity.js';
import type { QuantizedWorld, SchemeFigures, WorldFigures } from './figures.js';
import { layersOfWorld, tablesAmong } from '../world/layers.js';
import type { LayerErrors } from '../world/quantize_layers.js';
import { LayerQuantizer } from '../world/quantize_layers.js';

/** Says what is being done, and how much of it. */
export type OnProgress = (what: string, done: number, total: number) => void;

/** What a study plays from, computes on and compares with. */
export interface StudyOptions {
  /** Runs the measurements; closing it is the caller's. */
  readonly executor: Executor;
  /** (H, W, 3) each, in −1 … 1: frames from which the world plays to be calibrated. */
  readonly prompts: readonly Float32Array[];
  /** What rollouts are compared with, and where the states of the comparison begin; by default what the world plays itself. */
  readonly recordings?: readonly Course[] | undefined;
  readonly seed: number;
  /** Runs of the float world that are compared, each of `steps` frames; default 32 of 24, or of a window of the family's where that is longer. */
  readonly runs?: number;
  readonly steps?: number;
  /** Frames that each of 16 worlds plays to be calibrated; default 36, or a window of the family's where that is longer. */
  readonly calibrationSteps?: number;
  /** Of the CPU, where worlds are timed; default one a core. */
  readonly threads?: number | undefined;
  readonly onProgress?: OnProgress;
}

/** A world that is measured: its weights, and how it remembers. */
interface Measured extends OpenedWeights {
  readonly kvCache?: KvCacheBits | undefined;
}

interface Baseline {
  readonly psnr: readonly number[];
  readonly delta4: readonly number[];
  /** None of families that reconstruct no frames. */
  readonly reconstruction: readonly number[];
}

/** Rollouts of one world from the first frame of each recording. */
interface Rollouts {
  /** A number a recording: mean PSNR in dB of the frames sampled with its actions. */
  readonly psnr: readonly number[];
  /** A number a recording: PSNR four frames on, with its actions minus with random ones. */
  readonly delta4: readonly number[];
  /** The last frame of each of the first rollouts, (H, W, 3). */
  readonly shown: readonly Float32Array[];
}

/** The frame after the prompt at which worlds are asked whether actions steer them (Bruce et al. 2024). */
const mostSteered = 4;

/** How many last frames of rollouts are kept to be looked at. */
const shownFrames = 8;

/** Frames that are reconstructed, at most. */
const reconstructedFrames = 128;

/** One float world, and everything that is asked about quantizing it. What was computed once is kept. */
export class QuantizationStudy {
  readonly #file: WorldFile;
  readonly #options: StudyOptions;
  readonly #store: VariableStore;
  readonly #temperature: number;
  readonly #training: FamilyTraining;
  #quantizer: LayerQuantizer;
  #statistics: Map<string, Statistics> | undefined;
  #evaluator: PartEvaluator | undefined;
  #recordings: readonly Course[] | undefined;
  /** What the world loses by one layer alone. */
  readonly #alone = new Map<string, number>();
  #baseline: Baseline | undefined;
  #speeds: SpeedEvaluator | undefined;
  #closed = false;
  /** Last frames of rollouts, by the name of the plan; the recordings' under `recorded`, the float world's under `float`. */
  readonly shown = new Map<string, readonly Float32Array[]>();

  private constructor(
    file: WorldFile,
    options: StudyOptions,
    training: FamilyTraining,
    layers: LayerQuantizer['layers'],
  ) {
    this.#file = file;
    this.#options = options;
    this.#training = training;
    this.#temperature = file.metadata.play?.temperature ?? 1;
    this.#quantizer = new LayerQuantizer(file, layers);
    this.#store = openWeights(options.executor, file, 'quantize').store;
  }

  /** @throws SnowglobeError for a world that is quantized already, or has no floats for a layer */
  static async open(file: WorldFile, options: StudyOptions): Promise<QuantizationStudy> {
    checkNotQuantized(file.metadata, 'quantize');
    const training = await file.model.training();
    return new QuantizationStudy(file, options, training, await layersOfWorld(file));
  }

  /** Matrices of the world that can be quantized, by name. */
  get layers(): LayerQuantizer['layers'] {
    return this.#quantizer.layers;
  }

  /** Whether the world's keys and values can be kept in eight bits. */
  get fitsKvCache(): boolean {
    return this.#file.model.fitsKvCache;
  }

  /** Whether rollouts are compared with recordings, or with what the world played itself. */
  get comparedWith(): 'recordings' | 'own play' {
    return this.#options.recordings ? 'recordings' : 'own play';
  }

  /** Looks at the activations of every layer; algorithms that need them then have them. */
  async calibrate(): Promise<void> {
    if (this.#statistics) return;
    const { executor, prompts, seed, calibrationSteps, onProgress } = this.#options;
    this.#statistics = await this.withFloats((store) =>
      calibrate(this.#file.model, {
        ...{ executor, store, prompts, seed },
        ...(calibrationSteps !== undefined && { steps: calibrationSteps }),
        temperature: this.#temperature,
        onProgress: (done, total) => onProgress?.('steps calibrated', done, total),
      }),
    );
    this.#quantizer = new LayerQuantizer(this.#file, this.layers, this.#statistics);
  }

  /** The same scheme and algorithm for every layer. */
  uniform(scheme: string, algorithm: string): Plan {
    return uniformPlan(this.layers.keys(), scheme, algorithm);
  }

  /** @throws SnowglobeError naming the layer that cannot be quantized so, or heads that the plan's KV cache cannot keep */
  async quantize(
    plan: Plan,
    provenance: Readonly<Record<string, string | number | boolean>> = {},
  ): Promise<QuantizedWorld> {
    const { onProgress } = this.#options;
    const { kvCache } = plan;
    if (kvCache) this.#file.model.checkKvCache();
    const layers = await this.#quantizer.apply(plan, (done, total) =>
      onProgress?.(`layers quantized, ${plan.name}`, done, total),
    );
    const matrices = new Map([...layers].map(([name, { matrix }]) => [name, matrix]));
    const file = quantizeWorldFile(
      this.#file,
      matrices,
      { scheme: plan.name.slice(0, 64), ...(kvCache && { kvCache: { bits: kvCache } }), provenance },
      { floats: 'F16', tables: tablesAmong(this.layers) },
    );
    return { plan, file, bytes: encodeWorld(file).length };
  }

  /**
   * Chooses a scheme for each layer under a budget.
   * @param ways the smallest first; what the world loses by it is measured, layer by layer
   * @throws SnowglobeError when the budget cannot be met, with the smallest that can
   */
  async choose(
    ways: readonly LayerPlan[],
    budget: Omit<Budget, 'otherBytes'>,
  ): Promise<{ readonly plan: Plan; readonly expected: Expected; readonly options: LayerOptions }> {
    if (budget.maxBytes !== undefined) await checkBytes(this.#file, ways, budget.maxBytes);
    const [smallest] = ways;
    const { bytes } = await this.quantize(this.uniform(smallest!.scheme, smallest!.algorithm));
    const options = await this.measureLayers(ways);
    const quantized = [...options.values()].reduce((sum, [option]) => sum + option!.bytes, 0);
    return { ...choosePlan(options, { ...budget, otherBytes: bytes - quantized }), options };
  }

  /** Measures what the world loses when one layer alone is quantized; figures of the same layers then have it. */
  async measureLayers(ways: readonly LayerPlan[]): Promise<LayerOptions> {
    const { executor, onProgress } = this.#options;
    const options = await measureSensitivity(this.#quantizer, await this.evaluator(), {
      ...{ executor, store: this.#store, ways },
      onProgress: (done, total) => onProgress?.('layers measured', done, total),
    });
    for (const [name, each] of options) {
      for (const { scheme, algorithm, degradation } of each)
        this.#alone.set(keyOf(name, { scheme, algorithm }), degradation);
    }
    return options;
  }

  /** The float world's own figures. */
  async float(): Promise<WorldFigures & Partial<Speed>> {
    const { psnr, delta4, reconstruction } = await this.baseline();
    return {
      bytes: encodeWorld(this.#file).length,
      rolloutPsnr: mean(psnr),
      ...{ rolloutPsnrDrop: 0, rolloutPsnrDropStandardError: 0 },
      ...{ delta4: mean(delta4), delta4Drop: 0 },
      ...this.#reconstructed(reconstruction, reconstruction),
    };
  }

  /** Measures a quantized world, as it is stored and through the kernels that play it. */
  async measure({ plan, file, bytes }: QuantizedWorld): Promise<SchemeFigures> {
    const { onProgress } = this.#options;
    const note = (done: number): void => onProgress?.(`measurements of ${plan.name}`, done, 4);
    const baseline = await this.baseline();
    const evaluator = await this.evaluator();
    note(0);
    const { kvCache } = plan;
    const quantized = { ...openWeights(this.#options.executor, file, 'quantize'), kvCache };
    const { parts, rollouts, reconstruction } = await (async () => {
      const opened = await evaluator.open(quantized);
      const parts = await opened.measure();
      await opened.close();
      note(1);
      const rollouts = await this.rollouts(quantized);
      this.shown.set(plan.name, rollouts.shown);
      note(2);
      const reconstruction = await this.reconstruction(quantized);
      note(3);
      return { parts, rollouts, reconstruction };
    })().finally(() => quantized.store.close());
    const drops = baseline.psnr.map((score, i) => score - rollouts.psnr[i]!);
    const layers = Object.entries(plan.layers).map(([name, how]): LayerErrors => {
      const kl = this.#alone.get(keyOf(name, how));
      return { ...this.#quantizer.errors(name, how), ...(kl !== undefined && { kl }) };
    });
    note(4);
    const main = parts[this.#training.quantization.main]!;
    return {
      ...{ scheme: plan.name, ...(kvCache && { kvCache }), bits: bitsOf(layers), bytes },
      ...{ klMean: main.klMean, klStandardError: main.klStandardError },
      ...{ top1: main.top1, top1StandardError: main.top1StandardError },
      rolloutPsnr: mean(rollouts.psnr),
      rolloutPsnrDrop: mean(drops),
      rolloutPsnrDropStandardError: standardError(drops),
      delta4: mean(rollouts.delta4),
      delta4Drop: mean(baseline.delta4) - mean(rollouts.delta4),
      ...this.#reconstructed(reconstruction, baseline.reconstruction),
      ...{ parts, layers },
    };
  }

  /** Plays a world on executors of this machine; by default the float one. See `SpeedMeter`. */
  async speed(executors: readonly ExecutorKind[], file = this.#file): Promise<Speed> {
    if (this.#closed) throw new SnowglobeError('quantize: its study is closed; make another one.');
    const { prompts, threads } = this.#options;
    this.#speeds ??= new SpeedEvaluator(prompts[0]!, { threads });
    return this.#speeds.measure(file, executors);
  }

  /** Frees the executors that worlds were timed on, and the float world's weights; nothing can be measured afterwards. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#store.close();
    await this.#speeds?.close();
  }

  /** Does something with the float world's weights that leaves its state behind: they are a copy of its own. */
  private async withFloats<T>(work: (store: VariableStore) => Promise<T>): Promise<T> {
    const { store } = openWeights(this.#options.executor, this.#file, 'quantize');
    try {
      return await work(store);
    } finally {
      store.close();
    }
  }

  private async evaluator(): Promise<PartEvaluator> {
    const { executor, seed } = this.#options;
    await this.play();
    return (this.#evaluator ??= await PartEvaluator.create(this.#file.model, this.#trajectories!, {
      ...{ executor, store: this.#store, seed },
    }));
  }

  #trajectories: Awaited<ReturnType<typeof playTrajectories>> | undefined;

  /** Plays the float world for the comparison, from other places and with other chances than for calibration. */
  private async play(): Promise<void> {
    if (this.#trajectories) return;
    const { executor, prompts, recordings, seed, runs = 32, onProgress } = this.#options;
    const { config } = this.#file.model;
    const steps = this.#options.steps ?? stepsFor(this.#training.quantization, 24);
    const size = config.width * config.height * 3;
    const starts = recordings?.map(({ frames }) => frames.subarray(0, size));
    this.#trajectories = await this.withFloats((store) =>
      playTrajectories(this.#file.model, {
        ...{ executor, store, steps },
        ...{ prompts: starts ?? [...prompts].reverse(), worlds: runs },
        ...{ temperature: this.#temperature, seed: seed + 1 },
        onProgress: (done, total) => onProgress?.('steps of the float world', done, total),
      }),
    );
    this.#recordings = recordings ?? ownRecordings(this.#trajectories, config);
  }

  private async baseline(): Promise<Baseline> {
    if (this.#baseline) return this.#baseline;
    await this.play();
    const { executor } = this.#options;
    const rollouts = await this.withFloats((store) => this.rollouts({ executor, store }));
    this.shown.set('float', rollouts.shown);
    const size = rollouts.shown[0]!.length;
    this.shown.set(
      'recorded',
      this.#recordings!.slice(0, shownFrames).map(({ frames }) => frames.subarray(frames.length - size)),
    );
    const reconstruction = await this.reconstruction({ executor, store: this.#store });
    this.#baseline = { psnr: rollouts.psnr, delta4: rollouts.delta4, reconstruction };
    return this.#baseline;
  }

  /** Rollouts from the first frame of each recording, as long as the shortest, always taking the likeliest. */
  private async rollouts({ executor, store, kvCache }: Measured): Promise<Rollouts> {
    const recordings = this.#recordings!;
    const length = recordings.reduce((least, { actions }) => Math.min(least, actions.length), Infinity);
    const steered = Math.min(mostSteered, length);
    const last: Float32Array[] = [];
    const courses = { count: recordings.length, length, at: (index: number) => recordings[index]! };
    const scores = await rollOutAlong(courses, this.#file.model, {
      ...{ executor, store, kvCache, seed: this.#options.seed },
      randomLength: steered,
      onFrame: (course, t, frame) => {
        if (t === length - 1 && course < shownFrames) last[course] = frame.slice();
      },
    });
    return {
      psnr: scores.followed.map(mean),
      delta4: scores.followed.map((row, i) => row[steered - 1]! - scores.random[i]![steered - 1]!),
      shown: last,
    };
  }

  /** PSNR of reconstructed frames. */
  private async reconstruction({ executor, store }: Measured): Promise<number[]> {
    const { reconstruction: drawnAgain } = this.#training;
    if (!drawnAgain) return [];
    const { config } = this.#file.model;
    const size = config.width * config.height * 3;
    const all = this.#recordings!.flatMap(({ frames }) => [
      frames.subarray(0, size),
      frames.subarray(frames.length - size),
    ]);
    const reconstruction = await openReconstruction(drawnAgain, { executor, store });
    try {
      return await reconstruction.psnr(all.slice(0, reconstructedFrames));
    } finally {
      await reconstruction.close();
    }
  }

  #reconstructed(psnr: readonly number[], float: readonly number[]): Pick<WorldFigures, 'reconstruction'> {
    const { reconstruction } = this.#training;
    if (!reconstruction) return {};
    const { name } = reconstruction;
    return { reconstruction: { name, psnr: mean(psnr), drop: mean(float) - mean(psnr) } };
  }
}

const keyOf = (name: string, { scheme, algorithm }: LayerPlan): string =>
  JSON.stringify([name, scheme, algorithm]);

function bitsOf(layers: readonly LayerErrors[]): number {
  if (layers.length === 0) return 16;
  const weights = layers.reduce((sum, { shape: [k, n] }) => sum + k * n, 0);
  return (8 * layers.reduce((sum, { bytes }) => sum + bytes, 0)) / weights;
}
