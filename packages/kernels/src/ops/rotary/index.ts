import { defineKernel } from '../../kernel/kernel.js';
import { rotaryOnnx } from './onnx.js';
import { rotaryReference } from './reference.js';
import { rotaryOp } from './rotary.js';
import { rotaryWebgpu } from './webgpu.js';

export const rotaryKernel = defineKernel({
  op: rotaryOp,
  reference: rotaryReference,
  onnx: rotaryOnnx,
  webgpu: rotaryWebgpu,
});
