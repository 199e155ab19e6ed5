import { quantizeWeights, quantizedVariables } from '@snowglobe/compiler';
import type { TensorData, TensorSpec, Executor, VariableStore } from '@snowglobe/graph';
import { sizeOf } from '@snowglobe/graph';
import { bytesPerElement, transposed } from '@snowglobe/graph/internal';
import type { QuantizedMatrix, WeightFormat } from '@snowglobe/kernels';
import { dequantizeMatrix } from '@snowglobe/kernels/internal';
import type { WorldContents } from '@snowglobe/model';
import { readQuantizedMatrices } from '@snowglobe/model/internal';

/** A world's weights as executors hold them. */
export interface WorldWeights {
  /** How those in few bits are kept, by the weight's name: what `quantizeWeights` rewrites graphs by. */
  readonly formats: ReadonlyMap<string, WeightFormat>;
  /** By variable; a weight in few bits is several. */
  readonly variables: ReadonlyMap<string, TensorSpec & { readonly data: TensorData }>;
}

/**
 * Reads a file's weights. Matrices in few bits stay so.
 * @param source the file in words, for messages
 * @throws SnowglobeError naming a weight in few bits that is not whole
 */
export function worldWeights(file: WorldContents, source: string): WorldWeights {
  const matrices = readQuantizedMatrices(file, source);
  const variables = new Map<string, TensorSpec & { readonly data: TensorData }>();
  for (const [name, { shape, data }] of file.tensors) {
    if (data instanceof Float32Array) variables.set(name, { shape, dtype: 'f32', data });
  }
  const formats = new Map<string, WeightFormat>();
  for (const [name, matrix] of matrices) {
    if (file.metadata.quantization?.weights[name]?.table) {
      variables.set(name, tableOf(matrix));
      continue;
    }
    formats.set(name, matrix.format);
    for (const [variable, { shape, data }] of quantizedVariables(name, matrix)) {
      variables.set(variable, { shape, dtype: data instanceof Uint32Array ? 'u32' : 'f32', data });
    }
  }
  return { formats, variables };
}

/** A table (N, K) as floats: rows are looked up in it by the frame, so that its bits save the file's bytes alone. */
function tableOf(matrix: QuantizedMatrix): TensorSpec & { readonly data: Float32Array } {
  const [k, n] = matrix.shape;
  return { shape: [n, k], dtype: 'f32', data: transposed(dequantizeMatrix(matrix), k, n) };
}

/** A store with a world's weights, and what runs graphs of the world over them. */
export interface OpenedWeights {
  /** Reads the weights in few bits as they are; closing it closes the one that it was made of. */
  readonly executor: Executor;
  readonly store: VariableStore;
}

/**
 * Puts a file's weights into a store, as the file keeps them, for any graph of the world: those of play, training or evaluation.
 * @param source the file in words, for messages
 * @throws SnowglobeError naming a weight in few bits that is not whole
 */
export function openWeights(executor: Executor, file: WorldContents, source: string): OpenedWeights {
  const { formats, variables } = worldWeights(file, source);
  const store = executor.createStore();
  for (const [name, { shape, dtype, data }] of variables) store.write(name, { shape, dtype }, data);
  return { executor: withWeightFormats(executor, formats), store };
}

/** An executor for graphs of a quantized world: it reads the weights in few bits as they are. */
function withWeightFormats(executor: Executor, formats: WorldWeights['formats']): Executor {
  if (formats.size === 0) return executor;
  return {
    kind: executor.kind,
    device: executor.device,
    lost: executor.lost,
    createStore: () => executor.createStore(),
    compile: (graph, options) => executor.compile(quantizeWeights(graph, formats), options),
    close: () => executor.close(),
  };
}

/** Bytes of a variable's value. */
export const bytesOf = ({ shape }: TensorSpec): number => sizeOf(shape) * bytesPerElement;
