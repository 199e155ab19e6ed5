import type { Graph, Tensor } from '@snowglobe/graph';
import { GraphBuilder } from '@snowglobe/graph';
import { fsqValues, pointwise as p, reshape, slice } from '@snowglobe/kernels';
import { codePrior } from '../../../actions/prior.js';
import { embedContext } from '../../../conditioning/context.js';
import type { FamilyQuantization, PartOutput, PredictedPart, Series } from '../../../family/quantization.js';
import { playScope } from '../../../family/state.js';
import { evidencePairs } from '../../../latent_actions/config.js';
import { encodeActions } from '../../../latent_actions/latent_actions.js';
import { codeLogits, embedCodes } from '../../../masked/codes.js';
import type { KvCacheBits } from '../../../memory/kv_cache.js';
import { guessWindow, windowLength } from '../../../memory/window.js';
import type { Hint } from '../codes/delta.js';
import { decodeDelta, encodeDelta, pixelsPerDelta, readHint } from '../codes/delta.js';
import { hintOf } from '../codes/hint.js';
import type { DeltaWorldConfig } from '../config/config.js';
import { deltaPositions, conditioningWidth } from '../config/config.js';
import { motionWidth, seeFrames, shiftsOf, stepMotion } from '../motion/motion.js';
import { reconstruct } from '../tokenizer/tokenizer.js';
import { maskCodes } from './masked_codes.js';

/**
 * Shapes: W windows, T frames of each, N positions of delta codes, K codes a position, M numbers of a motion row.
 *
 * What a world of delta codes predicts, a graph each. Inputs are the series of a window: `before` and `after` (frames), `conditioning`,
 * `motionState`, `lastMotion`, `codes`, `known`.
 */

/** Nothing that is played depends on the tokenizer: what it loses counts little beside the rest. */
const tokenizerWeight = 0.01;

/** The parts of a world over windows of as many frames as its dynamics remembers. */
function partsOf(config: DeltaWorldConfig, windows: number, kvCache?: KvCacheBits): readonly PredictedPart[] {
  const choice = (name: string): PartOutput => ({ name, kind: 'choice' });
  const pixels = (name: string): PartOutput => ({ name, kind: 'pixels' });
  const part = (name: string, graph: Graph, ...outputs: readonly PartOutput[]): PredictedPart => ({
    ...{ name, graph, outputs, weight: 1 },
  });
  const size = { ...config, windows };
  return [
    part('codes', buildCodes(size, kvCache), { ...choice('logits'), given: 'known' }),
    part('motion', buildMotion(size), choice('vertical'), choice('horizontal')),
    ...(config.latentActions ? [part('prior', buildPrior(size), choice('prior'))] : []),
    part('pictures', buildPictures(size), pixels('painted')),
    { ...part('tokenizer', buildTokenizer(size), pixels('drawn')), weight: tokenizerWeight },
  ];
}

/** A config, and how many windows a run has. */
type Sized = DeltaWorldConfig & { readonly windows: number };

const framesOf = ({ dynamics, windows }: Sized): number => windows * windowLength(dynamics);

function picture(builder: GraphBuilder, name: string, config: Sized): Tensor {
  return builder.input(name, [framesOf(config), config.height, config.width, 3]);
}

/** What is known of a frame before its codes, from the one before and the conditioning. */
function hintOfInputs(builder: GraphBuilder, config: Sized): Hint {
  const before = picture(builder, 'before', config);
  return hintOf(before, builder.input('conditioning', [framesOf(config), conditioningWidth(config)]), config);
}

function codeShape(config: Sized): readonly [number, number, number, number] {
  return [config.windows, windowLength(config.dynamics), deltaPositions(config), config.delta.books];
}

function buildCodes(config: Sized, kvCache: KvCacheBits | undefined): Graph {
  const { delta, dynamics } = config;
  const builder = new GraphBuilder();
  const hint = hintOfInputs(builder, config);
  const shape = codeShape(config);
  const codes = builder.input('codes', shape, 'i32');
  const known = builder.input('known', shape);
  const features = readHint(hint, delta).eighth;
  builder.scope('dynamics', () => {
    const conditioning = hint.conditioning_BK;
    const context = embedContext(
      { features, conditioning },
      [config.windows, windowLength(dynamics)],
      dynamics,
    );
    const view = (visible: Tensor): Tensor =>
      p.add(context, embedCodes(codes, visible, delta, dynamics.width));
    const all = builder.constant(new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1), shape);
    const views = { context_BTNC: context, remembered_BTNC: view(all), masked_BTNC: view(known) };
    builder.output('logits', codeLogits(guessWindow(views, dynamics, { kvCache }), delta));
  });
  return builder.build();
}

