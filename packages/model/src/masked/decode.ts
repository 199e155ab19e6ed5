import type { Tensor } from '@snowglobe/graph';
import type { SampledTokens } from '@snowglobe/kernels';
import {
  matmul,
  mean,
  pointwise as p,
  reshape,
  sampleTokens,
  slice,
  unmaskMostConfident,
} from '@snowglobe/kernels';
import { gatherEach, scatterEach } from '../layers/gather_each.js';
import { ofEach } from '../layers/of_each.js';

/** Shapes: B worlds, N positions, K codes a position, S refinement steps. */

/** How many codes are fixed in each refinement step: cosine schedule (MaskGIT, section 3.3). */
export function codesPerStep(codes: number, steps: number): readonly number[] {
  const left = (step: number): number => Math.floor(codes * Math.cos(((step / steps) * Math.PI) / 2));
  return Array.from({ length: steps }, (_, step) => {
    const after = step + 1 === steps ? 0 : left(step + 1);
    return left(step) - after;
  });
}

/** What decides how codes are sampled. */
export interface SamplingInputs {
  /** (1), or (B) of worlds apart; at 0 the likeliest codes are taken. */
  readonly temperature: Tensor;
  /** (1), or (B) of worlds apart: codes of positions that are less likely than this are left open. */
  readonly confidenceThreshold: Tensor;
  /** (S, B·N·K) in [0, 1) */
  readonly codeUniforms: Tensor;
  /** (S, B·N·K), see `unmaskMostConfident`. */
  readonly rankNoise: Tensor;
}

export interface SampledCodes {
  /** i32 (B, N·K) */
  readonly codes_BM: Tensor;
  /** (B, N): 1 where a position's codes were likely enough on the whole. */
  readonly known_BN: Tensor;
}

/**
 * How many codes are fixed in each refinement step where most are known beforehand: all but a share in the first, and of those equally many
 * in each other one, so that what is uncertain is decided bit by bit.
 * @param open share of the codes that are left after the first step, 0 … 1
 */
export function codesPerStepOfKnown(codes: number, steps: number, open: number): readonly number[] {
  const left = (step: number): number =>
    step === 0 ? codes : steps === 1 ? 0 : Math.round(codes * open * (1 - (step - 1) / (steps - 1)));
  return Array.from({ length: steps }, (_, step) => left(step) - left(step + 1));
}

/** How codes are fixed step by step. */
export interface Refinement {
  /** Codes that each step fixes; default `codesPerStep`. */
  readonly fixedCounts?: readonly number[];
  /** Whether steps after the first ask for the logits of open codes alone; default false. */
  readonly openAlone?: boolean;
  /** How open codes are sampled in steps after the first, where they alone are asked for; default: each by itself. */
  readonly sampleOpen?: (logits_BQV: Tensor, given: OpenSampling) => SampledTokens;
}

/** What is known where open codes are sampled. */
export interface OpenSampling {
  /** (B, Q) in [0, 1). */
  readonly uniforms_BQ: Tensor;
  /** (1), or (B) of worlds apart. */
  readonly temperature: Tensor;
  /** i32 (B, N·K), of those that are known. */
  readonly codes_BM: Tensor;
  /** i32 (B, Q), ascending indices of those that are sampled. */
  readonly open_BQ: Tensor;
}

/**
 * Samples all codes of a frame in a few refinement steps; each fixes those that are most certain (MaskGIT, section 3.2).
 * @param logitsOf i32 codes (B, N·K) and which are known (B, N·K) -> logits (…, V) of all; where `open` is given, i32 (B, Q), ascending
 * indices of what is not known yet, of those alone
 */
export function sampleMasked(
  logitsOf: (codes_BM: Tensor, known_BM: Tensor, open_BQ: Tensor | undefined) => Tensor,
  { temperature, confidenceThreshold, codeUniforms, rankNoise }: SamplingInputs,
  { batch, positions, books }: { readonly batch: number; readonly positions: number; readonly books: number },
  {
    fixedCounts = codesPerStep(positions * books, codeUniforms.shape[0]!),
    openAlone = false,
    sampleOpen,
  }: Refinement = {},
): SampledCodes {
  const { builder } = temperature;
  const count = positions * books;
  let codes = builder.constant(new Int32Array(batch * count), [batch, count]);
  let mask = builder.constant(new Float32Array(batch * count).fill(1), [batch, count]);
  let sure = builder.constant(new Float32Array(batch * count), [batch, count]);
  let left = count;
  fixedCounts.forEach((fixed, i) => {
    const open = openAlone && i > 0 ? openPlaces(mask, left) : undefined;
    const asked = (rows: Tensor): Tensor => (open ? gatherEach(rows, open) : rows);
    const of = (rows: Tensor): Tensor => asked(reshape(slice(rows, 0, i, i + 1), [batch, count]));
    const logits = logitsOf(codes, p.sub(1, mask), open);
    const asked_BQV = reshape(logits, [batch, open ? left : count, logits.shape.at(-1)!]);
    const uniforms_BQ = of(codeUniforms);
    const { tokens, confidence } =
      open && sampleOpen
        ? sampleOpen(asked_BQV, { uniforms_BQ, temperature, codes_BM: codes, open_BQ: open })
        : sampleTokens(asked_BQV, uniforms_BQ, temperature);
    const fixedCount = builder.constant(Int32Array.of(fixed), [1]);
    const before = asked(mask);
    const next = unmaskMostConfident(asked(codes), tokens, confidence, before, fixedCount, of(rankNoise));
    const surer = p.mul(p.sub(before, next.mask), confidence);
    const put = (rows: Tensor, values: Tensor): Tensor => (open ? scatterEach(rows, values, open) : values);
    sure = open ? put(sure, surer) : p.add(sure, surer);
    codes = put(codes, next.tokens);
    mask = put(mask, next.mask);
    left -= fixed;
  });
  const likely_BN = mean(reshape(sure, [batch, positions, books]), 2);
  return { codes_BM: codes, known_BN: p.sub(1, p.greater(ofEach(confidenceThreshold, 2), likely_BN)) };
}

/** The indices of what is open in each row of mask_BM, which is 1 there and 0 elsewhere: i32 (B, Q), ascending. */
function openPlaces(mask_BM: Tensor, count: number): Tensor {
  const { builder } = mask_BM;
  const [batch, length] = mask_BM.shape as [number, number];
  const isBefore = Float32Array.from(
    { length: length * length },
    (_, n) => +(Math.floor(n / length) < n % length),
  );
  const places = builder.constant(
    Int32Array.from({ length: batch * length }, (_, n) => n % length),
    [batch, length],
  );
  const openBefore = p.toI32(matmul(mask_BM, builder.constant(isBefore, [length, length])));
  // The open ones in their order, then the others in theirs.
  const target = p.select(p.toI32(mask_BM), openBefore, p.add(p.sub(places, openBefore), count));
  return slice(scatterEach(places, places, target), 1, 0, count);
}
