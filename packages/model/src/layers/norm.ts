import type { Tensor } from '@snowglobe/graph';
import { rmsNorm } from '@snowglobe/kernels';
import { parameter } from '../parameter.js';

/** Root-mean-square norm over the last axis with a learned gain (Zhang & Sennrich 2019). */
export function norm(x: Tensor, name: string): Tensor {
  const { builder } = x;
  const gain = builder.scope(name, () => parameter(builder, 'gain', [x.shape.at(-1)!], { kind: 'ones' }));
  return rmsNorm(x, gain);
}
