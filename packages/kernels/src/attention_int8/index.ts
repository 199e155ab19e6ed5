import { defineKernel } from '../kernel.js';
import { attentionInt8Op } from './attention_int8.js';
import { dequantizeHeadsOp } from './dequantize_heads.js';
import { attentionInt8Onnx, dequantizeHeadsOnnx, quantizeHeadsOnnx } from './onnx.js';
import { quantizeHeadsOp } from './quantize_heads.js';
import { attentionInt8Reference, dequantizeHeadsReference, quantizeHeadsReference } from './reference.js';
import { attentionInt8Webgpu, dequantizeHeadsWebgpu, quantizeHeadsWebgpu } from './webgpu.js';

export const attentionInt8Kernels = [
  defineKernel({
    op: attentionInt8Op,
    reference: attentionInt8Reference,
    onnx: attentionInt8Onnx,
    webgpu: attentionInt8Webgpu,
  }),
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
