import type { Tensor } from '@snowglobe/graph';
import { GraphBuilder } from '@snowglobe/graph';
import { crossEntropy, fsqIndices, fsqValues, mean, pointwise as p, reshape, sum } from '@snowglobe/kernels';
import type { KvCacheBits, WorldConfig } from '@snowglobe/model';
import {
  codeLogits,
  codebookSize,
  decodeDelta,
  deltaPositions,
  embedCodes,
  embedContext,
  encodeDelta,
  guessWindow,
  pixelsPerDelta,
  readHint,
  rotaryPeriod,
  toldWidth,
  windowLength,
} from '@snowglobe/model';
import type { Executor, VariableStore } from '@snowglobe/runtime';
import type { JumpableRandomGenerator } from 'pure-rand/types/JumpableRandomGenerator';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { ClipDataset } from '../data/index.js';
import type { StageOptions } from '../loop/stage.js';
import { generatorFor } from '@snowglobe/runtime';
import { hintOf } from './delta.js';
import { pixelsOf } from './pixels.js';
import type { Transitions } from './transitions.js';
import { toldRows } from './transitions.js';

/** Sequences of a training step; of windows of a long memory as many as fill the frames. */
const sequences = 16;
const longFrames = 192;

/** How many times longer than the memory chains are: play, too, goes on for longer than it remembers. */
const chainLengths = 4;

/** Share of a clip that a chain is long at most, so that chains begin at many places. */
const shareOfClip = 0.75;

/** Chains that are encoded side by side. */
const encodingBatch = 24;

/** Share of positions that are painted from a random code, or from none, while chains are encoded. */
const wrongShare = 0.08;
const openShare = 0.12;

/** Share of a training window's frames that are remembered with some codes open, as play may leave them. */
const openFrames = 0.3;

/** Chains drawn from recordings, as the dynamics learns them. */
export interface EncodedChains {
  readonly count: number;
  /** Steps of each: T. */
  readonly length: number;
  /** (count, T, h, w, F): features of the hint at 1/8 of the side. */
  readonly features: readonly Float32Array[];
  /** (count, T, K) */
  readonly told: readonly Float32Array[];
  /** (count, T, N, books) */
  readonly codes: readonly Int32Array[];
}

/** Side of the squares that the hint's features at 1/8 stand for. */
const pixelsPerFeature = 8;

function featureShape({ width, height, delta }: WorldConfig): readonly [number, number, number] {
  return [height / pixelsPerFeature, width / pixelsPerFeature, delta.channels[2]];
}

/**
 * Walks along random windows as play does, each from a true frame on its own pictures, and keeps the codes that lead
 * back to the recording. Some positions are painted wrongly on purpose: what the dynamics will see in play is not
 * perfect either, and the next codes must mend it.
 */
