export type {
  Kernel,
  NodeSpecs,
  OnnxContext,
  ReferenceArray,
  ReferenceContext,
  WebgpuContext,
} from './kernel.js';
export { kernelOf } from './registry.js';
export { kernels } from './kernels.js';
export { gradients } from './gradients.js';
export type {
  OnnxAttribute,
  OnnxInitializer,
  OnnxModel,
  OnnxNode,
  OnnxType,
  OnnxValue,
} from './onnx/model.js';
export { encodeOnnx } from './onnx/model.js';
export { OnnxEmitter } from './onnx/emitter.js';
export type { DeviceCapabilities, Precision, SubgroupMatrixConfig } from './webgpu/capabilities.js';
export { guaranteedCapabilities } from './webgpu/capabilities.js';
export { grid1d } from './webgpu/shader.js';
export type { BindingReference, ShaderPass, ShaderProgram, ShaderVariant } from './webgpu/shader.js';

export type { Operand, Pointwise } from './pointwise/pointwise.js';
export { fusePointwiseGroup, pointwise } from './pointwise/pointwise.js';
export type { AdamwAttributes, AdamwState } from './adamw/adamw.js';
export { adamw, adamwSchedule } from './adamw/adamw.js';
export type { AttentionOptions } from './attention/attention.js';
export { attention } from './attention/attention.js';
export { attentionInt8 } from './attention_int8/attention_int8.js';
export { dequantizeHeads } from './attention_int8/dequantize_heads.js';
export type { QuantizedHeads } from './attention_int8/quantize_heads.js';
export { quantizeHeads } from './attention_int8/quantize_heads.js';
export { ringMask } from './attention/ring_mask.js';
export { broadcastTo } from './broadcast/broadcast.js';
export { concat } from './concat/concat.js';
export { conv2d } from './conv2d/conv2d.js';
export { conv2dQuantized } from './conv2d_quantized/conv2d_quantized.js';
export { crossEntropy } from './cross_entropy/cross_entropy.js';
export type { SampledTokens, UnmaskedTokens } from './maskgit/maskgit.js';
export { sampleTokens, unmaskMostConfident } from './maskgit/maskgit.js';
export { gatherRows, scatterAddRows, scatterRows, scatterRowsOp } from './gather/gather.js';
export type { Activation, MatmulOptions } from './matmul/matmul.js';
export { matmul } from './matmul/matmul.js';
export { fuseMatmulEpilogues } from './matmul/fuse_epilogues.js';
export type { MatmulQuantizedOptions, QuantizedWeights } from './matmul_quantized/matmul_quantized.js';
export { matmulQuantized } from './matmul_quantized/matmul_quantized.js';
export type { WeightBits } from './matmul_quantized/pack.js';
export { packRows, unpackValue, wordsOf } from './matmul_quantized/pack.js';
export type { QuantizedMatrix, WeightFormat } from './quantized_weights/format.js';
export { checkQuantizedMatrix, checkWeightFormat } from './quantized_weights/check.js';
export { dequantizeMatrix } from './quantized_weights/dequantize.js';
export type { MatrixValues } from './quantized_weights/pack_matrix.js';
export { packMatrix } from './quantized_weights/pack_matrix.js';
export {
  isQuantizable,
  matrixShapeOf,
  quantizeWeights,
  quantizedParts,
  quantizedVariables,
} from './quantized_weights/quantize_weights.js';
export { shiftCosts } from './motion/shift_costs.js';
export { warp } from './motion/warp.js';
export { pad } from './pad/pad.js';
export type { ReduceOptions } from './reduce/reduce.js';
export { argmax, maxOver, mean, sum, sumToShape } from './reduce/reduce.js';
export type { FakeQuantizeAttributes } from './fake_quantize/fake_quantize.js';
export { fakeQuantize } from './fake_quantize/fake_quantize.js';
export { fakeQuantizeWeights } from './fake_quantize/pass.js';
export { flip } from './flip/flip.js';
export { hadamard } from './hadamard/hadamard.js';
export { fsqIndices, fsqQuantize, fsqValues } from './fsq/fsq.js';
export { depthToSpace, spaceToDepth } from './pixel_shuffle/pixel_shuffle.js';
export { reshape } from './reshape/reshape.js';
export { rotary } from './rotary/rotary.js';
export { rmsNorm } from './rms_norm/rms_norm.js';
export type { ShiftErrorsAttributes, ShiftRange } from './shift_errors/shift_errors.js';
export { shiftCount, shiftErrors } from './shift_errors/shift_errors.js';
export { slice, split } from './slice/slice.js';
export { fuseHeads } from './split_heads/fuse_heads.js';
export { logSoftmax, softmax } from './softmax/softmax.js';
export { transpose } from './transpose/transpose.js';
export type { BlockRows, SparseAttentionOptions } from './sparse_attention/sparse_attention.js';
export { sparseAttention } from './sparse_attention/sparse_attention.js';
export type { SelectBlocksOptions } from './sparse_attention/select_blocks.js';
export { selectBlocks } from './sparse_attention/select_blocks.js';
export { pinnedSlot, ringPriority } from './sparse_attention/ring_priority.js';
export { roundScale, roundToHalf } from './rounding.js';
