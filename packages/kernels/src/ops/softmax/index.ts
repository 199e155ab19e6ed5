import type { Kernel } from '../../kernel/kernel.js';
import { defineKernel } from '../../kernel/kernel.js';
import { logSoftmaxGradientOnnx, logSoftmaxOnnx, softmaxGradientOnnx, softmaxOnnx } from './onnx.js';
import {
  logSoftmaxGradientReference,
  logSoftmaxReference,
  softmaxGradientReference,
  softmaxReference,
} from './reference.js';
import { logSoftmaxGradientOp, logSoftmaxOp, softmaxGradientOp, softmaxOp } from './softmax.js';
import {
  logSoftmaxGradientWebgpu,
  logSoftmaxWebgpu,
  softmaxGradientWebgpu,
  softmaxWebgpu,
} from './webgpu.js';

export const softmaxKernels: readonly Kernel[] = [
  defineKernel({ op: softmaxOp, reference: softmaxReference, onnx: softmaxOnnx, webgpu: softmaxWebgpu }),
  defineKernel({
    op: logSoftmaxOp,
    reference: logSoftmaxReference,
    onnx: logSoftmaxOnnx,
    webgpu: logSoftmaxWebgpu,
  }),
  defineKernel({
    op: softmaxGradientOp,
    reference: softmaxGradientReference,
    onnx: softmaxGradientOnnx,
    webgpu: softmaxGradientWebgpu,
  }),
  defineKernel({
    op: logSoftmaxGradientOp,
    reference: logSoftmaxGradientReference,
    onnx: logSoftmaxGradientOnnx,
    webgpu: logSoftmaxGradientWebgpu,
  }),
];
