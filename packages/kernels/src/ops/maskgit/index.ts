import { defineKernel } from '../../kernel/kernel.js';
import { sampleTokensOp, unmaskOp } from './maskgit.js';
import { sampleTokensOnnx, unmaskOnnx } from './onnx.js';
import { sampleTokensReference, unmaskReference } from './reference.js';
import { sampleTokensWebgpu, unmaskWebgpu } from './webgpu.js';

export const maskgitKernels = [
  defineKernel({
    op: sampleTokensOp,
    reference: sampleTokensReference,
    onnx: sampleTokensOnnx,
    webgpu: sampleTokensWebgpu,
  }),
  defineKernel({ op: unmaskOp, reference: unmaskReference, onnx: unmaskOnnx, webgpu: unmaskWebgpu }),
];
