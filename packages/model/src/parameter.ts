import type { GraphBuilder, Shape, Tensor } from '@snowglobe/graph';

/** How a parameter starts: plain data, so that it can be printed and applied by any trainer. */
export type Initializer =
  | { readonly kind: 'zeros' }
  | { readonly kind: 'ones' }
  | { readonly kind: 'normal'; readonly standardDeviation: number };

const recorded = new WeakMap<GraphBuilder, Map<string, Initializer>>();

/** A trainable variable of the builder's current scope, with the rule by which a trainer fills it at the start. */
export function parameter(
  builder: GraphBuilder,
  name: string,
  shape: Shape,
  initializer: Initializer,
): Tensor {
  const tensor = builder.variable(name, shape);
  if (tensor.node.kind !== 'variable') throw new Error('parameter: a variable has no variable node');
  let rules = recorded.get(builder);
  if (!rules) recorded.set(builder, (rules = new Map()));
  rules.set(tensor.node.name, initializer);
  return tensor;
}

/** The parameters that were created in a builder, by full name: what a trainer initialises and updates. */
export function parametersOf(builder: GraphBuilder): ReadonlyMap<string, Initializer> {
  return recorded.get(builder) ?? new Map();
}

/**
 * Normal with variance 1 / fan-in, which keeps the scale of activations (LeCun et al. 1998); `gain` scales it, for
 * example down where a branch joins a residual stream.
 */
export function fanIn(inputs: number, gain = 1): Initializer {
  return { kind: 'normal', standardDeviation: gain / Math.sqrt(inputs) };
}
