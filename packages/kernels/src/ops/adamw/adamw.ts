import type { OpDefinition, Tensor, TensorSpec } from '@snowglobe/graph';
import { SnowglobeError, sizeOf } from '@snowglobe/graph';
import { formatShape, sameShape } from '@snowglobe/graph/internal';

/** Constants of AdamW (Loshchilov & Hutter 2019). */
export interface AdamwAttributes extends Record<string, unknown> {
  /** Decay of the first moment. */
  readonly beta1: number;
  /** Decay of the second moment. */
  readonly beta2: number;
  /** Added to the root of the corrected second moment. */
  readonly epsilon: number;
  /** Decoupled weight decay, as a share of the learning rate. */
  readonly decay: number;
}

const operandNames = ['parameter', 'gradient', 'first moment', 'second moment'] as const;

/** parameter, gradient, first, second, all of one shape, and schedule (4) -> the next parameter, first and second. */
export const adamwOp: OpDefinition<AdamwAttributes> = {
  name: 'adamw',
  differentiable: false,
  infer(inputs, attributes) {
    const [parameter, , , , schedule] = inputs as [
      TensorSpec,
      TensorSpec,
      TensorSpec,
      TensorSpec,
      TensorSpec,
    ];
    operandNames.forEach((name, index) => {
      const { shape, dtype } = inputs[index]!;
      if (dtype !== 'f32' || !sameShape(shape, parameter.shape)) {
        throw new SnowglobeError(
          `adamw: the ${name} is ${dtype} ${formatShape(shape)} and the parameter ${formatShape(parameter.shape)}; ` +
            'give all four f32 and one shape.',
        );
      }
    });
    if (schedule.dtype !== 'f32' || !sameShape(schedule.shape, [4])) {
      throw new SnowglobeError(
        `adamw: the schedule is ${schedule.dtype} ${formatShape(schedule.shape)}; give the f32 (4) of adamwSchedule.`,
      );
    }
    const { beta1, beta2, epsilon, decay } = attributes;
    if (!(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1 && epsilon > 0 && decay >= 0)) {
      throw new SnowglobeError(
        `adamw: beta1 ${beta1}, beta2 ${beta2}, epsilon ${epsilon}, decay ${decay}; ` +
          'betas must lie in 0 … 1 without 1, epsilon be positive and decay not negative.',
      );
    }
    return [parameter, parameter, parameter];
  },
  flops: (_, [parameter]) => 15 * sizeOf(parameter!.shape),
};

/** A parameter and its moments; the moments start at zero. */
export interface AdamwState {
  readonly parameter: Tensor;
  readonly first: Tensor;
  readonly second: Tensor;
}

/**
 * One step of AdamW (Loshchilov & Hutter, "Decoupled Weight Decay Regularization", 2019, algorithm 2):
 *
 * ```
 * g       = gradient · scale
 * first'  = beta1 · first + (1 − beta1) · g
 * second' = beta2 · second + (1 − beta2) · g²
 * parameter' = parameter − rate · (first' / (1 − beta1^t) / (sqrt(second' / (1 − beta2^t)) + epsilon) + decay · parameter)
 * ```
 *
 * @param schedule (4), the numbers that change from step to step, see `adamwSchedule`: an input of the run, so that one
 * graph serves all steps
 * @param options defaults: beta1 0.9, beta2 0.95, epsilon 1e-8, decay 0.01
 */
export function adamw(
  { parameter, first, second }: AdamwState,
  gradient: Tensor,
  schedule: Tensor,
  options: Partial<AdamwAttributes> = {},
): AdamwState {
  const { beta1 = 0.9, beta2 = 0.95, epsilon = 1e-8, decay = 0.01 } = options;
  const results = parameter.builder.apply(adamwOp, [parameter, gradient, first, second, schedule], {
    beta1,
    beta2,
    epsilon,
    decay,
  });
  return { parameter: results[0]!, first: results[1]!, second: results[2]! };
}

/**
 * The schedule of step `step`, counted from 1: learning rate, both bias corrections and the factor for the gradient. A
 * factor that the graph computes, for clipping by the global norm, is put in place of the last with `slice` and `concat`.
 */
export function adamwSchedule(
  step: number,
  learningRate: number,
  {
    beta1 = 0.9,
    beta2 = 0.95,
    gradientScale = 1,
  }: { readonly beta1?: number; readonly beta2?: number; readonly gradientScale?: number } = {},
): Float32Array {
  if (!Number.isInteger(step) || step < 1) {
    throw new SnowglobeError(`adamwSchedule: step ${step}; count whole steps from 1.`);
  }
  return Float32Array.of(learningRate, 1 / (1 - beta1 ** step), 1 / (1 - beta2 ** step), gradientScale);
}