function motionInputs(builder: GraphBuilder, config: Sized) {
  const { motion } = config;
  const frames = framesOf(config);
  return {
    before: picture(builder, 'before', config),
    last_BM: builder.input('lastMotion', [frames, motionWidth(motion)]),
  };
}

function buildMotion(config: Sized): Graph {
  const { motion } = config;
  const builder = new GraphBuilder();
  const { before, last_BM } = motionInputs(builder, config);
  const conditioning = builder.input('conditioning', [framesOf(config), conditioningWidth(config)]);
  const state_BS = builder.input('motionState', [framesOf(config), motion.width]);
  const action = slice(conditioning, 1, 0, motion.actions);
  const step = stepMotion(seeFrames(before, motion), action, { state_BS, last_BM }, motion);
  builder.output('vertical', step.verticalLogits_BY);
  builder.output('horizontal', step.horizontalLogits_BX);
  return builder.build();
}

function buildPrior(config: Sized): Graph {
  const builder = new GraphBuilder();
  const { before, last_BM } = motionInputs(builder, config);
  builder.output('prior', codePrior(before, last_BM, config.motion));
  return builder.build();
}

/** Frames painted from given codes. */
function buildPictures(config: Sized): Graph {
  const { width, height, delta } = config;
  const builder = new GraphBuilder();
  const hint = hintOfInputs(builder, config);
  const [h, w] = [height / pixelsPerDelta, width / pixelsPerDelta];
  const frames = framesOf(config);
  const values = fsqValues(builder.input('codes', codeShape(config), 'i32'), delta.levels);
  const codes_BhwZ = reshape(values, [frames, h, w, delta.books * delta.levels.length]);
  const known = builder.constant(new Float32Array(frames * h * w).fill(1), [frames, h, w, 1]);
  builder.output('painted', decodeDelta(codes_BhwZ, known, hint.moved_BHW3, readHint(hint, delta), delta));
  return builder.build();
}

function buildTokenizer(config: Sized): Graph {
  const builder = new GraphBuilder();
  builder.output('drawn', reconstruct(picture(builder, 'after', config), config.tokenizer));
  return builder.build();
}

/** The delta codes' encoder, which only training and evaluation use. */
function buildDeltaEncoder(config: Sized): Graph {
  const builder = new GraphBuilder();
  const { moved_BHW3 } = hintOfInputs(builder, config);
  builder.output('codes', encodeDelta(picture(builder, 'after', config), moved_BHW3, config.delta));
  return builder.build();
}

function buildActionEncoder({ motion, latentActions }: DeltaWorldConfig): Graph | undefined {
  if (!latentActions) return undefined;
  const builder = new GraphBuilder();
  const { y, x } = shiftsOf(motion);
  const { focus } = latentActions;
  const evidence = {
    motion_BPYX: builder.input('motion', [1, evidencePairs(latentActions), y, x]),
    nextFocus_BFF3: builder.input('nextFocus', [1, focus, focus, 3]),
  };
  builder.output(
    'codes',
    builder.scope('latentActions', () => encodeActions(evidence, latentActions)),
  );
  return builder.build();
}

/** What quantization of a world of delta codes is measured and calibrated by. */
export function deltaQuantization(config: DeltaWorldConfig): FamilyQuantization {
  const perFrame = deltaPositions(config) * config.delta.books;
  return {
    windowFrames: windowLength(config.dynamics),
    main: 'codes',
    reconstructs: 'tokenizer',
    parts: (windows, { kvCache } = {}) => partsOf(config, windows, kvCache),
    calibrated: (windows) => {
      const size = { ...config, windows };
      return [buildTokenizer(size), buildDeltaEncoder(size)];
    },
    uncalibrated: () => {
      const encoder = buildActionEncoder(config);
      return encoder ? [encoder] : [];
    },
    recorded: {
      outputs: { motion: 'motion', codes: 'codes' },
      state: { motionState: `${playScope}/motionState`, lastMotion: `${playScope}/lastMotion` },
    },
    derive: (window, random) => {
      const known = new Float32Array(window.get('codes')!.length);
      const frames = known.length / perFrame;
      for (let t = 0; t < frames; t++) maskCodes(known.subarray(t * perFrame, (t + 1) * perFrame), random);
      return new Map([
        ['known', known],
        ['conditioning', conditioningOf(window, frames)],
      ]);
    },
  };
}

/** Action and motion of each frame, in one row: (T, A + M). */
function conditioningOf(window: Series, frames: number): Float32Array {
  const parts = [window.get('action')!, window.get('motion')!];
  const width = parts.reduce((sum, { length }) => sum + length / frames, 0);
  const conditioning = new Float32Array(frames * width);
  for (let t = 0; t < frames; t++) {
    parts.reduce((at, values) => {
      const size = values.length / frames;
      conditioning.set(values.subarray(t * size, (t + 1) * size), at);
      return at + size;
    }, t * width);
  }
  return conditioning;
}
