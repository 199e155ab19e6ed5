import { SnowglobeError } from '@snowglobe/graph';
import type { WeightFormat } from '@snowglobe/kernels';
import type { WorldModel } from '@snowglobe/model';
import { formatOf } from '../schemes/checked.js';
import type { Scheme } from '../schemes/scheme.js';
import { matricesOfWorld } from './layers.js';

/**
 * How each matrix of a world will be kept under a scheme, by the name of its variable: what quantization-aware training rounds by.
 * Round-to-nearest by the same scheme then changes no matrix any more. Tables are trained as floats.
 * @throws SnowglobeError for a scheme whose values are no integers times a scale
 */
export async function trainingFormats(
  model: WorldModel,
  scheme: Scheme,
): Promise<(name: string) => WeightFormat | undefined> {
  const formats = new Map(
    [...(await matricesOfWorld(model))].map(([name, { shape }]) => [name, formatOf(scheme, shape[0])]),
  );
  if ([...formats.values()].some(({ codebook }) => codebook)) {
    throw new SnowglobeError(
      `${scheme.name}: its values stand in a codebook, which training does not imitate; use a scheme of integers, such as w4a16-g32.`,
    );
  }
  return (name) => formats.get(name);
}
