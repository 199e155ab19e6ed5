import type { Kernel } from '../../kernel/kernel.js';
import { defineKernel } from '../../kernel/kernel.js';
import { crossEntropyGradientOp, crossEntropyOp } from './cross_entropy.js';
import { crossEntropyGradientOnnx, crossEntropyOnnx } from './onnx.js';
import { crossEntropyGradientReference, crossEntropyReference } from './reference.js';
import { crossEntropyGradientWebgpu, crossEntropyWebgpu } from './webgpu.js';

export const crossEntropyKernels: readonly Kernel[] = [
  defineKernel({
    op: crossEntropyOp,
    reference: crossEntropyReference,
    onnx: crossEntropyOnnx,
    webgpu: crossEntropyWebgpu,
  }),
  defineKernel({
    op: crossEntropyGradientOp,
    reference: crossEntropyGradientReference,
    onnx: crossEntropyGradientOnnx,
    webgpu: crossEntropyGradientWebgpu,
  }),
];
