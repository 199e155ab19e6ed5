import type { Graph, Tensor } from '@snowglobe/graph';
import { GraphBuilder } from '@snowglobe/graph';
import { fsqValues, pointwise as p, reshape } from '@snowglobe/kernels';
import { chooseAction } from '../../../actions/choose_action.js';
import { codePrior } from '../../../actions/prior.js';
import { embedContext } from '../../../conditioning/context.js';
import type { FrameOptions } from '../../../family/frame.js';
import { codeLogits, embedCodes } from '../../../masked/codes.js';
import { sampleMasked } from '../../../masked/decode.js';
import { decodeDelta, pixelsPerDelta, readHint } from '../codes/delta.js';
import type { DeltaWorldConfig } from '../config/config.js';
import { deltaPositions } from '../config/config.js';
import { directions, lastDirection } from '../motion/direction.js';
import { chooseMotion, motionRow, seeFrames, stepMotion } from '../motion/motion.js';
import { finishFrame, motionBefore, nextHint, playState } from './state.js';

/**
 * Shapes: B worlds played at once, H and W pixels, N positions of delta codes, K codes a position, R remembered frames,
 * C width of the dynamics, S refinement steps.
 *
 * One frame of play as one graph: choose the camera's motion, move the last frame, sample the codes of what is new
 * (MaskGIT), paint it, remember it. Everything that outlives the frame is a variable; randomness comes in as uniforms.
 *
 * Inputs: `wish` (B, D, A), what the player wants, see `chooseAction`; `position`, `turn` and `slot`, where the frame is in
 * time (see `timeStepOf`); `temperature` (1); `certainty` (1), all of them (B) of worlds apart: codes of positions that are less
 * likely than this are left open, and the decoder paints its best guess there; `motionUniforms` (B, 2);
 * `codeUniforms` (S, B·N·K); `rankNoise` (S, B·N·K), see `unmaskMostConfident`.
 *
 * Outputs: `frame` (B, H, W, 3) in −1 … 1; `codes` i32 (B, N, K), `action` (B, A) and `motion` (B, M) for those who look
 * inside.
 *
 * @throws SnowglobeError for a `kvCache` that the dynamics' heads cannot be kept in, and for worlds apart with a long memory
 */
export function buildFrame(
  config: DeltaWorldConfig,
  { batch = 1, apart = false, kvCache }: FrameOptions = {},
): Graph {
  const { height, width, latentActions, motion, delta, dynamics, refinementSteps } = config;
  const builder = new GraphBuilder();
  const [h, w] = [height / pixelsPerDelta, width / pixelsPerDelta];
  const positions = deltaPositions(config);
  const { books, levels } = delta;

  const actionLogits_BDA = builder.input('wish', [batch, directions, motion.actions]);
  const settings = [apart ? batch : 1];
  const temperature = builder.input('temperature', settings);
  const confidenceThreshold = builder.input('certainty', settings);
  const motionUniforms = builder.input('motionUniforms', [batch, 2]);
  const codeUniforms = builder.input('codeUniforms', [refinementSteps, batch * positions * books]);
  const rankNoise = builder.input('rankNoise', [refinementSteps, batch * positions * books]);

  const state = playState(builder, config, { batch, apart, kvCache });

  // What is done, and where the camera goes.
  const seen_BS = seeFrames(state.frame, motion);
  const action_BA = chooseAction(
    actionLogits_BDA,
    lastDirection(state.last, motion),
    latentActions && codePrior(state.frame, state.last, motion),
  );
  const step = stepMotion(seen_BS, action_BA, motionBefore(state), motion);
  const chosen = chooseMotion(step, motionUniforms, temperature);

  // What is known of the next frame before its codes.
  const hint = nextHint(state, chosen, action_BA);
  const features = readHint(hint, delta);

  // The codes.
  const sampled = builder.scope('dynamics', () => {
    const context = embedContext(
      { features: features.eighth, conditioning: hint.conditioning_BK },
      [batch, 1],
      dynamics,
    );
    const shape = [batch, 1, positions, books];
    const memory = state.memory.open(context);
    const view = (codes: Tensor, known: Tensor): Tensor =>
      p.add(context, embedCodes(reshape(codes, shape), reshape(known, shape), delta, dynamics.width));
    const { codes_BM, known_BN } = sampleMasked(
      (codes, known) => codeLogits(memory.look(view(codes, known)).features_B1NC, delta),
      { temperature, confidenceThreshold, codeUniforms, rankNoise },
      { batch, positions, books },
    );
    // A position is painted from its codes when they were likely enough on the whole.
    const knownCodes = p.mul(
      reshape(known_BN, [batch, positions, 1]),
      builder.constant(new Float32Array(books).fill(1), [books]),
    );
    const sampledView = view(codes_BM, knownCodes);
    memory.remember(sampledView, memory.look(sampledView).memories);
    return { codes_BNK: reshape(codes_BM, [batch, positions, books]), known_BN };
  });

  // The picture.
  const codes_BhwZ = reshape(fsqValues(sampled.codes_BNK, levels), [batch, h, w, books * levels.length]);
  const painted = decodeDelta(
    codes_BhwZ,
    reshape(sampled.known_BN, [batch, h, w, 1]),
    hint.moved_BHW3,
    features,
    delta,
  );
  finishFrame(state, { painted_BHW3: painted, hint, motion: chosen, stateOfMotion_BS: step.state_BS });
  builder.output('codes', sampled.codes_BNK);
  builder.output('action', action_BA);
  builder.output('motion', motionRow(chosen));
  return builder.build();
}
