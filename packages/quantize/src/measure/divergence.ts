import type { Graph, Tensor } from '@snowglobe/graph';
import { GraphBuilder, SnowglobeError } from '@snowglobe/graph';
import { pointwise as p, slice } from '@snowglobe/kernels';
import type { WorldConfig } from '@snowglobe/model';
import {
  codeLogits,
  codePrior,
  codebookSize,
  deltaPositions,
  embedCodes,
  embedContext,
  insideOf,
  motionOfRow,
  motionWidth,
  readHint,
  rotationOfWindow,
  seeFrames,
  shiftPicture,
  stepMotion,
  toldWidth,
  trainSpacetime,
} from '@snowglobe/model';
import type { Executor, Program, VariableStore } from '@snowglobe/runtime';
import { generatorFor } from '@snowglobe/runtime';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import type { Trajectory } from '../calibration/trajectories.js';

/** Windows of one run. */
const batch = 8;

/** How far the predictions of a quantized world are from those of the float world, in the same states. */
export interface Divergence {
  /** Mean over masked codes of KL(float ‖ quantized), in nats. */
  readonly klMean: number;
  /** Of that mean; windows of frames are what is independent. */
  readonly klStandardError: number;
  /** Share of masked codes whose likeliest value is the same. */
  readonly top1: number;
  readonly top1StandardError: number;
  /** Share of camera motions, an axis each, whose likeliest value is the same. */
  readonly motionTop1: number;
  readonly windows: number;
  readonly codes: number;
}

/**
 * Teacher-forced comparison with the float world: both predict the codes of the same frames, from the same pictures, past
 * codes, actions, motions and masks.
 */
export class DivergenceMeter {
  private constructor(
    private readonly config: WorldConfig,
    private readonly windows: readonly Trajectory[],
    private readonly masks: readonly Float32Array[],
    /** Log-probabilities of the masked codes, a window each, and the likeliest shifts. */
    private readonly expected: readonly Prediction[],
  ) {}

  /**
   * @param trajectories of the float world, cut into windows of the length that the dynamics remembers
   * @param seed decides which codes are masked
   * @throws SnowglobeError when they are too short
   */
  static async create(
    config: WorldConfig,
    trajectories: readonly Trajectory[],
    { executor, store, seed }: { executor: Executor; store: VariableStore; seed: number },
  ): Promise<DivergenceMeter> {
    const length = config.dynamics.memory;
    const windows = trajectories.flatMap((trajectory) => cut(trajectory, length));
    if (windows.length < 2) {
      throw new SnowglobeError(
        `measure: ${trajectories.length} runs have ${windows.length} windows of ${length} frames and a standard error needs 2; play more or longer ones.`,
      );
    }
    const perFrame = deltaPositions(config) * config.delta.books;
    const random = generatorFor(seed, 'masks');
    const masks = windows.map(() => {
      const known = new Float32Array(length * perFrame);
      for (let t = 0; t < length; t++) {
        // Cosine of a uniform, as in training.
        const masked = Math.cos((uniformFloat64(random) * Math.PI) / 2);
        for (let i = 0; i < perFrame; i++) known[t * perFrame + i] = uniformFloat64(random) < masked ? 0 : 1;
      }
      return known;
    });
    const program = await executor.compile(buildPredictions(config), { store, freeze: true });
    const expected: Prediction[] = [];
    await predict(program, config, windows, masks, (prediction) => expected.push(prediction));
    await program.close();
    return new DivergenceMeter(config, windows, masks, expected);
  }

  /** @param store holds the weights of the quantized world */
  async measure({ executor, store }: { executor: Executor; store: VariableStore }): Promise<Divergence> {
    const program = await executor.compile(buildPredictions(this.config), { store, freeze: true });
    try {
      return await this.measureProgram(program);
    } finally {
      await program.close();
    }
  }

  /** @param program of `buildPredictions`, for those who change weights between measurements */
  async measureProgram(program: Program): Promise<Divergence> {
    const size = codebookSize(this.config.delta);
    const [kl, same]: [number[], number[]] = [[], []];
    let [codes, motions, sameMotions, window] = [0, 0, 0, 0];
    await predict(program, this.config, this.windows, this.masks, (found) => {
      const wanted = this.expected[window++]!;
      let [sum, agreed] = [0, 0];
      const count = wanted.logProbabilities.length / size;
      for (let code = 0; code < count; code++) {
        const from = code * size;
        let [a, b] = [from, from];
        for (let i = from; i < from + size; i++) {
          const log = wanted.logProbabilities[i]!;
          sum += Math.exp(log) * (log - found.logProbabilities[i]!);
          if (log > wanted.logProbabilities[a]!) a = i;
          if (found.logProbabilities[i]! > found.logProbabilities[b]!) b = i;
        }
        if (a === b) agreed += 1;
      }
      if (count > 0) {
        kl.push(sum / count);
        same.push(agreed / count);
        codes += count;
      }
      wanted.shifts.forEach((shift, i) => {
        motions += 1;
        if (shift === found.shifts[i]) sameMotions += 1;
      });
    });
    return {
      ...{ klMean: mean(kl), klStandardError: standardError(kl) },
      ...{ top1: mean(same), top1StandardError: standardError(same) },
      motionTop1: sameMotions / motions,
      windows: kl.length,
      codes,
    };
  }
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** Standard error of a mean of independent values. */
export function standardError(values: readonly number[]): number {
  const middle = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1) / values.length);
}

interface Prediction {
  /** (masked codes, values) */
  readonly logProbabilities: Float32Array;
  /** The likeliest vertical and horizontal shift of each frame. */
  readonly shifts: Int32Array;
}

