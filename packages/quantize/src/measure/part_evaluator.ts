import { mean, standardError } from '@snowglobe/eval/internal';
import type { Executor, Program, TensorData, VariableStore } from '@snowglobe/graph';
import type {
  FamilyQuantization,
  KvCacheBits,
  PartOutput,
  PredictedPart as Part,
  WorldModel,
} from '@snowglobe/model';
import type { Trajectory } from '../trajectories/trajectories.js';
import type { Window } from '../trajectories/windows.js';
import { inputsFor, windowsOf } from '../trajectories/windows.js';
import { windowsAtOnce } from '../world/batch.js';

/** How far one part of a quantized world is from the float one, in the same states. */
export interface PartScore {
  /**
   * KL(float ‖ quantized) in nats: of a choice (a masked code, an axis of the motion, an action), or of a pixel, which is taken
   * for a Gaussian around the picture with the variance of the float world's own error at reconstructing frames.
   */
  readonly klMean: number;
  /** Of that mean; windows of frames are what is independent. One window alone has none. */
  readonly klStandardError?: number | undefined;
  /** Share of choices whose likeliest value is the same; 1 for pixels. */
  readonly top1: number;
  readonly top1StandardError?: number | undefined;
}

/** By name of the part. */
export type PartScores = Readonly<Record<string, PartScore>>;

/** Variance of a pixel where a family reconstructs no frames: an error of 30 dB. */
const usualVariance = 4e-3;

/** The sum of what all parts lose, by their weights: what plans are chosen by. */
export const degradationOf = (scores: PartScores, parts: readonly Part[]): number =>
  parts.reduce((sum, { name, weight }) => sum + weight * (scores[name]?.klMean ?? 0), 0);

/** What the float world predicts for one window: log-probabilities row by row, or pixels, by output. */
type Prediction = ReadonlyMap<string, Float32Array>;

/** A quantized world whose weights may change between measurements. */
export interface OpenedEvaluator {
  /**
   * @param names parts to measure; default all
   * @param windows how many windows to look at; default all
   */
  measure(names?: readonly string[], windows?: number): Promise<PartScores>;
  close(): Promise<void>;
}

/** Compares worlds with the float one: teacher-forced, on the same pictures, codes, actions, motions and masks. */
export class PartEvaluator {
  private constructor(
    private readonly quantization: FamilyQuantization,
    readonly parts: readonly Part[],
    private readonly windows: readonly Window[],
    private readonly expected: ReadonlyMap<string, readonly Prediction[]>,
    private readonly variance: number,
  ) {}

  /** Name of the part whose divergence stands for the world's. */
  get main(): string {
    return this.quantization.main;
  }

  /**
   * @param trajectories of the float world
   * @param seed decides which codes are masked
   * @throws SnowglobeError when they are too short
   */
  static async create(
    model: WorldModel,
    trajectories: readonly Trajectory[],
    { executor, store, seed }: { executor: Executor; store: VariableStore; seed: number },
  ): Promise<PartEvaluator> {
    const { quantization } = await model.training();
    const parts = quantization.parts(windowsAtOnce);
    const windows = windowsOf(trajectories, quantization, seed);
    const expected = new Map<string, Prediction[]>();
    for (const part of parts) {
      const program = await executor.compile(part.graph, { store, freeze: true });
      const predictions: Prediction[] = [];
      await predict(program, part, windows, (prediction) => predictions.push(prediction));
      await program.close();
      expected.set(part.name, predictions);
    }
    const { reconstructs } = quantization;
    const again = parts.find(({ name }) => name === reconstructs);
    const variance = again
      ? errorOf(
          expected.get(again.name)!.map((prediction) => prediction.get(again.outputs[0]!.name)!),
          windows,
        )
      : usualVariance;
    return new PartEvaluator(quantization, parts, windows, expected, Math.max(variance, 1e-6));
  }

  /**
   * @param store holds the weights of the quantized world
   * @param kvCache how it remembers, see `FrameOptions`
   */
  async open({
    executor,
    store,
    kvCache,
  }: {
    executor: Executor;
    store: VariableStore;
    kvCache?: KvCacheBits | undefined;
  }): Promise<OpenedEvaluator> {
    const parts = kvCache ? this.quantization.parts(windowsAtOnce, { kvCache }) : this.parts;
    const programs = new Map<string, Program>();
    return {
      measure: async (names, most) => {
        const scores: Record<string, PartScore> = {};
        for (const part of parts) {
          if (names && !names.includes(part.name)) continue;
          const program = programs.get(part.name) ?? (await executor.compile(part.graph, { store }));
          programs.set(part.name, program);
          scores[part.name] = await this.score(program, part, this.windows.slice(0, most));
        }
        return scores;
      },
      close: async () => {
        for (const program of programs.values()) await program.close();
      },
    };
  }

