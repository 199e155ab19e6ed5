import type { Attributes, OpDefinition, TensorData, TensorSpec } from '@snowglobe/graph';
import type { OnnxEmitter } from '../onnx/emitter.js';
import type { ShaderVariant } from '../webgpu/shader.js';
import type { DeviceCapabilities } from '../webgpu/capabilities.js';

/** What every implementation of a node is told. */
export interface NodeSpecs<A extends Attributes> {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  readonly attributes: A;
}

/** What the reference computes on. With `Float64Array` for f32 tensors it serves finite differences in full precision. */
export type ReferenceArray = TensorData | Float64Array;

export interface ReferenceContext<A extends Attributes> extends NodeSpecs<A> {
  readonly inputData: readonly ReferenceArray[];
  /** Zeroed arrays to fill, one an output. */
  readonly outputData: readonly ReferenceArray[];
}

export interface OnnxContext<A extends Attributes> extends NodeSpecs<A> {
  readonly emitter: OnnxEmitter;
  /** Value names of the operands in the model under construction. */
  readonly inputNames: readonly string[];
  /** Operands that are constant in the model (frozen weights, graph constants), which ONNX Runtime packs ahead. */
  readonly inputIsConstant: readonly boolean[];
  /** The values of constant operands, for kernels that pack them in their own way. */
  readonly inputData: readonly (TensorData | undefined)[];
}

export interface WebgpuContext<A extends Attributes> extends NodeSpecs<A> {
  readonly device: DeviceCapabilities;
}

/**
 * An op with its three implementations. Each lives in a folder of its own:
 * `ops/matmul/{matmul.ts, reference.ts, onnx.ts, webgpu.ts, registers.wgsl, matmul.test.ts}`.
 */
export interface Kernel<A extends Attributes = Attributes> {
  readonly op: OpDefinition<A>;
  /** Naive, numerically stable loops with double accumulation: the oracle of every test. */
  reference(context: ReferenceContext<A>): void;
  /** Emits ONNX nodes; returns the value name of each output. */
  onnx(context: OnnxContext<A>): readonly string[];
  /** Shader variants that are valid on the device, the default first. Empty never: an op runs everywhere. */
  webgpu(context: WebgpuContext<A>): readonly ShaderVariant[];
  /** Output 0 has the bytes of input 0 under another shape: no kernel runs and no buffer is needed (reshape). */
  readonly alias?: boolean;
  /**
   * The shader writes only part of `output`, whose buffer holds the value of `input` beforehand; `input` is not bound.
   * The executor lets both share a buffer when nothing reads `input` later, and copies otherwise (KV cache writes).
   */
  readonly inPlace?: { readonly input: number; readonly output: number };
}

/** Checks a kernel's type and forgets its attributes' type, so that kernels of different ops fit in one table. */
export function defineKernel<A extends Attributes>(kernel: Kernel<A>): Kernel {
  return kernel as unknown as Kernel;
}