function cut(trajectory: Trajectory, length: number): Trajectory[] {
  const count = Math.floor(trajectory.steps / length);
  return Array.from({ length: count }, (_, i) => {
    const part = <T extends Float32Array | Int32Array>(data: T): T => {
      const size = data.length / trajectory.steps;
      return data.subarray(i * length * size, (i + 1) * length * size) as T;
    };
    const { steps: _steps, ...parts } = trajectory;
    const cutParts = Object.fromEntries(
      Object.entries(parts).map(([name, data]) => [name, part(data as Float32Array)]),
    );
    return { ...cutParts, steps: length } as unknown as Trajectory;
  });
}

/**
 * The dynamics over windows of frames: inputs `before`, `told`, `motionState`, `lastMotion`, `codes` and `known`; outputs
 * `logits` (B, T, N, books, values), `vertical`, `horizontal` and, where there is one, `prior`.
 */
export function buildPredictions(config: WorldConfig): Graph {
  const { width, height, delta, dynamics, motion } = config;
  const length = dynamics.memory;
  const frames = batch * length;
  const builder = new GraphBuilder();
  const before = builder.input('before', [frames, height, width, 3]);
  const told = builder.input('told', [frames, toldWidth(config)]);
  const state = builder.input('motionState', [frames, motion.width]);
  const last = builder.input('lastMotion', [frames, motionWidth(motion)]);
  const shape = [batch, length, deltaPositions(config), delta.books];
  const codes = builder.input('codes', shape, 'i32');
  const known = builder.input('known', shape);

  const action = slice(told, 1, 0, motion.actions);
  const { vertical_BY, horizontal_BX } = motionOfRow(
    slice(told, 1, motion.actions, toldWidth(config)),
    motion,
  );
  const features = readHint(
    {
      moved_BHW3: shiftPicture(before, vertical_BY, horizontal_BX),
      inside_BHW1: insideOf(vertical_BY, horizontal_BX, height, width),
      last_BHW3: before,
      told_BK: told,
    },
    delta,
  );
  builder.scope('dynamics', () => {
    const context = embedContext({ features: features.eighth, told }, [batch, length], dynamics);
    const view = (visible: Tensor): Tensor => p.add(context, embedCodes(codes, visible, delta, dynamics));
    const rotation = rotationOfWindow(builder, length, dynamics.width / dynamics.heads);
    const all = builder.constant(new Float32Array(codes.shape.reduce((a, b) => a * b, 1)).fill(1), shape);
    builder.output('logits', codeLogits(trainSpacetime(view(all), view(known), rotation, dynamics), delta));
  });
  const step = stepMotion(seeFrames(before, motion), action, { state_BS: state, last_BM: last }, motion);
  builder.output('vertical', step.verticalLogits_BY);
  builder.output('horizontal', step.horizontalLogits_BX);
  if (config.latentActions) builder.output('prior', codePrior(before, last, motion));
  return builder.build();
}

async function predict(
  program: Program,
  config: WorldConfig,
  windows: readonly Trajectory[],
  masks: readonly Float32Array[],
  onWindow: (prediction: Prediction) => void,
): Promise<void> {
  const length = config.dynamics.memory;
  const size = codebookSize(config.delta);
  for (let first = 0; first < windows.length; first += batch) {
    const here = windows.slice(first, first + batch);
    // The last batch is filled up with its first window.
    const rows = Array.from({ length: batch }, (_, b) => here[b] ?? here[0]!);
    const join = (part: (window: Trajectory, b: number) => ArrayLike<number>): Float32Array => {
      const parts = rows.map(part);
      const joined = new Float32Array(parts.reduce((total, { length: each }) => total + each, 0));
      parts.reduce((at, each) => (joined.set(each, at), at + each.length), 0);
      return joined;
    };
    const run = await program.run({
      before: join(({ before }) => before),
      told: join(({ action, motion }) => {
        const [a, m] = [action.length / length, motion.length / length];
        const told = new Float32Array(length * (a + m));
        for (let t = 0; t < length; t++) {
          told.set(action.subarray(t * a, (t + 1) * a), t * (a + m));
          told.set(motion.subarray(t * m, (t + 1) * m), t * (a + m) + a);
        }
        return told;
      }),
      motionState: join(({ motionState }) => motionState),
      lastMotion: join(({ lastMotion }) => lastMotion),
      codes: Int32Array.from(join(({ codes }) => codes)),
      known: join((_, b) => masks[first + Math.min(b, here.length - 1)]!),
    });
    const logits = run['logits'] as Float32Array;
    const perWindow = logits.length / batch;
    here.forEach((_, b) => {
      const known = masks[first + b]!;
      const masked = [...known.keys()].filter((i) => known[i] === 0);
      const logProbabilities = new Float32Array(masked.length * size);
      masked.forEach((code, i) => {
        const from = b * perWindow + code * size;
        logProbabilities.set(logSoftmax(logits.subarray(from, from + size)), i * size);
      });
      const shifts = ['vertical', 'horizontal'].flatMap((axis) => {
        const all = run[axis] as Float32Array;
        const width = all.length / (batch * length);
        return Array.from({ length }, (_, t) => {
          const from = (b * length + t) * width;
          return argmax(all.subarray(from, from + width));
        });
      });
      onWindow({ logProbabilities, shifts: Int32Array.from(shifts) });
    });
  }
}

function logSoftmax(logits: Float32Array): Float64Array {
  let most = -Infinity;
  for (const logit of logits) if (logit > most) most = logit;
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - most);
  const log = Math.log(sum) + most;
  return Float64Array.from(logits, (logit) => logit - log);
}

function argmax(values: Float32Array): number {
  let best = 0;
  values.forEach((value, i) => {
    if (value > values[best]!) best = i;
  });
  return best;
}
