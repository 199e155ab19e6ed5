import type { OpDefinition, Tensor } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import { formatShape, sameShape } from '@snowglobe/graph/internal';
import { defineKernel } from '../../kernel/kernel.js';
import { f32Literal, grid1d, read, withPrelude, write } from '../../webgpu/shader.js';
import body from './ring_mask.wgsl';

interface RingMaskAttributes extends Record<string, unknown> {
  readonly ringSize: number;
  readonly window: number;
}

/** Added to the score of a slot that must not be seen. Finite, so that a softmax over hidden slots alone is no NaN. */
const hidden = -1e9;
const workgroupSize = 64;

const ringMaskOp: OpDefinition<RingMaskAttributes> = {
  name: 'ringMask',
  differentiable: false,
  infer([position], { ringSize, window }) {
    if (position!.dtype !== 'i32' || !sameShape(position!.shape, [1])) {
      throw new SnowglobeError(
        `ringMask: position is ${position!.dtype} ${formatShape(position!.shape)}; pass i32 (1).`,
      );
    }
    if (!Number.isInteger(ringSize) || !Number.isInteger(window) || window < 1 || window > ringSize) {
      throw new SnowglobeError(
        `ringMask: window ${window} does not fit a ring of ${ringSize} slots; use integers with 1 <= window <= ringSize.`,
      );
    }
    return [{ shape: [ringSize], dtype: 'f32' }];
  },
  flops: (_, __, { ringSize }) => 3 * ringSize,
};

/**
 * Attention bias over the slots of a ring KV cache, where frame n lies in slot n mod `ringSize`: 0 for the newest
 * `window` frames, a large negative number for older ones and for slots that were never written.
 *
 * @param position i32 (1): number of the newest frame in the ring, counted from 0
 * @returns (ringSize), the `bias` of `attention` with the ring as keys
 */
export function ringMask(position: Tensor, ringSize: number, window: number): Tensor {
  return position.builder.apply(ringMaskOp, [position], { ringSize, window })[0]!;
}

export const ringMaskKernel = defineKernel({
  op: ringMaskOp,
  reference: ({ attributes: { ringSize, window }, inputData, outputData }) => {
    const position = inputData[0]![0]!;
    for (let slot = 0; slot < ringSize; slot++) {
      const age = (((position - slot) % ringSize) + ringSize) % ringSize;
      outputData[0]![slot] = age < window && age <= position ? 0 : hidden;
    }
  },
  onnx: ({ emitter, inputNames, attributes: { ringSize, window } }) => {
    const slots = emitter.tensor(
      Int32Array.from({ length: ringSize }, (_, slot) => slot),
      [ringSize],
    );
    const whole = (value: number): string => emitter.tensor(Int32Array.of(value), []);
    // ONNX's Mod has the sign of the divisor.
    const age = emitter.emit('Mod', [emitter.emit('Sub', [inputNames[0]!, slots]), whole(ringSize)]);
    const recent = emitter.emit('Less', [age, whole(window)]);
    const written = emitter.emit('LessOrEqual', [age, inputNames[0]!]);
    const seen = emitter.emit('And', [recent, written]);
    return [emitter.emit('Where', [seen, emitter.float(0), emitter.float(hidden)])];
  },
  webgpu: ({ attributes: { ringSize, window }, device }) => [
    {
      name: 'thread',
      build: () => ({
        passes: [
          {
            label: 'ringMask',
            code: withPrelude(body, {
              constants: {
                RING_SIZE: ringSize,
                WINDOW: window,
                HIDDEN: f32Literal(hidden),
                WORKGROUP_SIZE: workgroupSize,
              },
            }),
            bindings: [read('input', 0), write('output', 0)],
            workgroups: grid1d(ringSize, workgroupSize, device.limits.maxComputeWorkgroupsPerDimension),
          },
        ],
      }),
    },
  ],
});
