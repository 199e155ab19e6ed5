import { bytesPerElement } from './dtype.js';
import type { Cost, Graph, OpNode } from './graph.js';
import { sizeOf } from './shape.js';

/** Work of one op node; bytes count every operand and result once, as if nothing stayed in a cache. */
export function costOf(node: OpNode): Cost {
  const bytes = [...node.inputs, ...node.outputs].reduce(
    (sum, tensor) => sum + sizeOf(tensor.shape) * bytesPerElement,
    0,
  );
  return { flops: node.op.flops(node.inputs, node.outputs, node.attributes), bytes };
}

/** Work of one run of the graph. */
export function totalCost(graph: Graph): Cost {
  let flops = 0;
  let bytes = 0;
  for (const node of graph.nodes) {
    if (node.kind !== 'op') continue;
    const cost = costOf(node);
    flops += cost.flops;
    bytes += cost.bytes;
  }
  return { flops, bytes };
}
