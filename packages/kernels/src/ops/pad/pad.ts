import type { OpDefinition, Shape, Tensor } from '@snowglobe/graph';
import { SnowglobeError, sizeOf } from '@snowglobe/graph';
import { normalizeAxis, stridesOf } from '@snowglobe/graph/internal';
import { defineKernel } from '../../kernel/kernel.js';
import { slice } from '../slice/slice.js';
import { forEachIndex } from '../../reference/strided.js';
import { offsetExpression } from '../../webgpu/strided/strided.js';
import { grid1d, read, withPrelude, write } from '../../webgpu/shader.js';
import body from './pad.wgsl';

interface PadAttributes extends Record<string, unknown> {
  readonly axis: number;
  readonly before: number;
  readonly after: number;
}

const padOp: OpDefinition<PadAttributes> = {
  name: 'pad',
  infer([x], { axis, before, after }) {
    if (!(Number.isInteger(before) && Number.isInteger(after) && before >= 0 && after >= 0)) {
      throw new SnowglobeError(`pad: widths ${before} and ${after} must be whole and not negative.`);
    }
    return [{ shape: x!.shape.map((dim, i) => (i === axis ? before + dim + after : dim)), dtype: x!.dtype }];
  },
  flops: () => 0,
  gradient: ({ inputs, outputGradients, attributes: { axis, before } }) => [
    slice(outputGradients[0]!, axis, before, before + inputs[0]!.shape[axis]!),
  ],
};

/** Zeros before and after `x` along `axis`. */
export function pad(x: Tensor, axis: number, before: number, after: number): Tensor {
  if (before === 0 && after === 0) return x;
  return x.builder.apply(padOp, [x], { axis: normalizeAxis('pad', axis, x.shape.length), before, after })[0]!;
}

const workgroupSize = 64;

/** Elements of the padded axis and inside it, and the coordinate's expression. */
function coordinate(shape: Shape, axis: number): string {
  const stride = stridesOf(shape)[axis]!;
  return `(i / ${stride}u) % ${shape[axis]}u`;
}

export const padKernel = defineKernel({
  op: padOp,
  reference: ({ inputs, outputs, attributes, inputData, outputData }) => {
    const strides = stridesOf(outputs[0]!.shape);
    const base = attributes.before * strides[attributes.axis]!;
    let position = 0;
    forEachIndex(inputs[0]!.shape, [strides], sizeOf(inputs[0]!.shape), ([offset]) => {
      outputData[0]![base + offset!] = inputData[0]![position++]!;
    });
  },
  onnx: ({ emitter, inputs, inputNames, attributes: { axis, before, after } }) => {
    const widths = (width: number): number[] => inputs[0]!.shape.map((_, i) => (i === axis ? width : 0));
    return [emitter.emit('Pad', [inputNames[0]!, emitter.int64s([...widths(before), ...widths(after)])])];
  },
  webgpu: ({ inputs, outputs, attributes: { axis, before }, device }) => [
    {
      name: 'thread',
      build: () => {
        const { shape, dtype } = outputs[0]!;
        const inner = inputs[0]!.shape;
        const strides = stridesOf(inner);
        // Unsigned arithmetic wraps where the coordinate is before the operand, and the select drops that offset.
        const source =
          `fn inside(i: u32) -> bool { let c = ${coordinate(shape, axis)}; return c >= ${before}u && c < ${before + inner[axis]!}u; }\n` +
          `fn source_offset(i: u32) -> u32 { return ${offsetExpression('i', shape, strides)} - ${before * strides[axis]!}u; }\n`;
        return {
          passes: [
            {
              label: 'pad',
              code:
                withPrelude(body, {
                  constants: { COUNT: sizeOf(shape), WORKGROUP_SIZE: workgroupSize },
                  aliases: { Element: dtype },
                }) + source,
              bindings: [read('input', 0), write('output', 0)],
              workgroups: grid1d(
                sizeOf(shape),
                workgroupSize,
                device.limits.maxComputeWorkgroupsPerDimension,
              ),
            },
          ],
        };
      },
    },
  ],
});
