import { defineKernel } from '../../kernel/kernel.js';
import { splitHeadsOnnx } from './onnx.js';
import { splitHeadsReference } from './reference.js';
import { splitHeadsOp } from './split_heads.js';
import { splitHeadsWebgpu } from './webgpu.js';

export const splitHeadsKernel = defineKernel({
  op: splitHeadsOp,
  reference: splitHeadsReference,
  onnx: splitHeadsOnnx,
  webgpu: splitHeadsWebgpu,
});
