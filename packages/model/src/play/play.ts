import type { Graph, Tensor } from '@snowglobe/graph';
import { GraphBuilder } from '@snowglobe/graph';
import {
  fsqValues,
  mean,
  pointwise as p,
  reshape,
  sampleTokens,
  slice,
  unmaskMostConfident,
} from '@snowglobe/kernels';
import type { WorldConfig } from '../config/config.js';
import { deltaPositions } from '../config/config.js';
import { decodeDelta, pixelsPerDelta, readHint } from '../delta/delta.js';
import { codeLogits, embedCodes, embedContext } from '../dynamics/dynamics.js';
import type { KvCacheBits } from '../dynamics/kv_cache.js';
import { chooseAction, codePrior, directions, lastDirection } from '../intent/intent.js';
import { chooseMotion, motionRow, seeFrames, stepMotion } from '../motion/motion.js';
import { finishFrame, motionBefore, nextHint, playState } from './state.js';

/**
 * Shapes: B worlds played at once, H and W pixels, N positions of delta codes, K codes a position, R remembered frames,
 * C width of the dynamics, S refinement steps.
 *
 * One frame of play as one graph: choose the camera's motion, move the last frame, draw the codes of what is new
 * (MaskGIT), paint it, remember it. Everything that outlives the frame is a variable; randomness comes in as uniforms.
 *
 * Inputs: `wish` (B, D, A), what the player wants, see `chooseAction`; `position`, `turn` and `slot`, where the frame is in
 * time (see `momentOf`); `temperature` (1); `certainty` (1): codes of positions that are less
 * likely than this are left open, and the decoder paints its best guess there; `motionUniforms` (B, 2);
 * `codeUniforms` (S, B·N·K); `rankNoise` (S, B·N·K), see `unmaskMostConfident`.
 *
 * Outputs: `frame` (B, H, W, 3) in −1 … 1; `codes` i32 (B, N, K), `action` (B, A) and `motion` (B, M) for those who look
 * inside.
 */
export interface PlayOptions {
  /** Worlds played at once; default 1. */
  readonly batch?: number;
  /**
   * Bits of the keys and values that are remembered, with a scale a head: a quarter of the memory. The summaries of a long
   * memory stay floats. Default: all are floats.
   */
  readonly kvCache?: KvCacheBits | undefined;
}

/** How many codes are fixed in each refinement step: cosine schedule (MaskGIT, section 3.3). */
export function codesPerStep(codes: number, steps: number): readonly number[] {
  const left = (step: number): number => Math.floor(codes * Math.cos(((step / steps) * Math.PI) / 2));
  return Array.from({ length: steps }, (_, step) => {
    const after = step + 1 === steps ? 0 : left(step + 1);
    return left(step) - after;
  });
}

/**
 * The graph of one frame of play.
 * @throws SnowglobeError for a `kvCache` that the dynamics' heads cannot be kept in
 */
export function buildPlay(config: WorldConfig, { batch = 1, kvCache }: PlayOptions = {}): Graph {
  const { height, width, latentActions, motion, delta, dynamics, refinementSteps } = config;
  const builder = new GraphBuilder();
  const [h, w] = [height / pixelsPerDelta, width / pixelsPerDelta];
  const positions = deltaPositions(config);
  const { books, levels } = delta;

  const wish_BDA = builder.input('wish', [batch, directions, motion.actions]);
  const temperature = builder.input('temperature', [1]);
  const certainty = builder.input('certainty', [1]);
  const motionUniforms = builder.input('motionUniforms', [batch, 2]);
  const codeUniforms = builder.input('codeUniforms', [refinementSteps, batch * positions * books]);
  const rankNoise = builder.input('rankNoise', [refinementSteps, batch * positions * books]);

  const state = playState(builder, config, batch, kvCache);

  // What is done, and where the camera goes.
  const seen_BS = seeFrames(state.frame, motion);
  const action_BA = chooseAction(
    wish_BDA,
    lastDirection(state.last, motion),
    latentActions && codePrior(state.frame, state.last, motion),
  );
  const step = stepMotion(seen_BS, action_BA, motionBefore(state), motion);
  const chosen = chooseMotion(step, motionUniforms, temperature);

  // What is known of the next frame before its codes.
  const hint = nextHint(state, chosen, action_BA);
  const features = readHint(hint, delta);

  // The codes.
  const drawn = builder.scope('dynamics', () => {
    const context = embedContext({ features: features.eighth, told: hint.told_BK }, [batch, 1], dynamics);
    const shape = [batch, 1, positions, books];
    const count = positions * books;
    const memory = state.memory.open(context);
    const view = (codes: Tensor, known: Tensor): Tensor =>
      p.add(context, embedCodes(reshape(codes, shape), reshape(known, shape), delta, dynamics));
    let codes = builder.constant(new Int32Array(batch * count), [batch, count]);
    let mask = builder.constant(new Float32Array(batch * count).fill(1), [batch, count]);
    let sure = builder.constant(new Float32Array(batch * count), [batch, count]);
    codesPerStep(count, refinementSteps).forEach((fixed, i) => {
      const of = (rows: Tensor): Tensor => reshape(slice(rows, 0, i, i + 1), [batch, count]);
      const logits = codeLogits(memory.look(view(codes, p.sub(1, mask))).features_B1NC, delta);
      const { tokens, confidence } = sampleTokens(
        reshape(logits, [batch, count, logits.shape.at(-1)!]),
        of(codeUniforms),
        temperature,
      );
      const fixedCount = builder.constant(Int32Array.of(fixed), [1]);
      const next = unmaskMostConfident(codes, tokens, confidence, mask, fixedCount, of(rankNoise));
      sure = p.add(sure, p.mul(p.sub(mask, next.mask), confidence));
      ({ tokens: codes, mask } = next);
    });
    // A position is painted from its codes when they were likely enough on the whole.
    const likely_BN = mean(reshape(sure, [batch, positions, books]), 2);
    const known_BN = p.sub(1, p.greater(certainty, likely_BN));
    const knownCodes = p.mul(
      reshape(known_BN, [batch, positions, 1]),
      builder.constant(new Float32Array(books).fill(1), [books]),
    );
    const drawnView = view(codes, knownCodes);
    memory.remember(drawnView, memory.look(drawnView).memories);
    return { codes_BNK: reshape(codes, [batch, positions, books]), known_BN };
  });

  // The picture.
  const codes_BhwZ = reshape(fsqValues(drawn.codes_BNK, levels), [batch, h, w, books * levels.length]);
  const painted = decodeDelta(
    codes_BhwZ,
    reshape(drawn.known_BN, [batch, h, w, 1]),
    hint.moved_BHW3,
    features,
    delta,
  );
  finishFrame(state, painted, step.state_BS, chosen);
  builder.output('codes', drawn.codes_BNK);
  builder.output('action', action_BA);
  builder.output('motion', motionRow(chosen));
  return builder.build();
}
