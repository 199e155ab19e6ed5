import { defineKernel } from '../../kernel/kernel.js';
import { matmulOp } from './matmul.js';
import { matmulOnnx } from './onnx.js';
import { matmulReference } from './reference.js';
import { matmulWebgpu } from './webgpu.js';

export const matmulKernel = defineKernel({
  op: matmulOp,
  reference: matmulReference,
  onnx: matmulOnnx,
  webgpu: matmulWebgpu,
});
