import type { Graph, OpNode, Tensor } from '@snowglobe/graph';
import { rewrite } from '@snowglobe/graph';
import { sameShape } from '@snowglobe/graph/internal';
import type { PointwiseStep } from '@snowglobe/kernels/internal';
import { fusedPointwiseOp, stepsOf } from '@snowglobe/kernels/internal';

/** A connected set of pointwise nodes that one kernel can compute. */
interface PointwiseGroup {
  /** In topological order; the last one's output is the group's only result. */
  readonly nodes: readonly OpNode[];
  /** Distinct tensors that the group reads from outside, in order of first use. */
  readonly operands: readonly Tensor[];
}

/** Most operands of a fused kernel. WebGPU guarantees 8 storage buffers a stage, one of which is the result. */
const mostOperands = 7;
/** Most nodes of a fused kernel, which bounds register pressure. */
const mostNodes = 24;

/**
 * Fuses chains of pointwise ops: a pointwise node is merged into its consumer when that is its only use and both
 * have the same shape, so nothing is computed twice and no intermediate reaches memory.
 *
 * @param buffers most storage buffers of a kernel
 */
export function fusePointwise(graph: Graph, buffers = 8): Graph {
  const groups = findGroups(graph, Math.min(mostOperands, buffers - 1));
  const swallowed = new Set([...groups.values()].flatMap((group) => group.nodes.slice(0, -1)));
  return rewrite(
    graph,
    (node, { map }) => {
      const group = node.kind === 'op' ? groups.get(node) : undefined;
      return group ? [fusedNode(group, group.operands.map(map))] : undefined;
    },
    (node) => !(node.kind === 'op' && swallowed.has(node)),
  );
}

/** Groups of two nodes or more, by their last node. */
function findGroups(graph: Graph, operands: number): Map<OpNode, PointwiseGroup> {
  const uses = countUses(graph);
  const groups = new Map<OpNode, PointwiseGroup>();
  for (const node of graph.nodes) {
    if (node.kind !== 'op' || !node.op.pointwise) continue;
    let group: PointwiseGroup = { nodes: [node], operands: [...new Set(node.inputs)] };
    for (const input of node.inputs) {
      const producer = input.node;
      if (producer.kind !== 'op' || !producer.op.pointwise || uses.get(input) !== 1) continue;
      if (!sameShape(input.shape, node.outputs[0]!.shape)) continue;
      const merged = merge(groups.get(producer)!, group, input);
      if (merged.operands.length > operands || merged.nodes.length > mostNodes) continue;
      group = merged;
      groups.delete(producer);
    }
    groups.set(node, group);
  }
  for (const [node, group] of groups) if (group.nodes.length < 2) groups.delete(node);
  return groups;
}

function merge(producer: PointwiseGroup, consumer: PointwiseGroup, via: Tensor): PointwiseGroup {
  const nodes = [...producer.nodes, ...consumer.nodes].sort((a, b) => a.id - b.id);
  const operands = [
    ...new Set([...producer.operands, ...consumer.operands.filter((tensor) => tensor !== via)]),
  ];
  return { nodes, operands };
}

function countUses(graph: Graph): Map<Tensor, number> {
  const uses = new Map<Tensor, number>();
  const use = (tensor: Tensor): void => void uses.set(tensor, (uses.get(tensor) ?? 0) + 1);
  for (const node of graph.nodes) if (node.kind === 'op') node.inputs.forEach(use);
  // A result of the graph must reach memory, so it counts as a use that nothing can swallow.
  for (const tensor of [...graph.outputs.values(), ...graph.assignments.values()]) (use(tensor), use(tensor));
  return uses;
}

/** Builds the fused node of a group from operands of the new graph. */
function fusedNode(group: PointwiseGroup, operands: readonly Tensor[]): Tensor {
  const position = new Map<Tensor, number>(group.operands.map((tensor, index) => [tensor, index]));
  const steps: PointwiseStep[] = [];
  for (const node of group.nodes) {
    const own = stepsOf(node.op, node.attributes);
    const base = steps.length;
    const resolve = (arg: number): number =>
      arg < node.inputs.length
        ? position.get(node.inputs[arg]!)!
        : group.operands.length + base + (arg - node.inputs.length);
    steps.push(...own.map(({ fn, args }) => ({ fn, args: args.map(resolve) })));
    position.set(resultOf(node), group.operands.length + steps.length - 1);
  }
  return operands[0]!.builder.apply(fusedPointwiseOp, operands, { steps })[0]!;
}

const resultOf = (node: OpNode): Tensor => node.outputs[0]!;
