/** What a world file says about its weights in few bits. */
import type { WeightFormat } from '@snowglobe/kernels';
import { checkWeightFormat } from '@snowglobe/kernels/internal';
import * as v from 'valibot';
import { finite, name, plainRecord, text } from './fields.js';

/** A weight in few bits. */
export interface QuantizedWeight {
  /** Which of the world's formats it has. */
  readonly format: number;
  /** As a matrix. */
  readonly shape: readonly [inputs: number, outputs: number];
  /**
   * A table (N, K) whose rows are looked up, such as an embedding: its rows are packed as the columns of a matrix (K, N) are. It is
   * widened to floats where it is read. Default: a matrix that something is multiplied by.
   */
  readonly table?: true;
}

/** How a world file says that its weights are quantized. */
export interface WorldQuantization {
  /** The scheme's name: `w4a16-g32`. */
  readonly scheme: string;
  readonly formats: readonly WeightFormat[];
  /** By the weight's name. */
  readonly weights: Readonly<Record<string, QuantizedWeight>>;
  /** Keys and values that the dynamics remember are rounded to bytes. Default: they stay floats. */
  readonly kvCache?: { readonly bits: 8 };
  /** How it was made, in names and values of the maker's choice: algorithm, calibration, command. */
  readonly provenance?: Readonly<Record<string, string | number | boolean>>;
}

const size = v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(2 ** 24));
const weightName = v.pipe(text, v.minLength(1), v.maxLength(256));

/** Types alone: how values go together is `checkWeightFormat`'s matter, once the matrix is known. */
const format = v.strictObject({
  bits: v.picklist([2, 4, 8]),
  group: size,
  zeroPoints: v.boolean(),
  codebook: v.optional(v.pipe(v.array(finite), v.maxLength(256))),
  activationBits: v.optional(v.literal(8)),
  rotation: v.optional(size),
  smooth: v.optional(v.literal(true)),
});
const weight = v.strictObject({
  format: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  shape: v.strictTuple([size, size]),
  table: v.optional(v.literal(true)),
});

export const quantization = v.pipe(
  v.strictObject({
    scheme: name,
    formats: v.pipe(v.array(format), v.maxLength(4096)),
    weights: v.pipe(plainRecord, v.record(weightName, weight)),
    kvCache: v.optional(v.strictObject({ bits: v.literal(8) })),
    provenance: v.optional(v.pipe(plainRecord, v.record(weightName, v.union([text, finite, v.boolean()])))),
  }),
  v.check(
    ({ formats, weights }) => Object.values(weights).every((each) => each.format < formats.length),
    'names a format that it does not have',
  ),
  v.check(
    ({ formats, weights }) =>
      Object.values(weights).every((each) => fits(formats[each.format] as WeightFormat, each.shape[0])),
    'has a format that does not fit its weight',
  ),
);

function fits(each: WeightFormat, depth: number): boolean {
  try {
    checkWeightFormat(each, depth, 'weight');
    return true;
  } catch {
    return false;
  }
}
