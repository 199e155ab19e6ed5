import { defineKernel } from '../../kernel/kernel.js';
import { dequantizeHeadsOp } from './dequantize_heads.js';
import { dequantizeHeadsOnnx, quantizeHeadsOnnx } from './onnx.js';
import { quantizeHeadsOp } from './quantize_heads.js';
import { dequantizeHeadsReference, quantizeHeadsReference } from './reference.js';
import { dequantizeHeadsWebgpu, quantizeHeadsWebgpu } from './webgpu.js';

export const quantizeHeadsKernels = [
  defineKernel({
    op: quantizeHeadsOp,
    reference: quantizeHeadsReference,
    onnx: quantizeHeadsOnnx,
    webgpu: quantizeHeadsWebgpu,
  }),
  defineKernel({
    op: dequantizeHeadsOp,
    reference: dequantizeHeadsReference,
    onnx: dequantizeHeadsOnnx,
    webgpu: dequantizeHeadsWebgpu,
  }),
];
