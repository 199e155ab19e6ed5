import type { Graph, Tensor } from '@snowglobe/graph';
import { GraphBuilder } from '@snowglobe/graph';
import { fsqValues, pointwise as p, reshape, slice } from '@snowglobe/kernels';
import type { Hint, KvCacheBits, DeltaWorldConfig } from '@snowglobe/model';
import {
  codeLogits,
  codePrior,
  decodeDelta,
  deltaPositions,
  embedCodes,
  embedContext,
  encodeDelta,
  guessWindow,
  hintOf,
  motionWidth,
  pixelsPerDelta,
  readHint,
  reconstruct,
  seeFrames,
  stepMotion,
  toldWidth,
  windowLength,
} from '@snowglobe/model';

/**
 * Shapes: W windows, T frames of each, N positions of delta codes, K codes a position, M numbers of a motion row.
 *
 * What a world predicts, a graph each, so that what quantization changes can be measured part by part: from the same inputs,
 * nothing that one step got wrong reaches the next.
 */
export type PartName = 'codes' | 'motion' | 'prior' | 'pictures' | 'tokenizer';

/** Windows of one run. */
export const windowsAtOnce = 8;

/** An output as a distribution: logits of a choice a row, or pixels. */
export interface PartOutput {
  readonly name: string;
  readonly kind: 'choice' | 'pixels';
}

export interface Part {
  readonly name: PartName;
  /** Its inputs are among `before` (the frame before a step), `after`, `told`, `motionState`, `lastMotion`, `codes`, `known`. */
  readonly graph: Graph;
  readonly outputs: readonly PartOutput[];
}

/**
 * The parts of a world over `windowsAtOnce` windows of as many frames as its dynamics remembers.
 * @param kvCache how the dynamics remembers, see `PlayOptions`
 */
export function partsOf(config: DeltaWorldConfig, kvCache?: KvCacheBits): Part[] {
  const choice = (name: string): PartOutput => ({ name, kind: 'choice' });
  const pixels = (name: string): PartOutput => ({ name, kind: 'pixels' });
  return [
    { name: 'codes', graph: buildCodes(config, kvCache), outputs: [choice('logits')] },
    { name: 'motion', graph: buildMotion(config), outputs: [choice('vertical'), choice('horizontal')] },
    ...(config.latentActions
      ? [{ name: 'prior' as const, graph: buildPrior(config), outputs: [choice('prior')] }]
      : []),
    { name: 'pictures', graph: buildPictures(config), outputs: [pixels('painted')] },
    { name: 'tokenizer', graph: buildTokenizer(config), outputs: [pixels('drawn')] },
  ];
}

const framesOf = ({ dynamics }: DeltaWorldConfig): number => windowsAtOnce * windowLength(dynamics);

function picture(builder: GraphBuilder, name: string, config: DeltaWorldConfig): Tensor {
  return builder.input(name, [framesOf(config), config.height, config.width, 3]);
}

/** What is known of a frame before its codes, from the one before and what is told. */
function hintOfInputs(builder: GraphBuilder, config: DeltaWorldConfig): Hint {
  const before = picture(builder, 'before', config);
  return hintOf(before, builder.input('told', [framesOf(config), toldWidth(config)]), config);
}

function codeShape(config: DeltaWorldConfig): readonly [number, number, number, number] {
  return [windowsAtOnce, windowLength(config.dynamics), deltaPositions(config), config.delta.books];
}

function buildCodes(config: DeltaWorldConfig, kvCache: KvCacheBits | undefined): Graph {
  const { delta, dynamics } = config;
  const builder = new GraphBuilder();
  const hint = hintOfInputs(builder, config);
  const shape = codeShape(config);
  const codes = builder.input('codes', shape, 'i32');
  const known = builder.input('known', shape);
  const features = readHint(hint, delta).eighth;
  builder.scope('dynamics', () => {
    const told = hint.told_BK;
    const context = embedContext({ features, told }, [windowsAtOnce, windowLength(dynamics)], dynamics);
    const view = (visible: Tensor): Tensor =>
      p.add(context, embedCodes(codes, visible, delta, dynamics.width));
    const all = builder.constant(new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1), shape);
    const views = { context_BTNC: context, remembered_BTNC: view(all), masked_BTNC: view(known) };
    builder.output('logits', codeLogits(guessWindow(views, dynamics, { kvCache }), delta));
  });
  return builder.build();
}

function motionInputs(builder: GraphBuilder, config: DeltaWorldConfig) {
  const { motion } = config;
  const frames = framesOf(config);
  return {
    before: picture(builder, 'before', config),
    last_BM: builder.input('lastMotion', [frames, motionWidth(motion)]),
  };
}

function buildMotion(config: DeltaWorldConfig): Graph {
  const { motion } = config;
  const builder = new GraphBuilder();
  const { before, last_BM } = motionInputs(builder, config);
  const told = builder.input('told', [framesOf(config), toldWidth(config)]);
  const state_BS = builder.input('motionState', [framesOf(config), motion.width]);
  const action = slice(told, 1, 0, motion.actions);
  const step = stepMotion(seeFrames(before, motion), action, { state_BS, last_BM }, motion);
  builder.output('vertical', step.verticalLogits_BY);
  builder.output('horizontal', step.horizontalLogits_BX);
  return builder.build();
}

function buildPrior(config: DeltaWorldConfig): Graph {
  const builder = new GraphBuilder();
  const { before, last_BM } = motionInputs(builder, config);
  builder.output('prior', codePrior(before, last_BM, config.motion));
  return builder.build();
}

/** Frames painted from given codes. */
function buildPictures(config: DeltaWorldConfig): Graph {
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

function buildTokenizer(config: DeltaWorldConfig): Graph {
  const builder = new GraphBuilder();
  builder.output('drawn', reconstruct(picture(builder, 'after', config), config.tokenizer));
  return builder.build();
}

/** The delta codes' encoder, which only training and evaluation use. */
export function buildDeltaEncoder(config: DeltaWorldConfig): Graph {
  const builder = new GraphBuilder();
  const { moved_BHW3 } = hintOfInputs(builder, config);
  builder.output('codes', encodeDelta(picture(builder, 'after', config), moved_BHW3, config.delta));
  return builder.build();
}
