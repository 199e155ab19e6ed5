import type { DType, Shape } from '@snowglobe/graph';
import { sizeOf } from '@snowglobe/graph';
import { broadcastStrides, sameShape } from '@snowglobe/graph/internal';
import type { WebgpuContext } from '../../kernel/kernel.js';
import { offsetExpression } from '../../webgpu/strided/strided.js';
import type { ShaderVariant } from '../../webgpu/shader.js';
import { f32Literal, grid1d, read, withPrelude, write } from '../../webgpu/shader.js';
import { pointwiseFunctions } from './functions.js';
import body from './pointwise.wgsl';
import type { PointwiseStep } from './steps.js';
import { valueTypes } from './steps.js';

const workgroupSize = 64;

/** How an operand is read: element for element, one value for all, or the last axis repeated. */
type Access = 'same' | 'scalar' | 'lastAxis' | 'strided';

/**
 * One kernel for any list of steps. Four elements a thread (`vec4`) when every operand allows it, else one.
 */
export function pointwiseWebgpu(
  context: WebgpuContext<object & Record<never, never>>,
  steps: readonly PointwiseStep[],
): readonly ShaderVariant[] {
  const { inputs, outputs, device } = context;
  const output = outputs[0]!;
  const count = sizeOf(output.shape);
  const accesses = inputs.map((input) => accessOf(input.shape, output.shape));
  const width =
    count % 4 === 0 &&
    accesses.every(
      (access, i) => access !== 'strided' && (access !== 'lastAxis' || inputs[i]!.shape.at(-1)! % 4 === 0),
    )
      ? 4
      : 1;
  return [
    {
      name: width === 4 ? 'vec4' : 'scalar',
      build() {
        const types = valueTypes(
          inputs.map((input) => input.dtype),
          steps,
        );
        const loads = inputs.map(
          (input, i) => `let v${i} = ${loadExpression(i, input, accesses[i]!, output.shape, width)};`,
        );
        const literal = (value: number): string =>
          width === 4 ? `vec4f(${f32Literal(value)})` : f32Literal(value);
        const integer =
          (dtype: DType) =>
          (value: number): string =>
            `${wide(dtype, width)}(${value})`;
        const values = steps.map(({ fn, args }, i) => {
          const operands = args.map((arg) => `v${arg}`);
          // A condition of integers is compared with an integer; all other literals stand beside floats.
          const condition = types[args[0]!]!;
          const beside = fn === 'select' && condition !== 'f32' ? integer(condition) : literal;
          return `let v${inputs.length + i} = ${pointwiseFunctions[fn].wgsl(beside, ...operands)};`;
        });
        const declarations = [
          ...inputs.map(
            (input, i) =>
              `@group(0) @binding(${i}) var<storage, read> x${i}: array<${storage(input.dtype, accesses[i]!, width)}>;`,
          ),
          `@group(0) @binding(${inputs.length}) var<storage, read_write> result: array<${wide(types.at(-1)!, width)}>;`,
          `fn compute(i: u32) -> ${wide(types.at(-1)!, width)} {`,
          ...[...loads, ...values].map((line) => `  ${line}`),
          `  return v${types.length - 1};`,
          '}',
        ];
        const code = withPrelude(body, {
          constants: { COUNT: count / width, WORKGROUP_SIZE: workgroupSize },
        });
        return {
          passes: [
            {
              label: steps.map(({ fn }) => fn).join('+'),
              code: `${code}\n${declarations.join('\n')}\n`,
              bindings: [...inputs.map((_, i) => read('input', i)), write('output', 0)],
              workgroups: grid1d(
                count / width,
                workgroupSize,
                device.limits.maxComputeWorkgroupsPerDimension,
              ),
            },
          ],
        };
      },
    },
  ];
}

function accessOf(shape: Shape, target: Shape): Access {
  if (sizeOf(shape) === 1) return 'scalar';
  if (sameShape(shape, target)) return 'same';
  const last = shape.at(-1);
  return sizeOf(shape) === last && last === target.at(-1) ? 'lastAxis' : 'strided';
}

function loadExpression(
  i: number,
  { shape, dtype }: { readonly shape: Shape; readonly dtype: DType },
  access: Access,
  target: Shape,
  width: 1 | 4,
): string {
  switch (access) {
    case 'same':
      return `x${i}[i]`;
    case 'scalar':
      return width === 4 ? `${wide(dtype, 4)}(x${i}[0])` : `x${i}[0]`;
    case 'lastAxis':
      return `x${i}[i % ${shape.at(-1)! / width}u]`;
    case 'strided':
      return `x${i}[${offsetExpression('i', target, broadcastStrides(shape, target))}]`;
  }
}

const wide = (dtype: DType, width: 1 | 4): string => (width === 4 ? `vec4<${dtype}>` : dtype);
const storage = (dtype: DType, access: Access, width: 1 | 4): string =>
  access === 'scalar' ? dtype : wide(dtype, width);
