import type { OpDefinition, Tensor, TensorSpec } from '@snowglobe/graph';
import { SnowglobeError, sizeOf } from '@snowglobe/graph';
import { formatShape, normalizeAxis, stridesOf } from '@snowglobe/graph/internal';
import type { WebgpuContext } from '../../kernel/kernel.js';
import { defineKernel } from '../../kernel/kernel.js';
import { split } from '../slice/slice.js';
import { stridedCopyPass, wgslTypes } from '../../webgpu/strided/strided.js';
import type { DeviceCapabilities } from '../../webgpu/capabilities.js';
import type { ShaderPass, ShaderVariant } from '../../webgpu/shader.js';
import { grid1d, read, withPrelude, write } from '../../webgpu/shader.js';
import joined from './concat.wgsl';

interface ConcatAttributes extends Record<string, unknown> {
  readonly axis: number;
}

const concatOp: OpDefinition<ConcatAttributes> = {
  name: 'concat',
  infer(inputs, { axis }) {
    const [first] = inputs;
    for (const { shape, dtype } of inputs) {
      const fits =
        shape.length === first!.shape.length &&
        shape.every((dim, i) => i === axis || dim === first!.shape[i]);
      if (!fits || dtype !== first!.dtype) {
        throw new SnowglobeError(
          `concat: ${dtype} ${formatShape(shape)} does not fit beside ${first!.dtype} ${formatShape(first!.shape)} ` +
            `along axis ${axis}; all other axes and the type must be equal.`,
        );
      }
    }
    const length = inputs.reduce((sum, input) => sum + input.shape[axis]!, 0);
    return [{ shape: first!.shape.map((dim, i) => (i === axis ? length : dim)), dtype: first!.dtype }];
  },
  flops: () => 0,
  gradient: ({ inputs, outputGradients, attributes: { axis } }) =>
    split(
      outputGradients[0]!,
      axis,
      inputs.map((input) => input.shape[axis]!),
    ),
};

/** Puts tensors after each other along `axis`. */
export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  const [first] = tensors;
  if (!first) throw new SnowglobeError('concat: the list of tensors is empty; give at least one.');
  if (tensors.length === 1) return first;
  return first.builder.apply(concatOp, tensors, {
    axis: normalizeAxis('concat', axis, first.shape.length),
  })[0]!;
}

/** Numbers of each operand in a row of the result, where everything behind `axis` is a row. */
function rowLengths(inputs: readonly TensorSpec[], axis: number): number[] {
  return inputs.map(({ shape }) => sizeOf(shape.slice(axis)));
}

export const concatKernel = defineKernel({
  op: concatOp,
  reference: ({ inputs, attributes, inputData, outputData }) => {
    const lengths = rowLengths(inputs, attributes.axis);
    const rows = inputData[0]!.length / lengths[0]!;
    let position = 0;
    for (let row = 0; row < rows; row++) {
      lengths.forEach((length, which) => {
        for (let i = 0; i < length; i++) outputData[0]![position++] = inputData[which]![row * length + i]!;
      });
    }
  },
  onnx: ({ emitter, inputNames, attributes }) => [
    emitter.emit('Concat', inputNames, { axis: { int: attributes.axis } }),
  ],
  webgpu: concatWebgpu,
});

const workgroupSize = 64;

/** One pass where all operands can be bound at once, else a pass an operand. */
function concatWebgpu({
  inputs,
  outputs,
  attributes,
  device,
}: WebgpuContext<ConcatAttributes>): readonly ShaderVariant[] {
  const lengths = rowLengths(inputs, attributes.axis);
  const passes = (): readonly ShaderPass[] =>
    inputs.length < device.limits.maxStorageBuffersPerShaderStage
      ? [joinedPass(lengths, outputs[0]!, device)]
      : copyPasses(inputs, outputs[0]!, attributes.axis, device);
  return [{ name: 'rows', build: () => ({ passes: passes() }) }];
}

function joinedPass(lengths: readonly number[], output: TensorSpec, device: DeviceCapabilities): ShaderPass {
  const width = lengths.every((length) => length % 4 === 0) ? 4 : 1;
  const type = wgslTypes[output.dtype];
  const length = lengths.reduce((sum, each) => sum + each, 0) / width;
  const count = sizeOf(output.shape) / width;
  let end = 0;
  const cases = lengths.map((each, which) => {
    const start = end;
    end += each / width;
    const value = `x${which}[row * ${each / width}u + i - ${start}u]`;
    return which === lengths.length - 1 ? `return ${value};` : `if (i < ${end}u) { return ${value}; }`;
  });
  const code = withPrelude(joined, {
    constants: { COUNT: count, LENGTH: length, OPERANDS: lengths.length, WORKGROUP_SIZE: workgroupSize },
    aliases: { Element: width === 4 ? `vec4<${type}>` : type },
  });
  const buffers = lengths.map(
    (_, which) => `@group(0) @binding(${which}) var<storage, read> x${which}: array<Element>;`,
  );
  return {
    label: 'concat',
    code: `${code}${buffers.join('\n')}\nfn part_of(row: u32, i: u32) -> Element { ${cases.join(' ')} }\n`,
    bindings: [...lengths.map((_, which) => read('input', which)), write('output', 0)],
    workgroups: grid1d(count, workgroupSize, device.limits.maxComputeWorkgroupsPerDimension),
  };
}

function copyPasses(
  inputs: readonly TensorSpec[],
  output: TensorSpec,
  axis: number,
  device: DeviceCapabilities,
): readonly ShaderPass[] {
  const strides = stridesOf(output.shape);
  let start = 0;
  return inputs.map(({ shape }, input) => {
    const offset = start * strides[axis]!;
    start += shape[axis]!;
    const source = { input, strides: stridesOf(shape) };
    return stridedCopyPass({ label: 'concat', shape, source, target: { strides, offset } }, output, device);
  });
}
