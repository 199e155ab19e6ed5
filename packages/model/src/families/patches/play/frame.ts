import type { Graph, Tensor } from '@snowglobe/graph';
import { GraphBuilder } from '@snowglobe/graph';
import { reshape } from '@snowglobe/kernels';
import { chooseAction, sampleAction } from '../../../actions/choose_action.js';
import type { FrameOptions } from '../../../family/frame.js';
import type { PatchesConfig } from '../config/config.js';
import { cellCount, hasMovers } from '../config/config.js';
import { toldInput, toldWords } from '../dynamics/told.js';
import { actionPrior } from '../latent/action_prior.js';
import { motionLogits, sampleMotion } from '../motion/motion_head.js';
import { patchPictures } from '../tokenizer/patches.js';
import { samplePatches } from './sample_patches.js';
import { finishFrame, lastCodes, playState } from './state.js';

/**
 * Shapes: B worlds played at once, H and W pixels, P cells, A actions, S refinement steps.
 *
 * One frame of play as one graph: choose what is done, predict how the view moves, look up what the map remembers, sample the patches (MaskGIT), draw
 * them. Everything that outlives the frame is a variable; randomness comes in as uniforms.
 *
 * Inputs: `actionLogits` (B, 1, A), what the player wants, see `chooseAction`; `actionUniforms` (B), of latent actions, see `sampleAction`; `temperature` (1); `confidenceThreshold` (1), see
 * `withoutTails`, both (B) of worlds apart; `motionUniforms` (B); `codeUniforms` (S, B·P), see `sampleMasked`; of worlds in which things move
 * `moverUniforms` (B, P), see `placeMovers`; of worlds that can be told events `told` i32 (B, W), see `toldIds`.
 *
 * Outputs: `frame` (B, H, W, 3) in −1 … 1; `codes` i32 (B, P); `action` (B, A) one-hot; `motion` i32 (B), an index into the config's
 * motions; and what motion and patches were predicted from: i32 (B, P) `hint`, `freshness` and `last`; of a map `ages` (see
 * `MapHint`), of a memory by pose `recalled` and `views` (see `PoseStep`), `ways` and `stood` (see `PoseSurroundings`).
 */
export function buildFrame(config: PatchesConfig, { batch = 1, apart = false }: FrameOptions = {}): Graph {
  const { actions, refinementSteps } = config;
  const cells = cellCount(config);
  const builder = new GraphBuilder();
  const actionLogits_BDA = builder.input('actionLogits', [batch, 1, actions]);
  const settings = [apart ? batch : 1];
  const temperature = builder.input('temperature', settings);
  const confidenceThreshold = builder.input('confidenceThreshold', settings);
  const motionUniforms = builder.input('motionUniforms', [batch]);
  const codeUniforms = builder.input('codeUniforms', [refinementSteps, batch * cells]);
  const moverUniforms = hasMovers(config) && builder.input('moverUniforms', [batch, cells]);
  const told_BW = config.events && builder.input(toldInput, [batch, toldWords], 'i32');
  const state = playState(builder, config, batch);
  const pictures = patchPictures(builder, config);

  const last_BP = lastCodes(state, pictures, config);
  const chooses = (): Tensor => {
    const onlyState = builder.constant(new Float32Array(batch).fill(1), [batch, 1]);
    return chooseAction(actionLogits_BDA, onlyState, undefined);
  };
  const samples = (): Tensor => {
    const uniforms_B = builder.input('actionUniforms', [batch]);
    const wanted_BA = reshape(actionLogits_BDA, [batch, actions]);
    return sampleAction(wanted_BA, actionPrior(last_BP, config), { uniforms_B, temperature });
  };
  const action_BA = config.latentActions ? samples() : chooses();
  const { around, move } = state.recollect(last_BP);
  const logits_BM = motionLogits({ last_BP, action_BA, ...around }, config);
  const motion_B = sampleMotion(logits_BM, motionUniforms, temperature);
  const moved = move(motion_B);
  const { hint } = moved;

  const codes_BM = samplePatches(
    { ...hint, last_BP, action_BA, motion_B, told_BW },
    { temperature, confidenceThreshold, codeUniforms, ...(moverUniforms && { moverUniforms }) },
    config,
  );
  finishFrame(state, codes_BM, moved, pictures, config);
  builder.output('codes', codes_BM);
  builder.output('action', action_BA);
  builder.output('motion', motion_B);
  const known = {
    ...{ hint: hint.hint_BP, freshness: hint.freshness_BP, ages: hint.ages_BP, last: last_BP },
    ...{ recalled: hint.recalled_BRP, views: hint.views_BV },
    ...{ ways: around.ways_BWP, stood: around.stood_BM },
  };
  for (const [name, tensor] of Object.entries(known)) if (tensor) builder.output(name, tensor);
  return builder.build();
}
