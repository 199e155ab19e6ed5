import type { TensorData, TensorSpec } from '@snowglobe/graph';
import { sizeOf } from '@snowglobe/graph';
import { allocate } from '@snowglobe/graph/internal';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Reproducible numbers: f32 in (−1, 1), integers in 0 … 7. */
export function randomData(spec: TensorSpec, seed: number): TensorData {
  const generator = xoroshiro128plus(seed);
  // Nearby seeds start with nearby numbers: leave the first ones out.
  for (let i = 0; i < 16; i++) uniformFloat64(generator);
  const data = allocate(spec.dtype, sizeOf(spec.shape));
  for (let i = 0; i < data.length; i++) {
    const uniform = uniformFloat64(generator);
    data[i] = spec.dtype === 'f32' ? 2 * uniform - 1 : Math.floor(8 * uniform);
  }
  return data;
}
