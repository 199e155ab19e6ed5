import type { Tensor } from '@snowglobe/graph';
import { pointwise } from '@snowglobe/kernels';

export interface AdamwOptions {
  /** Rate before the schedule; default 1e-3. */
  readonly learningRate: number;
  /** Decay of the first moment; default 0.9. */
  readonly beta1: number;
  /** Decay of the second moment; default 0.95. */
  readonly beta2: number;
  /** Added to the root of the second moment; default 1e-8. */
  readonly epsilon: number;
  /** Decoupled weight decay of parameters with two axes or more, as a share of the rate; default 0.01. */
  readonly decay: number;
}

/** What changes from step to step: tensors of rank 0 that are inputs of the run. */
export interface AdamwSchedule {
  readonly learningRate: Tensor;
  /** 1 / (1 - beta1^t) and 1 / (1 - beta2^t), t from 1. */
  readonly correction1: Tensor;
  readonly correction2: Tensor;
}

export interface AdamwState {
  readonly parameter: Tensor;
  readonly first: Tensor;
  readonly second: Tensor;
}

/** One step of AdamW (Loshchilov & Hutter 2019, algorithm 2): the new parameter and moments. */
export function adamwStep(
  { parameter, first, second }: AdamwState,
  gradient: Tensor,
  { learningRate, correction1, correction2 }: AdamwSchedule,
  { beta1, beta2, epsilon, decay }: AdamwOptions,
): AdamwState {
  const p = pointwise;
  const newFirst = p.add(p.mul(first, beta1), p.mul(gradient, 1 - beta1));
  const newSecond = p.add(p.mul(second, beta2), p.mul(p.square(gradient), 1 - beta2));
  const direction = p.div(
    p.mul(newFirst, correction1),
    p.add(p.sqrt(p.mul(newSecond, correction2)), epsilon),
  );
  const step = decay === 0 ? direction : p.add(direction, p.mul(parameter, decay));
  return { parameter: p.sub(parameter, p.mul(step, learningRate)), first: newFirst, second: newSecond };
}
