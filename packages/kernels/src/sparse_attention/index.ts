import { defineKernel } from '../kernel.js';
import { selectBlocksOnnx, sparseAttentionOnnx } from './onnx.js';
import { selectBlocksReference, sparseAttentionReference } from './reference.js';
import { ringPriorityKernel } from './ring_priority.js';
import { selectBlocksOp } from './select_blocks.js';
import { sparseAttentionOp } from './sparse_attention.js';
import { selectBlocksWebgpu, sparseAttentionWebgpu } from './webgpu.js';

export const sparseAttentionKernels = [
  defineKernel({
    op: sparseAttentionOp,
    reference: sparseAttentionReference,
    onnx: sparseAttentionOnnx,
    webgpu: sparseAttentionWebgpu,
  }),
  defineKernel({
    op: selectBlocksOp,
    reference: selectBlocksReference,
    onnx: selectBlocksOnnx,
    webgpu: selectBlocksWebgpu,
  }),
  ringPriorityKernel,
];
