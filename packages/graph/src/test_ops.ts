import type { OpDefinition, Tensor } from './graph.js';
import { broadcastShapes, sizeOf } from './shape.js';

/** Three small ops for the graph's own tests, which must not depend on the kernels above it. */
type None = Record<never, never>;

function binary(
  name: string,
  gradient: (g: Tensor, a: Tensor, b: Tensor) => readonly Tensor[],
): { op: OpDefinition<None>; apply: (a: Tensor, b: Tensor) => Tensor } {
  const op: OpDefinition<None> = {
    name,
    pointwise: true,
    infer: (inputs) => [
      {
        shape: broadcastShapes(
          name,
          inputs.map((input) => input.shape),
        ),
        dtype: 'f32',
      },
    ],
    flops: (_, [output]) => sizeOf(output!.shape),
    gradient: ({ inputs, outputGradients }) => gradient(outputGradients[0]!, inputs[0]!, inputs[1]!),
  };
  return { op, apply: (a, b) => a.builder.apply(op, [a, b], {})[0]! };
}

export const add = binary('add', (g) => [g, g]);
export const mul = binary('mul', (g, a, b) => [mul.apply(g, b), mul.apply(g, a)]);

/** Has no derivative, and does not say that gradients stop. */
export const opaque: OpDefinition<None> = {
  name: 'opaque',
  infer: ([x]) => [x!],
  flops: () => 0,
};

/** Piecewise constant: gradients stop silently. */
export const step: OpDefinition<None> = { ...opaque, name: 'step', differentiable: false };
