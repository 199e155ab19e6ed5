import type { Executor, VariableStore } from '@snowglobe/graph';
import { GraphBuilder } from '@snowglobe/graph';
import { fsqIndices, fsqValues, pointwise as p, reshape } from '@snowglobe/kernels';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { codebookSize } from '../../../masked/codes.js';
import { windowLength } from '../../../memory/window.js';
import { pixelsOf } from '../../../pixels.js';
import { generatorFor } from '../../../random.js';
import type { Recordings } from '../../../recordings.js';
import { decodeDelta, encodeDelta, pixelsPerDelta, readHint } from '../codes/delta.js';
import { hintOf } from '../codes/hint.js';
import type { DeltaWorldConfig } from '../config/config.js';
import { deltaPositions, conditioningWidth } from '../config/config.js';
import type { Transitions } from './transitions.js';
import { conditioningRows } from './transitions.js';

/** How many times longer than the memory sequences are: play, too, goes on for longer than it remembers. */
const lengthsOfMemory = 4;

/** Share of a clip that a sequence is long at most, so that sequences begin at many places. */
const shareOfClip = 0.75;

/** Sequences that are encoded side by side. */
const encodingBatch = 24;

/** Share of positions that are painted from a random code, or from none, while sequences are encoded. */
const wrongShare = 0.08;
const openShare = 0.12;

/** Sequences sampled from recordings, as the dynamics learns them. */
export interface EncodedSequences {
  readonly count: number;
  /** Steps of each: T. */
  readonly length: number;
  /** (count, T, h, w, F): features of the hint at 1/8 of the side. */
  readonly features: readonly Float32Array[];
  /** (count, T, K) */
  readonly conditioning: readonly Float32Array[];
  /** (count, T, N, books) */
  readonly codes: readonly Int32Array[];
}

/** Side of the squares that the hint's features at 1/8 stand for. */
const pixelsPerFeature = 8;

export function featureShape({ width, height, delta }: DeltaWorldConfig): readonly [number, number, number] {
  return [height / pixelsPerFeature, width / pixelsPerFeature, delta.channels[2]];
}

/**
 * Walks along random windows as play does, each from a true frame on its own pictures, and keeps the codes that lead
 * back to the recording. Some positions are painted wrongly on purpose: what the dynamics will see in play is not
 * perfect either, and the next codes must mend it.
 */
export async function encodeSequences(
  transitions: Transitions,
  config: DeltaWorldConfig,
  {
    executor,
    store,
    frames = 4608,
    seed,
  }: {
    readonly executor: Executor;
    readonly store: VariableStore;
    /** Frames of all sequences together, which are as long as the world's memory asks for; default 4,608. */
    readonly frames?: number | undefined;
    readonly seed: number;
  },
): Promise<EncodedSequences> {
  const { data } = transitions;
  const length = sequenceLength(data, config);
  const count = Math.max(1, Math.round(frames / length));
  const [conditioning, positions] = [conditioningWidth(config), deltaPositions(config)];
  const { books } = config.delta;
  const frameSize = data.height * data.width * 3;
  const featureSize = featureShape(config).reduce((a, b) => a * b, 1);
  const program = await executor.compile(encodingGraph(config), { store, freeze: true });
  const random = generatorFor(seed, 'encoded chains');
  const result = {
    ...{ count, length },
    features: [] as Float32Array[],
    conditioning: [] as Float32Array[],
    codes: [] as Int32Array[],
  };
  for (let first = 0; first < count; first += encodingBatch) {
    const here = Math.min(encodingBatch, count - first);
    const windows = data.sampleWindows(random, encodingBatch, length + 1);
    const pixels = pixelsOf(windows.frames);
    const frameAt = (b: number, t: number): Float32Array => {
      const start = (b * (length + 1) + t) * frameSize;
      return pixels.subarray(start, start + frameSize);
    };
    const rows = Array.from({ length: encodingBatch }, (_, b) =>
      conditioningRows(transitions, windows.clips[b]!, windows.starts[b]!, length, config),
    );
    for (let b = 0; b < here; b++) {
      result.features.push(new Float32Array(length * featureSize));
      result.conditioning.push(rows[b]!);
      result.codes.push(new Int32Array(length * positions * books));
    }
    let last = new Float32Array(encodingBatch * frameSize);
    for (let b = 0; b < encodingBatch; b++) last.set(frameAt(b, 0), b * frameSize);
    for (let t = 0; t < length; t++) {
      const inputs = {
        last,
        frame: new Float32Array(encodingBatch * frameSize),
        conditioning: new Float32Array(encodingBatch * conditioning),
        wrong: new Float32Array(encodingBatch * positions),
        known: new Float32Array(encodingBatch * positions),
        wrongCodes: new Int32Array(encodingBatch * positions * books),
      };
      for (let b = 0; b < encodingBatch; b++) {
        inputs.frame.set(frameAt(b, t + 1), b * frameSize);
        inputs.conditioning.set(
          rows[b]!.subarray(t * conditioning, (t + 1) * conditioning),
          b * conditioning,
        );
      }
      for (let i = 0; i < inputs.wrong.length; i++) {
        inputs.wrong[i] = uniformFloat64(random) < wrongShare ? 1 : 0;
        inputs.known[i] = uniformFloat64(random) < openShare ? 0 : 1;
      }
      for (let i = 0; i < inputs.wrongCodes.length; i++) {
        inputs.wrongCodes[i] = uniformInt(random, 0, codebookSize(config.delta) - 1);
      }
      const run = await program.run(inputs);
      last = run['drawn'] as Float32Array<ArrayBuffer>;
      for (let b = 0; b < here; b++) {
        const take = <T extends Float32Array | Int32Array>(from: T, to: T, size: number): void =>
          to.set(from.subarray(b * size, (b + 1) * size), t * size);
        take(run['features'] as Float32Array, result.features[first + b]!, featureSize);
        take(run['codes'] as Int32Array, result.codes[first + b]!, positions * books);
      }
    }
  }
  await program.close();
  return result;
}

