import type { Graph, Node } from '@snowglobe/graph';
import { rewrite } from '@snowglobe/graph';

/**
 * Removes every op, constant and variable that no output and no assignment depends on. Inputs stay, since they are
 * the graph's signature. An assigned variable stays even if nothing reads it.
 */
export function eliminateDeadCode(graph: Graph): Graph {
  const live = new Set<Node>();
  const pending: Node[] = [
    ...[...graph.outputs.values()].map((tensor) => tensor.node),
    ...[...graph.assignments].flatMap(([name, tensor]) => [tensor.node, graph.variables.get(name)!.node]),
  ];
  while (pending.length > 0) {
    const node = pending.pop()!;
    if (live.has(node)) continue;
    live.add(node);
    if (node.kind === 'op') pending.push(...node.inputs.map((input) => input.node));
  }
  return rewrite(
    graph,
    () => undefined,
    (node) => node.kind === 'input' || live.has(node),
  );
}
