import type { Graph, Node, Tensor } from '@snowglobe/graph';
import { rewrite } from '@snowglobe/graph';

/** Constants up to this many elements are compared by value; larger ones are taken as different. */
const comparedConstantElements = 64;

/** Computes equal nodes (same op, same operands, same attributes; equal small constants) once. */
export function shareCommonSubexpressions(graph: Graph): Graph {
  const canonical = new Map<Tensor, Tensor>();
  const known = new Map<string, readonly Tensor[]>();
  const twins = new Map<Node, readonly Tensor[]>();
  for (const node of graph.nodes) {
    const key = keyOf(node, (tensor) => canonical.get(tensor) ?? tensor);
    if (key === undefined) continue;
    const twin = known.get(key);
    if (twin) {
      twins.set(node, twin);
      node.outputs.forEach((output, index) => canonical.set(output, twin[index]!));
    } else {
      known.set(key, node.outputs);
    }
  }
  if (twins.size === 0) return graph;
  return rewrite(graph, (node, { map }) => twins.get(node)?.map(map));
}

function keyOf(node: Node, resolve: (tensor: Tensor) => Tensor): string | undefined {
  if (node.kind === 'constant') {
    const { shape, dtype } = node.outputs[0]!;
    if (node.data.length > comparedConstantElements) return undefined;
    return `constant|${dtype}|${shape.join(',')}|${node.data.join(',')}`;
  }
  if (node.kind !== 'op') return undefined;
  const operands = node.inputs.map(resolve).map((tensor) => `${tensor.node.id}.${tensor.index}`);
  return `${node.op.name}|${operands.join(',')}|${JSON.stringify(node.attributes)}`;
}
