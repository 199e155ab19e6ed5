import { defineKernel } from '../../kernel/kernel.js';
import { sparseAttentionGradientWebgpu } from './gradient.js';
import { selectBlocksOnnx, sparseAttentionGradientOnnx, sparseAttentionOnnx } from './onnx.js';
import {
  selectBlocksReference,
  sparseAttentionGradientReference,
  sparseAttentionReference,
} from './reference.js';
import { ringPriorityKernel } from './ring_priority.js';
import { selectBlocksOp } from './select_blocks.js';
import { sparseAttentionGradientOp, sparseAttentionOp } from './sparse_attention.js';
import { selectBlocksWebgpu, sparseAttentionWebgpu } from './webgpu.js';

export const sparseAttentionKernels = [
  defineKernel({
    op: sparseAttentionOp,
    reference: sparseAttentionReference,
    onnx: sparseAttentionOnnx,
    webgpu: sparseAttentionWebgpu,
  }),
  defineKernel({
    op: sparseAttentionGradientOp,
    reference: sparseAttentionGradientReference,
    onnx: sparseAttentionGradientOnnx,
    webgpu: sparseAttentionGradientWebgpu,
  }),
  defineKernel({
    op: selectBlocksOp,
    reference: selectBlocksReference,
    onnx: selectBlocksOnnx,
    webgpu: selectBlocksWebgpu,
  }),
  ringPriorityKernel,
];
