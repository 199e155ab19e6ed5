import type { Kernel } from '../../kernel/kernel.js';
import { defineKernel } from '../../kernel/kernel.js';
import { gatherRowsOp, scatterAddRowsOp, scatterRowsOp } from './gather.js';
import { gatherRowsOnnx, scatterAddRowsOnnx, scatterRowsOnnx } from './onnx.js';
import { gatherRowsReference, scatterAddRowsReference, scatterRowsReference } from './reference.js';
import { gatherRowsWebgpu, scatterAddRowsWebgpu, scatterRowsWebgpu } from './webgpu.js';

export const gatherKernels: readonly Kernel[] = [
  defineKernel({
    op: gatherRowsOp,
    reference: gatherRowsReference,
    onnx: gatherRowsOnnx,
    webgpu: gatherRowsWebgpu,
  }),
  defineKernel({
    op: scatterAddRowsOp,
    reference: scatterAddRowsReference,
    onnx: scatterAddRowsOnnx,
    webgpu: scatterAddRowsWebgpu,
  }),
  defineKernel({
    op: scatterRowsOp,
    reference: scatterRowsReference,
    onnx: scatterRowsOnnx,
    webgpu: scatterRowsWebgpu,
    inPlace: { input: 0, output: 0 },
  }),
];
