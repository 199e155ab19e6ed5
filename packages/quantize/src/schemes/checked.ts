/** What schemes answer, checked: they may come from plugins, and what they get wrong would be found in pictures only. */
import { SnowglobeError } from '@snowglobe/graph';
import { show, describeIssue } from '@snowglobe/graph/internal';
import type { WeightFormat } from '@snowglobe/kernels';
import { checkWeightFormat } from '@snowglobe/kernels/internal';
import * as v from 'valibot';
import type { Grid, Scheme } from './scheme.js';

/** Types; `checkWeightFormat` says how values go together. Turning activations is up to algorithms. */
const formatSchema = v.strictObject({
  bits: v.number(),
  group: v.number(),
  zeroPoints: v.boolean(),
  codebook: v.optional(v.array(v.number())),
  activationBits: v.optional(v.literal(8)),
});

/**
 * The format that a scheme has for a matrix.
 * @param inputs (K)
 * @throws SnowglobeError naming the scheme when it fails, or gives what is no format
 */
export function formatOf(scheme: Scheme, inputs: number): WeightFormat {
  const format = ask(scheme, 'format', () => scheme.format(inputs));
  const result = v.safeParse(formatSchema, format, { abortEarly: true });
  if (!result.success) {
    throw refusal(scheme, `its format is none (${describeIssue(result.issues[0])})`, 'format');
  }
  checkWeightFormat(format, inputs, `scheme '${scheme.name}'`);
  return format;
}

/**
 * The grids of a scheme for one group, the plain one first.
 * @param weights of the group; the scheme gets a copy
 * @throws SnowglobeError naming the scheme when it fails, gives none, or one that the format cannot keep
 */
export function gridsFor(scheme: Scheme, weights: Float64Array, format: WeightFormat): readonly Grid[] {
  const grids: unknown = ask(scheme, 'grids', () => scheme.grids(weights.slice(), format));
  if (!Array.isArray(grids)) throw refusal(scheme, `it gives ${show(grids)} in place of grids`, 'grids');
  if (grids.length === 0) throw refusal(scheme, 'it gives an empty list of grids', 'grids');
  const [middle, top] = [2 ** (format.bits - 1), 2 ** format.bits - 1];
  for (const grid of grids as readonly Partial<Grid>[]) {
    const { scale, zeroPoint } = grid ?? {};
    if (!Number.isFinite(scale)) {
      throw refusal(scheme, `it gives ${show(scale)} as a scale, which must be a finite number`, 'grids');
    }
    if (format.codebook) continue; // Its values know no zero point.
    const isWhole = Number.isInteger(zeroPoint) && zeroPoint! >= 0 && zeroPoint! <= top;
    if (!isWhole) {
      const wanted = `an integer from 0 to ${top}`;
      throw refusal(scheme, `it gives ${show(zeroPoint)} as a zero point, which must be ${wanted}`, 'grids');
    }
    if (!format.zeroPoints && zeroPoint !== middle) {
      const wanted = `${middle} in ${format.bits} bits, since its format has no zero points`;
      throw refusal(scheme, `it gives ${show(zeroPoint)} as a zero point, which must be ${wanted}`, 'grids');
    }
  }
  return grids as readonly Grid[];
}

function ask<T>(scheme: Scheme, part: 'format' | 'grids', answer: () => T): T {
  try {
    return answer();
  } catch (cause) {
    if (cause instanceof SnowglobeError) throw cause;
    const why = cause instanceof Error ? `${cause.name}: ${cause.message}` : show(cause);
    throw new SnowglobeError(`scheme '${scheme.name}': its ${part}() failed (${why}); correct the scheme.`, {
      cause,
    });
  }
}

const refusal = ({ name }: Scheme, what: string, part: 'format' | 'grids'): SnowglobeError =>
  new SnowglobeError(`scheme '${name}': ${what}; correct its ${part}().`);
