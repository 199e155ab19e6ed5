import type { Graph, GraphBuilder, Tensor, TensorData } from '@snowglobe/graph';
import type { OnnxEmitter } from '@snowglobe/kernels';

/** Kernels that are compared with one another and with peers. */
export type Family =
  | 'matmul'
  | 'matmul-w4a16'
  | 'matmul-w8a16'
  | 'matmul-w4a8'
  | 'matmul-w8a8'
  | 'attention'
  | 'attention-sparse'
  | 'history';

/** One op in one shape. */
export interface BenchCase {
  readonly family: Family;
  /** `64x512x512`: M x K x N of a matmul, queries x keys of an attention. */
  readonly shape: string;
  readonly dtype: string;
  /** Builds the op over inputs, which `inputs` gives, and over constants, which are what a model's weights would be. */
  build(builder: GraphBuilder): Tensor;
  readonly inputs: Readonly<Record<string, TensorData>>;
  /**
   * Another way to say the same in ONNX, if a peer has an op of its own for it: value names of the inputs to that of the
   * result. It is tried beside our own lowering, and the faster one counts.
   */
  /** The op whose variant is named, where there are several. Default: the first. */
  readonly op?: string;
  /** The same question answered without sparsity, over the same inputs, to be timed beside it. */
  readonly dense?: Graph;
  readonly onnx?: (emitter: OnnxEmitter, inputs: Readonly<Record<string, string>>) => string;
}
