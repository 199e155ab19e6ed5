import { defineKernel } from '../kernel.js';
import { rmsNormGradientOnnx, rmsNormOnnx } from './onnx.js';
import { rmsNormGradientReference, rmsNormReference } from './reference.js';
import { rmsNormGradientOp, rmsNormOp } from './rms_norm.js';
import { rmsNormGradientWebgpu, rmsNormWebgpu } from './webgpu.js';

export const rmsNormKernels = [
  defineKernel({ op: rmsNormOp, reference: rmsNormReference, onnx: rmsNormOnnx, webgpu: rmsNormWebgpu }),
  defineKernel({
    op: rmsNormGradientOp,
    reference: rmsNormGradientReference,
    onnx: rmsNormGradientOnnx,
    webgpu: rmsNormGradientWebgpu,
  }),
];
