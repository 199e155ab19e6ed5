import { defineKernel } from '../../kernel/kernel.js';
import { conv2dFilterGradientOp, conv2dOp } from './conv2d.js';
import { conv2dFilterGradientOnnx, conv2dOnnx } from './onnx.js';
import { conv2dFilterGradientReference, conv2dReference } from './reference.js';
import { conv2dFilterGradientWebgpu, conv2dWebgpu } from './webgpu.js';

export const conv2dKernels = [
  defineKernel({ op: conv2dOp, reference: conv2dReference, onnx: conv2dOnnx, webgpu: conv2dWebgpu }),
  defineKernel({
    op: conv2dFilterGradientOp,
    reference: conv2dFilterGradientReference,
    onnx: conv2dFilterGradientOnnx,
    webgpu: conv2dFilterGradientWebgpu,
  }),
];
