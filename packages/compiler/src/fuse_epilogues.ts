import type { Graph, OpNode, Tensor } from '@snowglobe/graph';
import { rewrite } from '@snowglobe/graph';
import { sameShape } from '@snowglobe/graph/internal';
import type { Activation } from '@snowglobe/kernels';
import type { MatmulAttributes } from '@snowglobe/kernels/internal';
import { conv2dQuantizedOp, matmulOp, matmulQuantizedOp, pointwiseOps } from '@snowglobe/kernels/internal';

/** Ops that can finish their own result. */
const matmuls = new Set<unknown>([matmulOp, matmulQuantizedOp, conv2dQuantizedOp]);

/** A matmul with what is done to its result before anyone else reads it. */
interface Fused {
  readonly matmul: OpNode;
  readonly activation: Activation;
  /** In the old graph. */
  readonly residual?: Tensor;
}

const activations = new Map<unknown, Activation>([
  [pointwiseOps.gelu, 'gelu'],
  [pointwiseOps.silu, 'silu'],
]);

/**
 * Lets matmuls finish what only they are read for: an activation of the result, and a sum with a tensor of its shape (the
 * residual of a transformer). The result is then stored once, and one or two kernels are gone. After differentiation.
 */
export function fuseMatmulEpilogues(graph: Graph): Graph {
  const uses = new Map<Tensor, number>();
  const use = (tensor: Tensor): void => void uses.set(tensor, (uses.get(tensor) ?? 0) + 1);
  for (const node of graph.nodes) if (node.kind === 'op') node.inputs.forEach(use);
  [...graph.outputs.values(), ...graph.assignments.values()].forEach(use);

  const fused = new Map<OpNode, Fused>();
  const absorbed = new Set<unknown>();
  /** The matmul that a tensor is the result of, if nobody else reads it and it still lets something be added. */
  const openMatmul = (tensor: Tensor): Fused | undefined => {
    const { node } = tensor;
    if (node.kind !== 'op' || uses.get(tensor) !== 1) return undefined;
    const known = fused.get(node);
    if (known) return known.residual ? undefined : known;
    if (!matmuls.has(node.op)) return undefined;
    const { activation, hasResidual } = node.attributes as Pick<
      MatmulAttributes,
      'activation' | 'hasResidual'
    >;
    return hasResidual ? undefined : { matmul: node, activation };
  };
  for (const node of graph.nodes) {
    if (node.kind !== 'op') continue;
    const activation = activations.get(node.op);
    if (activation) {
      const open = openMatmul(node.inputs[0]!);
      if (open?.activation !== 'none') continue;
      fused.set(node, { ...open, activation });
      absorbed.add(node.inputs[0]!.node);
    } else if (node.op === pointwiseOps.add) {
      const [one, other] = node.inputs as readonly [Tensor, Tensor];
      if (!sameShape(one.shape, other.shape) || one === other) continue;
      // The later one: a sum of two matmuls ends the one whose result would otherwise wait.
      const pairs =
        one.node.id > other.node.id
          ? [[one, other] as const, [other, one] as const]
          : [[other, one] as const, [one, other] as const];
      for (const [own, residual] of pairs) {
        const open = openMatmul(own);
        if (!open) continue;
        fused.set(node, { ...open, residual });
        absorbed.add(own.node);
        break;
      }
    }
  }
  if (fused.size === 0) return graph;
  return rewrite(
    graph,
    (node, { map, builder }) => {
      const found = node.kind === 'op' ? fused.get(node) : undefined;
      if (!found) return undefined;
      const { matmul, activation, residual } = found;
      const operands = [...matmul.inputs, ...(residual ? [residual] : [])].map(map);
      const attributes = { ...matmul.attributes, activation, hasResidual: residual !== undefined };
      return builder.apply(matmul.op, operands, attributes);
    },
    (node) => !absorbed.has(node),
  );
}
