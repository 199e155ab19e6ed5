export type {
  Kernel,
  NodeSpecs,
  OnnxContext,
  ReferenceArray,
  ReferenceContext,
  WebgpuContext,
} from './kernel/kernel.js';
export { kernelOf } from './registry.js';
export { gradients } from './gradients.js';
export { OnnxEmitter } from './onnx/emitter.js';
export type { DeviceCapabilities, Precision, SubgroupMatrixConfig } from './webgpu/capabilities.js';
export type { ShaderPass, ShaderProgram, ShaderVariant } from './webgpu/shader.js';
export type { Operand, Pointwise } from './ops/pointwise/names.js';
export { pointwise } from './ops/pointwise/pointwise.js';
export type { AdamwAttributes, AdamwState } from './ops/adamw/adamw.js';
export { adamw, adamwSchedule } from './ops/adamw/adamw.js';
export type { AttentionOptions } from './ops/attention/attention.js';
export { attention } from './ops/attention/attention.js';
export { dequantizeHeads } from './ops/quantize_heads/dequantize_heads.js';
export type { QuantizedHeads } from './ops/quantize_heads/quantize_heads.js';
export { quantizeHeads } from './ops/quantize_heads/quantize_heads.js';
export { ringMask } from './ops/attention/ring_mask.js';
export { broadcastTo } from './ops/broadcast/broadcast.js';
export { concat } from './ops/concat/concat.js';
export { conv2d } from './ops/conv2d/conv2d.js';
export { conv2dQuantized } from './ops/conv2d_quantized/conv2d_quantized.js';
export { crossEntropy } from './ops/cross_entropy/cross_entropy.js';
export type { SampledTokens, UnmaskedTokens } from './ops/maskgit/maskgit.js';
export { sampleTokens, unmaskMostConfident } from './ops/maskgit/maskgit.js';
export { gatherRows, scatterAddRows, scatterRows } from './ops/gather/gather.js';
export type { Activation, MatmulOptions } from './ops/matmul/matmul.js';
export { matmul } from './ops/matmul/matmul.js';
export type { MatmulQuantizedOptions, QuantizedWeights } from './ops/matmul_quantized/matmul_quantized.js';
export { matmulQuantized } from './ops/matmul_quantized/matmul_quantized.js';
export type { WeightBits } from './ops/matmul_quantized/pack.js';
export type { QuantizedMatrix, WeightFormat } from './quantized_weights/format.js';
export type { MatrixValues } from './quantized_weights/pack_matrix.js';
export { packMatrix } from './quantized_weights/pack_matrix.js';
export { pad } from './ops/pad/pad.js';
export type { ReduceOptions } from './ops/reduce/reduce.js';
export { argmax, maxOver, mean, sum } from './ops/reduce/reduce.js';
export type { FakeQuantizeAttributes } from './ops/fake_quantize/fake_quantize.js';
export { fakeQuantize } from './ops/fake_quantize/fake_quantize.js';
export { flip } from './ops/flip/flip.js';
export { hadamard } from './ops/hadamard/hadamard.js';
export { fsqIndices, fsqQuantize, fsqValues } from './ops/fsq/fsq.js';
export { depthToSpace, spaceToDepth } from './ops/pixel_shuffle/pixel_shuffle.js';
export { reshape } from './ops/reshape/reshape.js';
export { rotary } from './ops/rotary/rotary.js';
export { rmsNorm } from './ops/rms_norm/rms_norm.js';
export type { ShiftErrorsAttributes, ShiftRange } from './ops/shift_errors/shift_errors.js';
export { shiftErrors } from './ops/shift_errors/shift_errors.js';
export { slice, split } from './ops/slice/slice.js';
export { logSoftmax, softmax } from './ops/softmax/softmax.js';
export { transpose } from './ops/transpose/transpose.js';
export type { BlockRows, SparseAttentionOptions } from './ops/sparse_attention/sparse_attention.js';
export { sparseAttention } from './ops/sparse_attention/sparse_attention.js';
export type { SelectBlocksOptions } from './ops/sparse_attention/select_blocks.js';
export { selectBlocks } from './ops/sparse_attention/select_blocks.js';
export { ringPriority } from './ops/sparse_attention/ring_priority.js';
export type { BinaryName, UnaryName } from './ops/pointwise/names.js';
export type { OnnxAttribute, OnnxInitializer, OnnxNode } from './onnx/model.js';
export type { BindingReference } from './webgpu/shader.js';
