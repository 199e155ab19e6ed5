import type { Tensor } from '@snowglobe/graph';
import { crossEntropy, mean, pointwise as p, sum } from '@snowglobe/kernels';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { JumpableRandomGenerator } from 'pure-rand/types/JumpableRandomGenerator';
import { embedContext } from '../../../conditioning/context.js';
import type { StageDefinition } from '../../../family/training.js';
import { rotaryPeriod } from '../../../layers/rotary.js';
import { codeLogits, embedCodes } from '../../../masked/codes.js';
import type { KvCacheBits } from '../../../memory/kv_cache.js';
import { guessWindow, windowLength } from '../../../memory/window.js';
import type { DeltaWorldConfig } from '../config/config.js';
import { deltaPositions, conditioningWidth } from '../config/config.js';
import type { EncodedSequences } from './sequences.js';
import { featureShape } from './sequences.js';

/** Sequences of a training step; of windows of a long memory as many as fill the frames. */
const sequencesPerStep = 16;
const longFrames = 192;

/** Share of a training window's frames that are remembered with some codes open, as play may leave them. */
const openFrames = 0.3;

/**
 * What the dynamics is trained and measured by: windows of recordings, some codes of which are masked and are predicted (MaskGIT,
 * section 3.2). The loss is in nats a masked code.
 * @param kvCache what is remembered is rounded, see `FrameOptions`: to be measured, not to be trained
 */
export function maskedCodes(
  encoded: () => Promise<EncodedSequences>,
  config: DeltaWorldConfig,
  kvCache?: KvCacheBits,
): StageDefinition {
  const { dynamics, delta } = config;
  const length = windowLength(config.dynamics);
  const batch = dynamics.lookback ? Math.max(1, Math.round(longFrames / length)) : sequencesPerStep;
  const [h, w, channels] = featureShape(config);
  const [conditioning, positions] = [conditioningWidth(config), deltaPositions(config)];
  const perFrame = positions * delta.books;
  const codesShape = [batch, length, positions, delta.books];
  return {
    framesPerStep: batch * length,
    build: (builder) => {
      const features = builder.input('features', [batch * length, h, w, channels]);
      const rows = builder.input('conditioning', [batch * length, conditioning]);
      const codes = builder.input('codes', codesShape, 'i32');
      const remembered = builder.input('remembered', codesShape);
      const known = builder.input('known', codesShape);
      const logits = builder.scope('dynamics', () => {
        const context = embedContext({ features, conditioning: rows }, [batch, length], dynamics);
        const view = (visible: Tensor): Tensor =>
          p.add(context, embedCodes(codes, visible, delta, dynamics.width));
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
      const sequences = await encoded();
      const inputs = {
        features: new Float32Array(batch * length * h * w * channels),
        conditioning: new Float32Array(batch * length * conditioning),
        codes: new Int32Array(batch * length * perFrame),
        remembered: new Float32Array(batch * length * perFrame).fill(1),
        known: new Float32Array(batch * length * perFrame),
      };
      const gap = dynamics.lookback ? sampleGap(random, sequences.length - length) : 0;
      for (let b = 0; b < batch; b++) {
        const sequence = uniformInt(random, 0, sequences.count - 1);
        // Starts are where there is no memory yet: they come up more often than other places.
        const start = Math.max(0, uniformInt(random, -length, sequences.length - length - gap));
        const take = <T extends Float32Array | Int32Array>(from: T, to: T, size: number): void => {
          const middle = gap > 0 ? length >> 1 : length;
          to.set(from.subarray(start * size, (start + middle) * size), b * length * size);
          const second = from.subarray((start + middle + gap) * size, (start + length + gap) * size);
          to.set(second, (b * length + middle) * size);
        };
        take(sequences.features[sequence]!, inputs.features, h * w * channels);
        take(sequences.conditioning[sequence]!, inputs.conditioning, conditioning);
        take(sequences.codes[sequence]!, inputs.codes, perFrame);
        for (let t = 0; t < length; t++) {
          const at = (b * length + t) * perFrame;
          maskCodes(inputs.known.subarray(at, at + perFrame), random);
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

/** Samples which codes of a frame are given: 1 where one is known, 0 where it has to be predicted. */
export function maskCodes(known: Float32Array, random: JumpableRandomGenerator): void {
  // Cosine of a uniform: most frames have most codes masked, as most refinement steps do.
  const masked = Math.cos((uniformFloat64(random) * Math.PI) / 2);
  for (let i = 0; i < known.length; i++) known[i] = uniformFloat64(random) < masked ? 0 : 1;
}

/**
 * Frames that a window leaves out between its older and its newer half, so that memories are of long ago. Half of the
 * windows leave out none.
 */
function sampleGap(random: JumpableRandomGenerator, most: number): number {
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
