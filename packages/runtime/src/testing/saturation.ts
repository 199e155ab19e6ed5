import type { OnnxInitializer, OnnxNode } from '@snowglobe/kernels';
import type { OnnxModel, OnnxType } from '@snowglobe/kernels/internal';

/** Where the operands of a matmul of bytes stand among a node's inputs, and its weights' axis of summation, by operator. */
const byteMatmuls: Readonly<
  Record<string, { readonly rows: number; readonly columns: number; readonly isFilter?: true }>
> = {
  MatMulInteger: { rows: 0, columns: 1 },
  MatMulIntegerToFloat: { rows: 0, columns: 1 },
  DynamicQuantizeMatMul: { rows: 0, columns: 1 },
  QLinearMatMul: { rows: 0, columns: 3 },
  QGemm: { rows: 0, columns: 3 },
  ConvInteger: { rows: 0, columns: 1, isFilter: true },
  QLinearConv: { rows: 0, columns: 3, isFilter: true },
};

/**
 * The nodes of a model whose results depend on the processor: matmuls of bytes that saturate at 16 bits where there is no VNNI. There
 * ONNX Runtime multiplies unsigned rows with signed columns by `vpmaddubsw`, which adds two neighbouring products in 16 bits.
 *
 * The rule: columns are unsigned (such products are added in 32 bits), or they are signed, constant, and so small that no two of them
 * along the summation exceed 16 bits with the largest row, 255. An operator that rounds activations itself (`accuracy_level` 4) is
 * never allowed.
 *
 * @returns a sentence a node; none for a model that computes the same on every processor
 */
export function saturatingMatmuls({
  nodes,
  initializers,
}: Pick<OnnxModel, 'nodes' | 'initializers'>): readonly string[] {
  const constants = new Map(initializers.map((initializer) => [initializer.name, initializer]));
  return nodes.flatMap((node) => {
    const why = reason(node, constants);
    return why === undefined ? [] : [`${node.name} (${node.opType}): ${why}`];
  });
}

function reason(node: OnnxNode, constants: ReadonlyMap<string, OnnxInitializer>): string | undefined {
  const level = node.attributes['accuracy_level'];
  if (level && 'int' in level && level.int === 4) return 'rounds its activations to bytes by itself';
  const product = byteMatmuls[node.opType];
  if (!product)
    return /^Q(Attention|LinearConvTranspose)|LSTM$/.test(node.opType) ? 'has no rule' : undefined;
  const weights = constants.get(node.inputs[product.columns]!);
  if (!weights) return 'its columns are no constants, whose range is known';
  if (weights.type === ('u8' satisfies OnnxType)) return undefined;
  if (weights.type !== 'i8') return `its columns are ${weights.type}`;
  const worst = largestPair(new Int8Array(weights.bytes), weights.shape, product.isFilter ?? false);
  return 255 * worst > 2 ** 15 - 1
    ? `signed columns whose neighbours add up to ${worst}, more than 128, saturate with unsigned rows`
    : undefined;
}

/** Largest sum of two weights of one sign that stand beside each other along the summation, wherever pairs begin. */
function largestPair(weights: Int8Array, shape: readonly number[], isFilter: boolean): number {
  // Matrices are (…, K, N), filters (N, …).
  const n = isFilter ? shape[0]! : shape.at(-1)!;
  const k = weights.length / n;
  const at = (i: number, column: number): number => weights[isFilter ? column * k + i : i * n + column]!;
  let largest = 0;
  for (let column = 0; column < n; column++) {
    for (let i = 0; i < k; i++) {
      const [own, next] = [at(i, column), i + 1 < k ? at(i + 1, column) : 0];
      largest = Math.max(
        largest,
        Math.max(0, own) + Math.max(0, next),
        -Math.min(0, own) - Math.min(0, next),
      );
    }
  }
  return largest;
}
