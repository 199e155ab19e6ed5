import type { Graph } from '@snowglobe/graph';
import { GraphBuilder } from '@snowglobe/graph';
import { fsqIndices, pointwise as p, reshape } from '@snowglobe/kernels';
import { embedContext } from '../../../conditioning/context.js';
import type { FrameOptions } from '../../../family/frame.js';
import { embedCodes } from '../../../masked/codes.js';
import { decodeDelta, encodeDelta, pixelsPerDelta, readHint } from '../codes/delta.js';
import type { DeltaWorldConfig } from '../config/config.js';
import { deltaPositions } from '../config/config.js';
import { motionOfRow, motionWidth, seeFrames, stepMotion } from '../motion/motion.js';
import { finishFrame, motionBefore, nextHint, playState } from '../play/state.js';

/**
 * A frame that is recorded instead of sampled (prefill), as one graph: the same state as `buildFrame`, with the same variables, goes on by
 * a frame of a recording. What the world remembers of it is its own drawing of it, from the codes that say best what was
 * there. After some frames, play can go on from what was seen.
 *
 * Shapes: as in `buildFrame`. Inputs: `watched` (B, H, W, 3) in −1 … 1, the next frame; `action` (B, A) one-hot and `motion`
 * (B, M), see `motionRow`, what led to it; and the time step. Outputs: `frame` (B, H, W, 3), how the world draws it; `codes` i32
 * (B, N, K).
 */
export function buildPrefill(config: DeltaWorldConfig, { batch = 1, kvCache }: FrameOptions = {}): Graph {
  const { height, width, motion, delta, dynamics } = config;
  const builder = new GraphBuilder();
  const [h, w] = [height / pixelsPerDelta, width / pixelsPerDelta];
  const positions = deltaPositions(config);
  const watched = builder.input('watched', [batch, height, width, 3]);
  const action_BA = builder.input('action', [batch, motion.actions]);
  const led = motionOfRow(builder.input('motion', [batch, motionWidth(motion)]), motion);
  const state = playState(builder, config, { batch, kvCache });

  const step = stepMotion(seeFrames(state.frame, motion), action_BA, motionBefore(state), motion);
  const hint = nextHint(state, led, action_BA);
  const features = readHint(hint, delta);
  const values_BhwZ = encodeDelta(watched, hint.moved_BHW3, delta);
  const codes = reshape(fsqIndices(values_BhwZ, delta.levels), [batch, 1, positions, delta.books]);
  builder.scope('dynamics', () => {
    const context = embedContext(
      { features: features.eighth, conditioning: hint.conditioning_BK },
      [batch, 1],
      dynamics,
    );
    const memory = state.memory.open(context);
    const known = builder.constant(new Float32Array(batch * positions * delta.books).fill(1), codes.shape);
    const view = p.add(context, embedCodes(codes, known, delta, dynamics.width));
    memory.remember(view, memory.look(view).memories);
  });
  const known = builder.constant(new Float32Array(batch * h * w).fill(1), [batch, h, w, 1]);
  const painted = decodeDelta(values_BhwZ, known, hint.moved_BHW3, features, delta);
  finishFrame(state, { painted_BHW3: painted, hint, motion: led, stateOfMotion_BS: step.state_BS });
  builder.output('codes', reshape(codes, [batch, positions, delta.books]));
  return builder.build();
}
