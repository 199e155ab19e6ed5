import type { DType, Graph, GraphBuilder, Node, OpNode, Shape, Tensor, VariableNode } from '@snowglobe/graph';
import { SnowglobeError, rewrite } from '@snowglobe/graph';
import { formatShape, matrixShape } from '@snowglobe/graph/internal';
import type { QuantizedMatrix, QuantizedWeights, WeightFormat } from '@snowglobe/kernels';
import type { Conv2dAttributes, MatmulAttributes } from '@snowglobe/kernels/internal';
import { conv2dQuantized, hadamard, matmulQuantized, pointwise } from '@snowglobe/kernels';
import { checkWeightFormat, conv2dOp, groupsOf, matmulOp, wordsOf } from '@snowglobe/kernels/internal';

/** What stands for a weight NAME, by ending: NAME_packed, … */
const quantizedParts = {
  packed: '_packed',
  scales: '_scale',
  zeroPoints: '_zero_point',
  smooth: '_smooth',
} as const;

/**
 * The variables that stand for a quantized weight, as executors hold them: rows of packed weights end with the last word that
 * holds a weight.
 */
export function quantizedVariables(
  name: string,
  { format, shape, packed, scales, zeroPoints, smooth }: QuantizedMatrix,
): ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: Uint32Array | Float32Array }> {
  const [k, n] = shape;
  const groups = groupsOf(k, format);
  const words = wordsOf(k, format.bits);
  const padded = packed.length / n;
  const trimmed = new Uint32Array(n * words);
  for (let row = 0; row < n; row++) {
    trimmed.set(packed.subarray(row * padded, row * padded + words), row * words);
  }
  return new Map([
    [name + quantizedParts.packed, { shape: [n, words], data: trimmed }],
    [name + quantizedParts.scales, { shape: [n, groups], data: scales }],
    ...(zeroPoints
      ? [[name + quantizedParts.zeroPoints, { shape: [n, zeroPoints.length / n], data: zeroPoints }] as const]
      : []),
    ...(smooth ? [[name + quantizedParts.smooth, { shape: [k], data: smooth }] as const] : []),
  ]);
}

/**
 * Reads weights as they are stored in few bits: every `matmul` by a variable of `weights` becomes a `matmulQuantized`, and
 * every `conv2d` with it a `conv2dQuantized`, over the variables NAME_packed, NAME_scale, NAME_zero_point and NAME_smooth
 * (`quantizedVariables`). Smoothing multiplies the activations, rotation turns them. For inference: the ops have no derivative.
 *
 * A convolution's activations stay in full precision whatever the format says, and are not rotated nor smoothed.
 *
 * @param weights formats by the weight's variable; a variable that the graph lacks is passed over
 * @throws SnowglobeError naming a variable that the graph uses in another way, or whose format does not fit its shape
 */
export function quantizeWeights(graph: Graph, weights: ReadonlyMap<string, WeightFormat>): Graph {
  const formats = new Map<Node, WeightFormat>();
  for (const [name, format] of weights) {
    const variable = graph.variables.get(name);
    if (!variable) continue;
    checkWeightFormat(format, matrixShape(variable.shape)[0], `'${name}'`);
    formats.set(variable.node, format);
  }
  if (formats.size === 0) return graph;
  checkUses(graph, formats);

  const parts = new Map<Node, StoredWeight>();
  return rewrite(graph, (node, { map, builder }) => {
    if (node.kind === 'variable') {
      const format = formats.get(node);
      if (!format) return undefined;
      const stored = declareWeight(builder, node, format);
      parts.set(node, stored);
      // Nobody reads this: every use of the weight is replaced.
      return [stored.weights.packed];
    }
    const stored = node.kind === 'op' && node.inputs[1] && parts.get(node.inputs[1].node);
    if (!stored) return undefined;
    return [reading(node, node.inputs.map(map), stored)];
  });
}

/** A quantized weight's variables in the new graph. */
interface StoredWeight {
  readonly format: WeightFormat;
  readonly weights: QuantizedWeights;
  readonly smooth: Tensor | undefined;
}

function declareWeight(builder: GraphBuilder, node: VariableNode, format: WeightFormat): StoredWeight {
  const [k, n] = matrixShape(node.outputs[0]!.shape);
  const { bits, group, zeroPoints, codebook, smooth } = format;
  const groups = groupsOf(k, format);
  const variable = (part: keyof typeof quantizedParts, shape: Shape, dtype: DType): Tensor =>
    builder.variable(node.name + quantizedParts[part], shape, dtype);
  return {
    format,
    weights: {
      packed: variable('packed', [n, wordsOf(k, bits)], 'u32'),
      scales: variable('scales', [n, groups], 'f32'),
      ...(zeroPoints && { zeroPoints: variable('zeroPoints', [n, wordsOf(groups, bits)], 'u32') }),
      ...(codebook && { codebook }),
      bits,
      group,
    },
    smooth: smooth && variable('smooth', [k], 'f32'),
  };
}

function reading(
  node: OpNode,
  operands: readonly Tensor[],
  { format, weights, smooth }: StoredWeight,
): Tensor {
  const [a, , third] = operands as [Tensor, Tensor, Tensor | undefined];
  const bias = third && { bias: third };
  if (node.op === conv2dOp) return conv2dQuantized(a, weights, node.inputs[1]!.shape[0]!, bias);
  const smoothed = smooth ? pointwise.mul(a, smooth) : a;
  const turned = format.rotation ? hadamard(smoothed, format.rotation) : smoothed;
  return matmulQuantized(turned, weights, { activationBits: format.activationBits ?? 32, ...bias });
}

function checkUses(graph: Graph, formats: ReadonlyMap<Node, WeightFormat>): void {
  const refuse = (tensor: Tensor, use: string): never => {
    const name = tensor.node.kind === 'variable' ? tensor.node.name : '';
    throw new SnowglobeError(
      `quantize: '${name}' ${formatShape(tensor.shape)} is ${use}, and only the second operand of a matmul or a filter ` +
        'can be in few bits; leave it out.',
    );
  };
  for (const node of graph.nodes) {
    if (node.kind !== 'op') continue;
    node.inputs.forEach((input, at) => {
      const format = formats.get(input.node);
      if (!format) return;
      if (at !== 1 || !isQuantizable(node)) refuse(input, `operand ${at + 1} of ${node.op.name}`);
      if (node.op === conv2dOp && (format.rotation || format.smooth)) {
        refuse(input, 'a filter whose format turns or smooths activations');
      }
    });
  }
  for (const tensor of graph.outputs.values()) if (formats.has(tensor.node)) refuse(tensor, 'an output');
  for (const [name, tensor] of graph.assignments) {
    const target = graph.variables.get(name)!;
    if (formats.has(target.node)) refuse(target, 'assigned');
    if (formats.has(tensor.node)) refuse(tensor, `assigned to '${name}'`);
  }
}

/** Whether the second operand of a node may be kept in few bits: a matrix of a matmul, or the filter of a convolution. */
export function isQuantizable({ op, inputs, attributes }: OpNode): boolean {
  if (op === conv2dOp) return !(attributes as Conv2dAttributes).transposed;
  if (op !== matmulOp) return false;
  const { transposeA, transposeB, activation, hasResidual } = attributes as MatmulAttributes;
  return inputs[1]!.shape.length === 2 && !transposeA && !transposeB && activation === 'none' && !hasResidual;
}
