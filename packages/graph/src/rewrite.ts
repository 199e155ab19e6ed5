import { GraphBuilder } from './builder.js';
import type { ConstantNode, Graph, OpNode, Tensor, VariableNode } from './graph.js';

/** What a pass has at hand while it copies a graph. */
export interface RewriteContext {
  readonly builder: GraphBuilder;
  /** The tensor of the new graph that stands for one of the old graph. */
  map(tensor: Tensor): Tensor;
}

/**
 * Copies a graph node by node. `replace` may return other tensors for the outputs of an op, constant or variable, or
 * `undefined` to copy it. For a variable it runs outside all scopes, so that new ones get the names that they are given.
 * Nodes that `keep` refuses are left out (nothing kept may read them). `assign` makes an assignment itself, or leaves it by returning
 * false.
 */
export function rewrite(
  graph: Graph,
  replace: (
    node: OpNode | ConstantNode | VariableNode,
    context: RewriteContext,
  ) => readonly Tensor[] | undefined,
  keep: (node: Graph['nodes'][number]) => boolean = () => true,
  assign: (variable: Tensor, value: Tensor, context: RewriteContext) => boolean = () => false,
): Graph {
  const builder = new GraphBuilder();
  const mapped = new Map<Tensor, Tensor>();
  const context: RewriteContext = {
    builder,
    map(tensor) {
      const found = mapped.get(tensor);
      if (!found) throw new Error(`rewrite: node ${tensor.node.id} is read before it is built`);
      return found;
    },
  };
  // Scope is restored by name only for ops: a variable's name already holds its scopes.
  for (const node of graph.nodes) {
    if (!keep(node)) continue;
    let outputs: readonly Tensor[];
    switch (node.kind) {
      case 'input':
        outputs = [builder.input(node.name, node.outputs[0]!.shape, node.outputs[0]!.dtype)];
        break;
      case 'variable':
        outputs = replace(node, context) ?? [
          builder.variable(node.name, node.outputs[0]!.shape, node.outputs[0]!.dtype),
        ];
        break;
      case 'constant':
        outputs = replace(node, context) ?? [builder.constant(node.data, node.outputs[0]!.shape)];
        break;
      case 'op':
        outputs = inScope(
          builder,
          node.scope,
          () =>
            replace(node, context) ?? builder.apply(node.op, node.inputs.map(context.map), node.attributes),
        );
    }
    node.outputs.forEach((output, index) => mapped.set(output, outputs[index]!));
  }
  for (const [name, tensor] of graph.outputs) builder.output(name, context.map(tensor));
  for (const [name, tensor] of graph.assignments) {
    const variable = graph.variables.get(name)!;
    if (!assign(variable, tensor, context)) builder.assign(context.map(variable), context.map(tensor));
  }
  return builder.build();
}

function inScope<T>(builder: GraphBuilder, scope: string, build: () => T): T {
  return scope === '' ? build() : builder.scope(scope, build);
}