  private async score(program: Program, part: Part, windows: readonly Window[]): Promise<PartScore> {
    const expected = this.expected.get(part.name)!;
    const [kl, same]: [number[], number[]] = [[], []];
    let window = 0;
    await predict(program, part, windows, (found) => {
      const wanted = expected[window++]!;
      let [sum, agreed, count] = [0, 0, 0];
      for (const { name, kind } of part.outputs) {
        const [a, b] = [wanted.get(name)!, found.get(name)!];
        if (kind === 'pixels') {
          a.forEach((value, i) => (sum += (value - b[i]!) ** 2 / (2 * this.variance)));
          agreed += a.length;
          count += a.length;
        } else {
          const size = widthOf(part, name);
          for (let from = 0; from < a.length; from += size) {
            const { divergence, same: isSame } = compareChoice(a, b, from, from + size);
            sum += divergence;
            agreed += isSame ? 1 : 0;
            count += 1;
          }
        }
      }
      if (count === 0) return;
      kl.push(sum / count);
      same.push(agreed / count);
    });
    return {
      klMean: mean(kl),
      klStandardError: standardError(kl),
      top1: mean(same),
      top1StandardError: standardError(same),
    };
  }
}

/** Mean squared error of pictures beside the frames that they show. */
function errorOf(drawn: readonly Float32Array[], windows: readonly Window[]): number {
  let [squares, pixels] = [0, 0];
  drawn.forEach((pictures, i) => {
    const shown = windows[i]!.get('after')!;
    pictures.forEach((value, at) => (squares += (value - shown[at]!) ** 2));
    pixels += shown.length;
  });
  return squares / pixels;
}

const widthOf = ({ graph }: Part, output: string): number => graph.outputs.get(output)!.shape.at(-1)!;

/** @param a, b log-probabilities */
function compareChoice(a: Float32Array, b: Float32Array, from: number, to: number) {
  let [divergence, likeliest, other] = [0, from, from];
  for (let i = from; i < to; i++) {
    const log = a[i]!;
    divergence += Math.exp(log) * (log - b[i]!);
    if (log > a[likeliest]!) likeliest = i;
    if (b[i]! > b[other]!) other = i;
  }
  return { divergence, same: likeliest === other };
}

async function predict(
  program: Program,
  part: Part,
  windows: readonly Window[],
  onWindow: (prediction: Prediction) => void,
): Promise<void> {
  for (let first = 0; first < windows.length; first += windowsAtOnce) {
    const here = windows.slice(first, first + windowsAtOnce);
    const run = await program.run(inputsFor(part.graph, here));
    here.forEach((window, b) => {
      onWindow(new Map(part.outputs.map((output) => [output.name, partOf(run, part, output, window, b)])));
    });
  }
}

/** What a run says about its window `b`: pixels as they are, log-probabilities of what has to be guessed. */
function partOf(
  run: Readonly<Record<string, TensorData>>,
  part: Part,
  { name, kind, given }: PartOutput,
  window: Window,
  b: number,
): Float32Array {
  const all = run[name] as Float32Array;
  const own = all.subarray((b * all.length) / windowsAtOnce, ((b + 1) * all.length) / windowsAtOnce);
  if (kind === 'pixels') return own.slice();
  const size = widthOf(part, name);
  const rows = own.length / size;
  const known = given === undefined ? undefined : window.get(given)!;
  const asked = Array.from({ length: rows }, (_, row) => row).filter((row) => !known || known[row] === 0);
  const result = new Float32Array(asked.length * size);
  asked.forEach((row, i) => writeLogSoftmax(own.subarray(row * size, (row + 1) * size), result, i * size));
  return result;
}

function writeLogSoftmax(logits: Float32Array, to: Float32Array, at: number): void {
  let most = -Infinity;
  for (const logit of logits) if (logit > most) most = logit;
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - most);
  const log = Math.log(sum) + most;
  logits.forEach((logit, i) => (to[at + i] = logit - log));
}
