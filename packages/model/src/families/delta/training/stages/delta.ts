import type { Tensor } from '@snowglobe/graph';
import { fsqValues, pointwise as p, reshape, slice } from '@snowglobe/kernels';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { StageDefinition } from '../../../../family/training.js';
import { logMeanSquaredError, meanPsnr } from '../../../../loss/pixels.js';
import { codebookSize } from '../../../../masked/codes.js';
import { pixelsOf } from '../../../../pixels.js';
import { generatorFor } from '../../../../random.js';
import type { Recordings } from '../../../../recordings.js';
import { decodeDelta, encodeDelta, pixelsPerDelta, readHint } from '../../codes/delta.js';
import { hintOf } from '../../codes/hint.js';
import type { DeltaWorldConfig } from '../../config/config.js';
import { conditioningWidth } from '../../config/config.js';
import type { Transitions } from '../transitions.js';
import { conditioningRows } from '../transitions.js';

/** Sequences that run side by side. */
const batch = 12;

/** Frames of each sequence in one training step; the gradient reaches back over them. */
const unrolled = 2;

/** Frames of a recording that the shortest sequence goes along. */
export const deltaFrames = unrolled + 1;

/**
 * Rows of the batch that are drawn without any code: they learn the best guess, and to live with their own guesses. The
 * other rows are drawn with codes.
 */
const guessingRows = 5;

/** Training steps of a sequence; it draws `unrolled` times as many frames from its own output, then starts anew. */
const guessingSteps = 8;
/** Long enough to learn how to mend what goes wrong slowly, such as colours that drift. */
const codedSteps = 32;

/** Share of positions without codes in rows that are drawn with codes. */
const openShare = 0.1;

/** Share of steps of such a row in which the first frame is painted wrongly on purpose, for the second one to mend. */
const wrongSteps = 0.15;
/** Share of a wrong frame's positions that have random codes. */
const wrongShare = 0.2;

/** As for the tokenizer: the gradient's norm is about one where clipping begins. */
const lossScale = 0.1;

/**
 * The sequence that a row of the batch is in at a step, and how far it is; rows start at different times.
 * @param steps training steps of one sequence
 */
export function sequenceAt(
  row: number,
  step: number,
  steps: number,
): { readonly epoch: number; readonly phase: number } {
  const shifted = step - 1 + Math.round((row * steps) / batch);
  return { epoch: Math.floor(shifted / steps), phase: shifted % steps };
}

/** How many training steps a row's sequences have: no more than half of the recordings are long enough for. */
function stepsOfRows(data: Recordings): readonly number[] {
  const lengths = data.clips.map(({ frames }) => frames).sort((a, b) => a - b);
  const fitting = Math.floor((lengths[Math.floor(lengths.length / 2)]! - 1) / unrolled);
  return Array.from({ length: batch }, (_, row) =>
    Math.max(1, Math.min(row < guessingRows ? guessingSteps : codedSteps, fitting)),
  );
}

/**
 * Learns delta codes and how to draw with them. Each row of the batch walks along a recording: it starts from a true
 * frame, then sees only what it drew itself, as in play. What was drawn last stays in a variable from one training step
 * to the next, so that long sequences cost no more than short ones.
 */
