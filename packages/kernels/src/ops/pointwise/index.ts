import type { Attributes, OpDefinition } from '@snowglobe/graph';
import type { Kernel } from '../../kernel/kernel.js';
import { pointwiseOnnx } from './onnx.js';
import { fusedPointwiseOp, pointwiseOps, stepsOf } from './pointwise.js';
import { pointwiseReference } from './reference.js';
import { pointwiseWebgpu } from './webgpu.js';

function kernel(op: OpDefinition): Kernel {
  const steps = (attributes: Attributes) => stepsOf(op, attributes);
  return {
    op,
    reference: (context) => pointwiseReference(context, steps(context.attributes)),
    onnx: (context) => pointwiseOnnx(context, steps(context.attributes)),
    webgpu: (context) => pointwiseWebgpu(context, steps(context.attributes)),
  };
}

export const pointwiseKernels: readonly Kernel[] = [
  ...Object.values(pointwiseOps),
  fusedPointwiseOp as unknown as OpDefinition,
].map((op) => kernel(op as OpDefinition));
