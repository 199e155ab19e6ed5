import type { Batch } from '@snowglobe/model';
import { generatorFor } from '@snowglobe/model';
import type { StageOptions } from './stage_options.js';

/** The batch of a step, counted from 1: the same for the same seed, whatever came before. */
export function batchOf(
  { name, seed, batches }: Pick<StageOptions, 'batches' | 'name' | 'seed'>,
  step: number,
): Batch | Promise<Batch> {
  return batches(step, generatorFor(seed, `${name} batch ${step}`));
}
