import type { Kernel } from '../../kernel/kernel.js';
import { defineKernel } from '../../kernel/kernel.js';
import { rmsNormGainGradientOnnx, rmsNormGradientOnnx, rmsNormOnnx } from './onnx.js';
import { rmsNormGainGradientReference, rmsNormGradientReference, rmsNormReference } from './reference.js';
import { rmsNormGainGradientOp, rmsNormGradientOp, rmsNormOp } from './rms_norm.js';
import { rmsNormGainGradientWebgpu, rmsNormGradientWebgpu, rmsNormWebgpu } from './webgpu.js';

export const rmsNormKernels: readonly Kernel[] = [
  defineKernel({ op: rmsNormOp, reference: rmsNormReference, onnx: rmsNormOnnx, webgpu: rmsNormWebgpu }),
  defineKernel({
    op: rmsNormGradientOp,
    reference: rmsNormGradientReference,
    onnx: rmsNormGradientOnnx,
    webgpu: rmsNormGradientWebgpu,
  }),
  defineKernel({
    op: rmsNormGainGradientOp,
    reference: rmsNormGainGradientReference,
    onnx: rmsNormGainGradientOnnx,
    webgpu: rmsNormGainGradientWebgpu,
  }),
];
