import type { OpDefinition, Tensor, TensorSpec } from '@snowglobe/graph';
import { SnowglobeError, sizeOf } from '@snowglobe/graph';
import { broadcastShapes, fitsScalar, formatShape } from '@snowglobe/graph/internal';
import type { Operand, Pointwise, PointwiseName } from './names.js';
import { pointwiseFunctions } from './functions.js';
import type { PointwiseStep } from './steps.js';
import { valueTypes } from './steps.js';

type NoAttributes = Record<never, never>;

const names = Object.keys(pointwiseFunctions) as PointwiseName[];

/** Op definitions by function name. */
export const pointwiseOps = Object.fromEntries(
  names.map((name) => [name, define(name)]),
) as unknown as Readonly<Record<PointwiseName, OpDefinition<NoAttributes>>>;

/**
 * Functions of each element alone; operands of several shapes are repeated by NumPy’s rule, and numbers count as
 * scalars.
 */
export const pointwise = Object.fromEntries(
  names.map((name) => [name, (...operands: Operand[]) => applyPointwise(name, operands)]),
) as unknown as Pointwise;

function define(name: PointwiseName): OpDefinition<NoAttributes> {
  const fn = pointwiseFunctions[name];
  return {
    name,
    pointwise: true,
    differentiable: fn.gradient !== undefined,
    infer(inputs) {
      const operands = fn.arity === 3 ? inputs.slice(1) : inputs;
      checkTypes(name, operands);
      checkIntegers(name, operands[0]!);
      const shape = broadcastShapes(
        name,
        inputs.map((input) => input.shape),
      );
      return [{ shape, dtype: fn.result ?? inputs.at(-1)!.dtype }];
    },
    flops: (_, [output]) => fn.flops * sizeOf(output!.shape),
    ...(fn.gradient && {
      gradient({ inputs, outputs, outputGradients, needed, algebra }) {
        const gradients = fn.gradient!(pointwise, outputGradients[0]!, inputs, outputs[0]!);
        return gradients.map((gradient, index) =>
          gradient && needed[index] && inputs[index]!.dtype === 'f32'
            ? algebra.sumToShape(gradient, inputs[index]!.shape)
            : undefined,
        );
      },
    }),
  };
}

function checkTypes(name: string, operands: readonly TensorSpec[]): void {
  const types = new Set(operands.map((operand) => operand.dtype));
  if (types.size > 1) {
    const described = operands
      .map((operand) => `${operand.dtype} ${formatShape(operand.shape)}`)
      .join(' and ');
    throw new SnowglobeError(`${name}: element types of ${described} differ; convert with toF32 or toI32.`);
  }
}

/** Functions of u32: what needs no sign, and no care where it wraps around. */
const ofUnsigned: ReadonlySet<PointwiseName> = new Set(['max', 'min', 'select', 'toI32']);

function checkIntegers(name: PointwiseName, { dtype, shape }: TensorSpec): void {
  const { integers, result } = pointwiseFunctions[name];
  if (dtype === 'f32' || result === 'f32') return;
  if (integers && (dtype === 'i32' || ofUnsigned.has(name))) return;
  throw new SnowglobeError(
    `${name}: is not defined for ${dtype} ${formatShape(shape)}; convert it with ${integers ? 'toI32' : 'toF32'}.`,
  );
}

function applyPointwise(name: PointwiseName, operands: readonly Operand[]): Tensor {
  const anchor = operands.findLast((operand): operand is Tensor => typeof operand !== 'number');
  if (!anchor) throw new SnowglobeError(`${name}: needs at least one tensor; all operands are numbers.`);
  // A number beside a select's condition is as wide as the other branch, not as the condition.
  const dtype = anchor.dtype === 'i32' ? 'i32' : 'f32';
  const tensors = operands.map((operand) => {
    if (typeof operand !== 'number') return operand;
    if (!fitsScalar(operand, dtype)) {
      throw new SnowglobeError(
        `${name}: the number ${operand} beside ${anchor.dtype} ${formatShape(anchor.shape)} would become another one; ` +
          `${dtype === 'i32' ? 'convert the tensor with toF32, or give an integer of 32 bits' : 'give a number that an f32 can hold'}.`,
      );
    }
    return anchor.builder.scalar(operand, dtype);
  });
  return anchor.builder.apply(pointwiseOps[name], tensors, {})[0]!;
}

/** Several pointwise functions in one kernel. Made by the fusion pass, after differentiation. */
export const fusedPointwiseOp: OpDefinition<{ readonly steps: readonly PointwiseStep[] }> = {
  name: 'fusedPointwise',
  pointwise: true,
  infer(inputs, { steps }) {
    const types = valueTypes(
      inputs.map((input) => input.dtype),
      steps,
    );
    const shape = broadcastShapes(
      'fusedPointwise',
      inputs.map((input) => input.shape),
    );
    return [{ shape, dtype: types.at(-1)! }];
  },
  flops: (_, [output], { steps }) =>
    sizeOf(output!.shape) * steps.reduce((sum, { fn }) => sum + pointwiseFunctions[fn].flops, 0),
};

/** The steps of one pointwise node, fused or not. */
export function stepsOf(op: OpDefinition, attributes: unknown): readonly PointwiseStep[] {
  if (op.name === fusedPointwiseOp.name) return (attributes as { steps: readonly PointwiseStep[] }).steps;
  const fn = op.name as PointwiseName;
  return [{ fn, args: Array.from({ length: pointwiseFunctions[fn].arity }, (_, index) => index) }];
}