/** Frames of a recording that the shortest sequence goes along. */
export const sequenceFrames = (dynamics: DeltaWorldConfig['dynamics']): number => windowLength(dynamics) + 1;

/** Steps of a sequence: far more than a frame sees at once, as far as recordings go. */
function sequenceLength({ clips, totalFrames }: Recordings, config: DeltaWorldConfig): number {
  const { memory } = config.dynamics;
  // Half of what was recorded is in clips of at least this length: sequences do not all come from the longest one.
  const lengths = clips.map(({ frames }) => frames).sort((a, b) => b - a);
  let counted = 0;
  const usual = lengths.find((frames) => (counted += frames) >= totalFrames / 2) ?? 0;
  const most = Math.floor(shareOfClip * (usual - 1));
  return Math.max(windowLength(config.dynamics), Math.min(lengthsOfMemory * memory, most));
}

function encodingGraph(config: DeltaWorldConfig) {
  const { width, height, delta } = config;
  const [h, w] = [height / pixelsPerDelta, width / pixelsPerDelta];
  const builder = new GraphBuilder();
  const picture = [encodingBatch, height, width, 3];
  const positions = deltaPositions(config);
  const [last, frame] = [builder.input('last', picture), builder.input('frame', picture)];
  const conditioning_BK = builder.input('conditioning', [encodingBatch, conditioningWidth(config)]);
  const grid = [encodingBatch, h, w, 1];
  const wrong = reshape(builder.input('wrong', [encodingBatch, positions]), grid);
  const known = reshape(builder.input('known', [encodingBatch, positions]), grid);
  const wrongCodes = builder.input('wrongCodes', [encodingBatch, positions, delta.books], 'i32');
  const hint = hintOf(last, conditioning_BK, config);
  const features = readHint(hint, delta);
  const values_BhwZ = encodeDelta(frame, hint.moved_BHW3, delta);
  const wrong_BhwZ = reshape(fsqValues(wrongCodes, delta.levels), values_BhwZ.shape);
  const painted_BhwZ = p.add(values_BhwZ, p.mul(wrong, p.sub(wrong_BhwZ, values_BhwZ)));
  const drawn = decodeDelta(painted_BhwZ, known, hint.moved_BHW3, features, delta);
  builder.output('drawn', p.min(p.max(drawn, -1), 1));
  builder.output('features', features.eighth);
  builder.output('codes', reshape(fsqIndices(values_BhwZ, delta.levels), wrongCodes.shape));
  return builder.build();
}