export function deltaStage(
  transitions: Transitions,
  config: DeltaWorldConfig,
  { seed }: { readonly seed: number },
): StageDefinition {
  const { data } = transitions;
  const stepsOf = stepsOfRows(data);
  const conditioning = conditioningWidth(config);
  const codesAFrame = (data.height / pixelsPerDelta) * (data.width / pixelsPerDelta) * config.delta.books;
  const frameSize = data.height * data.width * 3;
  const [h, w] = [data.height / pixelsPerDelta, data.width / pixelsPerDelta];
  const picture = [batch, data.height, data.width, 3];
  return {
    framesPerStep: batch * unrolled,
    build: (builder) => {
      const sequence = builder.variable('deltaChains', picture);
      const starts_B1 = reshape(builder.input('starts', [batch]), [batch, 1, 1, 1]);
      const prompts = builder.input('prompts', picture);
      const frames_TBHW3 = builder.input('frames', [unrolled, ...picture]);
      const conditioning_TBK = builder.input('conditioning', [unrolled, batch, conditioning]);
      const known_TBhw1 = builder.input('known', [unrolled, batch, h, w, 1]);
      // Of the first frame only: which positions are painted from random codes, and whether a row's picture counts.
      const wrong_Bhw1 = builder.input('wrong', [batch, h, w, 1]);
      const wrongCodes = builder.input('wrongCodes', [batch, h * w, config.delta.books], 'i32');
      const counts_TB = builder.input('counts', [unrolled, batch]);
      let last = p.add(sequence, p.mul(starts_B1, p.sub(prompts, sequence)));
      const losses: Tensor[] = [];
      const scores: Tensor[] = [];
      for (let t = 0; t < unrolled; t++) {
        const at = (x: Tensor): Tensor => reshape(slice(x, 0, t, t + 1), x.shape.slice(1));
        const frame = at(frames_TBHW3);
        const hint = hintOf(last, at(conditioning_TBK), config);
        const right = encodeDelta(frame, hint.moved_BHW3, config.delta);
        const random = reshape(fsqValues(wrongCodes, config.delta.levels), right.shape);
        const drawn = decodeDelta(
          t === 0 ? p.add(right, p.mul(wrong_Bhw1, p.sub(random, right))) : right,
          at(known_TBhw1),
          hint.moved_BHW3,
          readHint(hint, config.delta),
          config.delta,
        );
        losses.push(logMeanSquaredError(drawn, frame, at(counts_TB)));
        scores.push(meanPsnr(drawn, frame));
        last = p.min(p.max(drawn, -1), 1);
      }
      builder.assign(sequence, last);
      const average = (values: readonly Tensor[], scale = 1): Tensor =>
        p.mul(
          values.reduce((a, b) => p.add(a, b)),
          scale / unrolled,
        );
      return { loss: average(losses, lossScale), metrics: { psnr: average(scores) } };
    },
    batches: (step, random) => {
      const inputs = {
        starts: new Float32Array(batch),
        prompts: new Float32Array(batch * frameSize),
        frames: new Float32Array(unrolled * batch * frameSize),
        conditioning: new Float32Array(unrolled * batch * conditioning),
        known: new Float32Array(unrolled * batch * h * w),
        wrong: new Float32Array(batch * h * w),
        wrongCodes: Int32Array.from({ length: batch * codesAFrame }, () =>
          uniformInt(random, 0, codebookSize(config.delta) - 1),
        ),
        counts: new Float32Array(unrolled * batch).fill(1),
      };
      for (let b = 0; b < batch; b++) {
        const steps = stepsOf[b]!;
        const { epoch, phase } = sequenceAt(b, step, steps);
        // All steps of a sequence sample the same window, because its generator knows only the sequence.
        const own = generatorFor(seed, `delta chain ${b} ${epoch}`);
        const { clips, starts } = data.sampleWindows(own, 1, unrolled * steps + 1);
        const [clip, first] = [clips[0]!, starts[0]! + phase * unrolled];
        const pixels = pixelsOf(data.frames(clip, first, unrolled + 1));
        // At the very first step no row has drawn anything yet.
        const fresh = phase === 0 || step === 1;
        inputs.starts[b] = fresh ? 1 : 0;
        if (fresh) inputs.prompts.set(pixels.subarray(0, frameSize), b * frameSize);
        const rows = conditioningRows(transitions, clip, first, unrolled, config);
        const guesses = b < guessingRows;
        if (!guesses && uniformFloat64(random) < wrongSteps) {
          inputs.counts[b] = 0;
          for (let i = 0; i < h * w; i++) {
            inputs.wrong[b * h * w + i] = uniformFloat64(random) < wrongShare ? 1 : 0;
          }
        }
        for (let t = 0; t < unrolled; t++) {
          const place = t * batch + b;
          inputs.frames.set(pixels.subarray((t + 1) * frameSize, (t + 2) * frameSize), place * frameSize);
          inputs.conditioning.set(
            rows.subarray(t * conditioning, (t + 1) * conditioning),
            place * conditioning,
          );
          for (let i = 0; i < h * w; i++) {
            const open = guesses || uniformFloat64(random) < openShare;
            inputs.known[place * h * w + i] = open ? 0 : 1;
          }
        }
      }
      return inputs;
    },
  };
}
