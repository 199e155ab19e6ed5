import { SnowglobeError } from './errors.js';
import type { GradientAlgebra, Node, OpNode, Tensor } from './graph.js';
import { formatShape } from './shape.js';

/**
 * Reverse-mode differentiation: builds, in the same graph, the gradient of the scalar `loss` with respect to each
 * tensor of `wrt`. A tensor that the loss does not depend on gets zeros.
 *
 * Nodes are visited once each in reverse creation order, which is a reverse topological order, and contributions of
 * several consumers are added (Griewank & Walther, "Evaluating Derivatives", 2008, ch. 3).
 *
 * @param seed gradient of the loss with respect to itself, a tensor of the loss's shape holding ones
 * @throws SnowglobeError when the loss is no scalar or an op on the way has no derivative.
 */
export function gradients(
  loss: Tensor,
  wrt: readonly Tensor[],
  seed: Tensor,
  algebra: GradientAlgebra,
): readonly Tensor[] {
  if (loss.shape.length !== 0) {
    throw new SnowglobeError(
      `gradients: the loss has shape ${formatShape(loss.shape)}; reduce it to a scalar.`,
    );
  }
  const needed = nodesBetween(loss.node, new Set(wrt.map((tensor) => tensor.node)));
  const accumulated = new Map<Tensor, Tensor>([[loss, seed]]);
  const order = [...needed].filter((node): node is OpNode => node.kind === 'op').sort((a, b) => b.id - a.id);

  for (const node of order) {
    const outputGradients = node.outputs.map((output) => accumulated.get(output));
    if (outputGradients.every((gradient) => gradient === undefined)) continue;
    if (!node.op.gradient) {
      if (node.op.differentiable === false) continue;
      throw new SnowglobeError(`gradients: op '${node.op.name}' has no derivative; remove it from the loss.`);
    }
    const inputGradients = loss.builder.scope('gradient', () =>
      node.op.gradient!({
        inputs: node.inputs,
        outputs: node.outputs,
        attributes: node.attributes,
        outputGradients,
        needed: node.inputs.map((input) => needed.has(input.node)),
        algebra,
      }),
    );
    node.inputs.forEach((input, index) => {
      const gradient = inputGradients[index];
      if (!gradient || !needed.has(input.node)) return;
      const sum = accumulated.get(input);
      accumulated.set(input, sum ? algebra.add(sum, gradient) : gradient);
    });
  }
  return wrt.map((tensor) => accumulated.get(tensor) ?? algebra.zerosLike(tensor));
}

/** Nodes that lie on a path from any of `sources` to `sink`, both ends included. */
function nodesBetween(sink: Node, sources: ReadonlySet<Node>): Set<Node> {
  const reaches = new Map<Node, boolean>();
  const ancestors: Node[] = [];
  const pending: Node[] = [sink];
  const seen = new Set<Node>([sink]);
  while (pending.length > 0) {
    const node = pending.pop()!;
    ancestors.push(node);
    if (node.kind !== 'op') continue;
    for (const input of node.inputs) {
      if (seen.has(input.node)) continue;
      seen.add(input.node);
      pending.push(input.node);
    }
  }
  ancestors.sort((a, b) => a.id - b.id);
  for (const node of ancestors) {
    const viaInputs = node.kind === 'op' && node.inputs.some((input) => reaches.get(input.node));
    reaches.set(node, viaInputs || sources.has(node));
  }
  return new Set(ancestors.filter((node) => reaches.get(node)));
}
