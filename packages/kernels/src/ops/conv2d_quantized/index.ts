import { defineKernel } from '../../kernel/kernel.js';
import { conv2dQuantizedOp } from './conv2d_quantized.js';
import { conv2dQuantizedOnnx } from './onnx.js';
import { conv2dQuantizedReference } from './reference.js';
import { conv2dQuantizedWebgpu } from './webgpu.js';

export const conv2dQuantizedKernel = defineKernel({
  op: conv2dQuantizedOp,
  reference: conv2dQuantizedReference,
  onnx: conv2dQuantizedOnnx,
  webgpu: conv2dQuantizedWebgpu,
});
