import type { Tensor } from '@snowglobe/graph';
import { matmul } from '@snowglobe/kernels';
import { fanIn, parameter } from '../parameter.js';

export interface LinearOptions {
  /** Add a bias, zero at the start; default true. */
  readonly bias?: boolean;
  /** Scale of the initial weights relative to 1 / sqrt(fan-in); default 1; 0: they are zeros. */
  readonly gain?: number;
}

/** (…, K) -> (…, outputs): the same matrix for every position; a 1x1 convolution where the positions are pixels. */
export function linear(x: Tensor, name: string, outputs: number, options: LinearOptions = {}): Tensor {
  const { bias = true, gain = 1 } = options;
  const { builder } = x;
  const inputs = x.shape.at(-1)!;
  return builder.scope(name, () => {
    const weight = parameter(builder, 'weight', [inputs, outputs], fanIn(inputs, gain));
    if (!bias) return matmul(x, weight);
    return matmul(x, weight, { bias: parameter(builder, 'bias', [outputs], { kind: 'zeros' }) });
  });
}
