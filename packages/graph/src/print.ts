import { costOf } from './cost.js';
import { formatShape } from './shape.js';
import type { Graph, Node, Tensor } from './tensor.js';

/**
 * One line a node, in order:
 *
 * ```
 * %2 f32 (32, 10) = matmul(%0, %1) {"transposeB":true}   # decoder/head, 0.04 MFLOP
 * ```
 */
export function printGraph(graph: Graph): string {
  const lines = graph.nodes.map(printNode);
  for (const [name, tensor] of graph.outputs) lines.push(`output ${name} = ${reference(tensor)}`);
  for (const [name, tensor] of graph.assignments) lines.push(`assign ${name} = ${reference(tensor)}`);
  return lines.join('\n');
}

function printNode(node: Node): string {
  const results = node.outputs
    .map((output) => `${reference(output)} ${output.dtype} ${formatShape(output.shape)}`)
    .join(', ');
  return `${results} = ${definition(node)}`;
}

function definition(node: Node): string {
  switch (node.kind) {
    case 'input':
      return `input '${node.name}'`;
    case 'variable':
      return `variable '${node.name}'`;
    case 'constant':
      return `constant [${node.data.slice(0, 4).join(', ')}${node.data.length > 4 ? ', …' : ''}]`;
    case 'op': {
      const attributes = Object.keys(node.attributes).length > 0 ? ` ${JSON.stringify(node.attributes)}` : '';
      const notes = [node.scope, `${(costOf(node).flops / 1e6).toFixed(2)} MFLOP`].filter(
        (note) => note !== '',
      );
      return `${node.op.name}(${node.inputs.map(reference).join(', ')})${attributes}   # ${notes.join(', ')}`;
    }
  }
}

function reference(tensor: Tensor): string {
  return tensor.node.outputs.length > 1 ? `%${tensor.node.id}.${tensor.index}` : `%${tensor.node.id}`;
}
