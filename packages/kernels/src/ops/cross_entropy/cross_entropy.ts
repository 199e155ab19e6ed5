import type { OpDefinition, Tensor, TensorSpec } from '@snowglobe/graph';
import { SnowglobeError, sizeOf } from '@snowglobe/graph';
import { formatShape, sameShape } from '@snowglobe/graph/internal';

export type NoAttributes = Record<never, never>;

function checkOperands(name: string, logits: TensorSpec, targets: TensorSpec): void {
  const rows = logits.shape.slice(0, -1);
  if (logits.dtype !== 'f32' || targets.dtype !== 'i32') {
    throw new SnowglobeError(
      `${name}: logits are ${logits.dtype} and targets ${targets.dtype}; give f32 and i32, converting with toF32 and toI32.`,
    );
  }
  if (logits.shape.length === 0 || !sameShape(rows, targets.shape)) {
    throw new SnowglobeError(
      `${name}: logits ${formatShape(logits.shape)} and targets ${formatShape(targets.shape)} do not align; ` +
        `give the logits the targets' axes and one more.`,
    );
  }
}

/** logits (…, V), targets (…) i32 -> (…): log Σ exp(logits) − logits[target]. */
export const crossEntropyOp: OpDefinition<NoAttributes> = {
  name: 'crossEntropy',
  infer([logits, targets]) {
    checkOperands('crossEntropy', logits!, targets!);
    return [{ shape: targets!.shape, dtype: 'f32' }];
  },
  flops: ([logits]) => 4 * sizeOf(logits!.shape),
  gradient: ({ inputs: [logits, targets], outputGradients: [g] }) => [
    g!.builder.apply(crossEntropyGradientOp, [logits!, targets!, g!], {})[0],
    undefined,
  ],
};

/** logits (…, V), targets (…) i32, g (…) -> (…, V): (softmax(logits) − onehot(target)) · g. */
export const crossEntropyGradientOp: OpDefinition<NoAttributes> = {
  name: 'crossEntropyGradient',
  infer([logits, targets, g]) {
    checkOperands('crossEntropyGradient', logits!, targets!);
    if (g!.dtype !== 'f32' || !sameShape(g!.shape, targets!.shape)) {
      throw new SnowglobeError(
        `crossEntropyGradient: the gradient is ${g!.dtype} ${formatShape(g!.shape)}; give f32 ${formatShape(targets!.shape)}.`,
      );
    }
    return [{ shape: logits!.shape, dtype: 'f32' }];
  },
  flops: ([logits]) => 5 * sizeOf(logits!.shape),
};

/**
 * Negative log-likelihood of each target under the softmax of its logits, in nats: logits (…, V), targets (…) i32
 * -> (…). Weigh or average the result as the loss wants it.
 *
 * Targets must lie in 0 … V−1; outside, negative ones too, the CPU executors throw and shaders take the last logit.
 */
export function crossEntropy(logits: Tensor, targets: Tensor): Tensor {
  return logits.builder.apply(crossEntropyOp, [logits, targets], {})[0]!;
}