export async function encodeChains(
  transitions: Transitions,
  config: WorldConfig,
  {
    executor,
    store,
    frames,
    seed,
    onProgress,
  }: {
    readonly executor: Executor;
    readonly store: VariableStore;
    /** Frames of all chains together; they are as long as the world's memory asks for. */
    readonly frames: number;
    readonly seed: number;
    readonly onProgress?: (done: number) => void;
  },
): Promise<EncodedChains> {
  const { data } = transitions;
  const length = chainLength(data, config);
  const count = Math.max(1, Math.round(frames / length));
  const [told, positions] = [toldWidth(config), deltaPositions(config)];
  const { books } = config.delta;
  const frameSize = data.height * data.width * 3;
  const featureSize = featureShape(config).reduce((a, b) => a * b, 1);
  const program = await executor.compile(encodingGraph(config), { store, freeze: true });
  const random = generatorFor(seed, 'encoded chains');
  const result = {
    ...{ count, length },
    features: [] as Float32Array[],
    told: [] as Float32Array[],
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
      toldRows(transitions, windows.clips[b]!, windows.starts[b]!, length, config),
    );
    for (let b = 0; b < here; b++) {
      result.features.push(new Float32Array(length * featureSize));
      result.told.push(rows[b]!);
      result.codes.push(new Int32Array(length * positions * books));
    }
    let last = new Float32Array(encodingBatch * frameSize);
    for (let b = 0; b < encodingBatch; b++) last.set(frameAt(b, 0), b * frameSize);
    for (let t = 0; t < length; t++) {
      const inputs = {
        last,
        frame: new Float32Array(encodingBatch * frameSize),
        told: new Float32Array(encodingBatch * told),
        wrong: new Float32Array(encodingBatch * positions),
        known: new Float32Array(encodingBatch * positions),
        wrongCodes: new Int32Array(encodingBatch * positions * books),
      };
      for (let b = 0; b < encodingBatch; b++) {
        inputs.frame.set(frameAt(b, t + 1), b * frameSize);
        inputs.told.set(rows[b]!.subarray(t * told, (t + 1) * told), b * told);
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
    onProgress?.(first + here);
  }
  await program.close();
  return result;
}

/** Steps of a chain: far more than a frame sees at once, as far as recordings go. */
function chainLength({ clips, totalFrames }: ClipDataset, config: WorldConfig): number {
  const { memory } = config.dynamics;
  // Half of what was recorded is in clips of at least this length: chains do not all come from the longest one.
  const lengths = clips.map(({ frames }) => frames).sort((a, b) => b - a);
  let counted = 0;
  const usual = lengths.find((frames) => (counted += frames) >= totalFrames / 2) ?? 0;
  const most = Math.floor(shareOfClip * (usual - 1));
  return Math.max(windowLength(config.dynamics), Math.min(chainLengths * memory, most));
}

function encodingGraph(config: WorldConfig) {
  const { width, height, delta } = config;
  const [h, w] = [height / pixelsPerDelta, width / pixelsPerDelta];
  const builder = new GraphBuilder();
  const picture = [encodingBatch, height, width, 3];
  const positions = deltaPositions(config);
  const [last, frame] = [builder.input('last', picture), builder.input('frame', picture)];
  const told_BK = builder.input('told', [encodingBatch, toldWidth(config)]);
  const grid = [encodingBatch, h, w, 1];
  const wrong = reshape(builder.input('wrong', [encodingBatch, positions]), grid);
  const known = reshape(builder.input('known', [encodingBatch, positions]), grid);
  const wrongCodes = builder.input('wrongCodes', [encodingBatch, positions, delta.books], 'i32');
  const hint = hintOf(last, told_BK, config);
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

/**
 * Learns the distribution of the next frame's codes, some of which are masked (MaskGIT, section 3.2).
 * @param kvCache what is remembered is rounded, see `PlayOptions`: to be measured, not to be trained
 */
export function dynamicsStage(
  encoded: () => Promise<EncodedChains>,
  config: WorldConfig,
  kvCache?: KvCacheBits,
): Pick<StageOptions, 'name' | 'build' | 'batches' | 'framesPerStep' | 'trains'> {
  const { dynamics, delta } = config;
  const length = windowLength(config.dynamics);
  const batch = dynamics.lookback ? Math.max(1, Math.round(longFrames / length)) : sequences;
  const [h, w, channels] = featureShape(config);
  const [told, positions] = [toldWidth(config), deltaPositions(config)];
  const perFrame = positions * delta.books;
  const codesShape = [batch, length, positions, delta.books];
  return {
    name: 'dynamics',
    framesPerStep: batch * length,
    trains: (name) => name.startsWith('dynamics/'),
    build: (builder) => {
      const features = builder.input('features', [batch * length, h, w, channels]);
      const rows = builder.input('told', [batch * length, told]);
      const codes = builder.input('codes', codesShape, 'i32');
      const remembered = builder.input('remembered', codesShape);
      const known = builder.input('known', codesShape);
      const logits = builder.scope('dynamics', () => {
        const context = embedContext({ features, told: rows }, [batch, length], dynamics);
        const view = (visible: Tensor): Tensor => p.add(context, embedCodes(codes, visible, delta, dynamics));
        const views = {
          context_BTNC: context,
          remembered_BTNC: view(remembered),
          masked_BTNC: view(known),
        };
        const turns = dynamics.lookback && builder.input('turns', [length], 'i32');
        return codeLogits(guessWindow(views, dynamics, { turns_T: turns, kvCache }), delta);
      });
      return maskedLoss(logits, codes, known);
    },
    batches: async (_, random) => {
      const chains = await encoded();
      const inputs = {
        features: new Float32Array(batch * length * h * w * channels),
        told: new Float32Array(batch * length * told),
        codes: new Int32Array(batch * length * perFrame),
        remembered: new Float32Array(batch * length * perFrame).fill(1),
        known: new Float32Array(batch * length * perFrame),
      };
      const gap = dynamics.lookback ? drawGap(random, chains.length - length) : 0;
      for (let b = 0; b < batch; b++) {
        const chain = uniformInt(random, 0, chains.count - 1);
        // Starts are where there is no memory yet: they come up more often than other places.
        const start = Math.max(0, uniformInt(random, -length, chains.length - length - gap));
        const take = <T extends Float32Array | Int32Array>(from: T, to: T, size: number): void => {
          const middle = gap > 0 ? length >> 1 : length;
          to.set(from.subarray(start * size, (start + middle) * size), b * length * size);
          const second = from.subarray((start + middle + gap) * size, (start + length + gap) * size);
          to.set(second, (b * length + middle) * size);
        };
        take(chains.features[chain]!, inputs.features, h * w * channels);
        take(chains.told[chain]!, inputs.told, told);
        take(chains.codes[chain]!, inputs.codes, perFrame);
        for (let t = 0; t < length; t++) {
          const at = (b * length + t) * perFrame;
          // Cosine of a uniform: most frames have most codes masked, as most refinement steps do.
          const masked = Math.cos((uniformFloat64(random) * Math.PI) / 2);
          for (let i = 0; i < perFrame; i++) inputs.known[at + i] = uniformFloat64(random) < masked ? 0 : 1;
          if (uniformFloat64(random) >= openFrames) continue;
          const open = uniformFloat64(random);
          for (let n = 0; n < positions; n++) {
            if (uniformFloat64(random) >= open) continue;
            inputs.remembered.fill(0, at + n * delta.books, at + (n + 1) * delta.books);
          }
        }
      }
      if (!dynamics.lookback) return inputs;
      return { ...inputs, turns: windowTurns(random, length, gap, dynamics.memory) };
    },
  };
}

/**
 * Frames that a window leaves out between its older and its newer half, so that memories are of long ago. Half of the
 * windows leave out none.
 */
function drawGap(random: JumpableRandomGenerator, most: number): number {
  return uniformFloat64(random) < 0.5 ? 0 : uniformInt(random, 0, Math.max(0, most));
}

/**
 * Where the frames of a window are in time, modulo the rotary period. In half of the windows the older half is moved further
 * away than it was, up to the length of the memory: positions of which recordings are too short are learned as well (skipped
 * positions, Zhu et al. 2024).
 */
function windowTurns(
  random: JumpableRandomGenerator,
  length: number,
  gap: number,
  memory: number,
): Int32Array {
  const furthest = Math.max(gap, memory - length);
  const apart = gap > 0 && uniformFloat64(random) < 0.5 ? uniformInt(random, gap, furthest) : gap;
  const period = rotaryPeriod(memory);
  return Int32Array.from({ length }, (_, t) => (t < length >> 1 ? t : t + apart) % period);
}

/** Mean cross-entropy of the masked codes in nats, and how often the likeliest one is right. */
function maskedLoss(logits: Tensor, codes: Tensor, known: Tensor) {
  const masked = p.sub(1, known);
  const total = p.max(sum(masked), 1);
  const losses = crossEntropy(logits, codes);
  const loss = p.div(sum(p.mul(losses, masked)), total);
  // exp(−loss) of a code is the probability that it was given.
  const likelihood = p.div(sum(p.mul(p.exp(p.mul(losses, -1)), masked)), total);
  return { loss, metrics: { likelihood, masked: mean(masked) } };
}
