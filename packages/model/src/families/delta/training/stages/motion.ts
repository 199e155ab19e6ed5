import type { Tensor } from '@snowglobe/graph';
import { argmax, crossEntropy, mean, pointwise as p, reshape, slice } from '@snowglobe/kernels';
import type { StageDefinition } from '../../../../family/training.js';
import { pixelsOf } from '../../../../pixels.js';
import type { DeltaWorldConfig } from '../../config/config.js';
import { conditioningWidth } from '../../config/config.js';
import type { MotionState } from '../../motion/motion.js';
import { motionWidth, seeFrames, shiftsOf, stepMotion } from '../../motion/motion.js';
import type { Transitions } from '../transitions.js';
import { motionOffset, conditioningRows } from '../transitions.js';

/** Sequences of a step, and steps of motion in each. Every sequence starts as play does: with an unknown past. */
const batch = 12;
const length = 12;

/** Frames of a recording that the stage learns from at once. */
export const motionFrames = length + 1;

/**
 * Learns where the camera goes, by cross-entropy against the whole-pixel shift that explains each next frame best. The
 * net is given the true last motion: in play, what it chose is what happened.
 */
export function motionStage(transitions: Transitions, config: DeltaWorldConfig): StageDefinition {
  const { data } = transitions;
  const { actions } = config.motion;
  const conditioning = conditioningWidth(config);
  const shifts = shiftsOf(config.motion);
  return {
    framesPerStep: batch * length,
    optimizer: { muon: false, adamw: { learningRate: 1e-3, decay: 0.05 } },
    build: (builder) => {
      const frames = builder.input('frames', [length * batch, data.height, data.width, 3]);
      const conditioning_TBK = builder.input('conditioning', [length, batch, conditioning]);
      const vertical_TB = builder.input('vertical', [length, batch], 'i32');
      const horizontal_TB = builder.input('horizontal', [length, batch], 'i32');
      const seen_TBS = reshape(seeFrames(frames, config.motion), [length, batch, config.motion.width]);
      const zeros = (width: number): Tensor =>
        builder.constant(new Float32Array(batch * width), [batch, width]);
      let state: MotionState = {
        state_BS: zeros(config.motion.width),
        last_BM: zeros(motionWidth(config.motion)),
      };
      const losses: Tensor[] = [];
      const right: Tensor[] = [];
      for (let t = 0; t < length; t++) {
        const at = (x: Tensor): Tensor => reshape(slice(x, 0, t, t + 1), x.shape.slice(1));
        const row_BK = at(conditioning_TBK);
        const step = stepMotion(at(seen_TBS), slice(row_BK, 1, 0, actions), state, config.motion);
        state = { state_BS: step.state_BS, last_BM: slice(row_BK, 1, motionOffset(config), conditioning) };
        const targets = [at(vertical_TB), at(horizontal_TB)];
        const logits = [step.verticalLogits_BY, step.horizontalLogits_BX];
        logits.forEach((axis, i) => losses.push(mean(crossEntropy(axis, targets[i]!))));
        const hits = logits.map((axis, i) => p.toF32(p.equal(argmax(axis), targets[i]!)));
        right.push(mean(p.mul(hits[0]!, hits[1]!)));
      }
      const average = (values: readonly Tensor[]): Tensor =>
        p.mul(
          values.reduce((a, b) => p.add(a, b)),
          1 / length,
        );
      return { loss: average(losses), metrics: { accuracy: average(right) } };
    },
    batches: (_, random) => {
      const windows = data.sampleWindows(random, batch, motionFrames);
      const frameSize = data.height * data.width * 3;
      const inputs = {
        frames: new Float32Array(length * batch * frameSize),
        conditioning: new Float32Array(length * batch * conditioning),
        vertical: new Int32Array(length * batch),
        horizontal: new Int32Array(length * batch),
      };
      for (let b = 0; b < batch; b++) {
        const [clip, start] = [windows.clips[b]!, windows.starts[b]!];
        const rows = conditioningRows(transitions, clip, start, length, config);
        for (let t = 0; t < length; t++) {
          const from = (b * (length + 1) + t) * frameSize;
          const place = t * batch + b;
          inputs.frames.set(pixelsOf(windows.frames.subarray(from, from + frameSize)), place * frameSize);
          inputs.conditioning.set(
            rows.subarray(t * conditioning, (t + 1) * conditioning),
            place * conditioning,
          );
          const shift = transitions.motion.bestShift(clip, start + t);
          inputs.vertical[place] = Math.floor(shift / shifts.x);
          inputs.horizontal[place] = shift % shifts.x;
        }
      }
      return inputs;
    },
  };
}
