import { defineKernel } from '../../kernel/kernel.js';
import { matmulQuantizedOp } from './matmul_quantized.js';
import { matmulQuantizedOnnx } from './onnx/lowering.js';
import { matmulQuantizedReference } from './reference.js';
import { matmulQuantizedWebgpu } from './webgpu/variants.js';

export const matmulQuantizedKernel = defineKernel({
  op: matmulQuantizedOp,
  reference: matmulQuantizedReference,
  onnx: matmulQuantizedOnnx,
  webgpu: matmulQuantizedWebgpu,
});
