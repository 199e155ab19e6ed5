import { defineKernel } from '../../kernel/kernel.js';
import { adamwOp } from './adamw.js';
import { adamwOnnx } from './onnx.js';
import { adamwReference } from './reference.js';
import { adamwWebgpu } from './webgpu.js';

export const adamwKernel = defineKernel({
  op: adamwOp,
  reference: adamwReference,
  onnx: adamwOnnx,
  webgpu: adamwWebgpu,
});
