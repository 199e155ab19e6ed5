import { defineKernel } from '../../kernel/kernel.js';
import { attentionGradientOp, attentionOp } from './attention.js';
import { attentionGradientOnnx, attentionOnnx } from './onnx.js';
import { attentionGradientReference, attentionReference } from './reference.js';
import { ringMaskKernel } from './ring_mask.js';
import { attentionGradientWebgpu, attentionWebgpu } from './webgpu.js';

export const attentionKernels = [
  defineKernel({
    op: attentionOp,
    reference: attentionReference,
    onnx: attentionOnnx,
    webgpu: attentionWebgpu,
  }),
  defineKernel({
    op: attentionGradientOp,
    reference: attentionGradientReference,
    onnx: attentionGradientOnnx,
    webgpu: attentionGradientWebgpu,
  }),
  ringMaskKernel,
];
