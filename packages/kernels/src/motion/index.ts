import { defineKernel } from '../kernel.js';
import {
  shiftCostsReference,
  warpFrameGradientReference,
  warpReference,
  warpWeightsGradientReference,
} from './reference.js';
import { shiftCostsOp } from './shift_costs.js';
import { shiftCostsOnnx } from './shift_costs_onnx.js';
import { warpFrameGradientOp, warpOp, warpWeightsGradientOp } from './warp.js';
import { warpFrameGradientOnnx, warpOnnx, warpWeightsGradientOnnx } from './warp_onnx.js';
import {
  shiftCostsWebgpu,
  warpFrameGradientWebgpu,
  warpWebgpu,
  warpWeightsGradientWebgpu,
} from './webgpu.js';

export const motionKernels = [
  defineKernel({
    op: shiftCostsOp,
    reference: shiftCostsReference,
    onnx: shiftCostsOnnx,
    webgpu: shiftCostsWebgpu,
  }),
  defineKernel({ op: warpOp, reference: warpReference, onnx: warpOnnx, webgpu: warpWebgpu }),
  defineKernel({
    op: warpFrameGradientOp,
    reference: warpFrameGradientReference,
    onnx: warpFrameGradientOnnx,
    webgpu: warpFrameGradientWebgpu,
  }),
  defineKernel({
    op: warpWeightsGradientOp,
    reference: warpWeightsGradientReference,
    onnx: warpWeightsGradientOnnx,
    webgpu: warpWeightsGradientWebgpu,
  }),
];
