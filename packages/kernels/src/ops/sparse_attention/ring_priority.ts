import type { OpDefinition, Tensor } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import { formatShape, sameShape } from '@snowglobe/graph/internal';
import { defineKernel } from '../../kernel/kernel.js';
import { f32Literal, grid1d, read, withPrelude, write } from '../../webgpu/shader.js';
import body from './ring_priority.wgsl';

interface RingPriorityAttributes extends Record<string, unknown> {
  readonly ringSize: number;
  readonly recent: number;
}

const always = 1e6;
const absent = -1e9;
const workgroupSize = 64;

const ringPriorityOp: OpDefinition<RingPriorityAttributes> = {
  name: 'ringPriority',
  differentiable: false,
  infer([position], { ringSize, recent }) {
    if (position!.dtype !== 'i32' || !sameShape(position!.shape, [1])) {
      throw new SnowglobeError(
        `ringPriority: position is ${position!.dtype} ${formatShape(position!.shape)}; pass i32 (1).`,
      );
    }
    if (!Number.isInteger(ringSize) || !Number.isInteger(recent) || recent < 0 || recent >= ringSize) {
      throw new SnowglobeError(
        `ringPriority: ${recent} recent slots do not fit a ring of ${ringSize} whose first is pinned; use integers with 0 <= recent < ringSize.`,
      );
    }
    return [{ shape: [ringSize], dtype: 'f32' }];
  },
  flops: (_, __, { ringSize }) => 4 * ringSize,
};

/** The slot of frame n in a ring that never forgets its first frame: 0 for it, the others take turns in the rest. */
export function pinnedSlot(frame: number, ringSize: number): number {
  return frame === 0 ? 0 : 1 + ((frame - 1) % (ringSize - 1));
}

/**
 * The `priority` of `selectBlocks` over a ring of frames with the first one pinned (`pinnedSlot`): large for the first frame
 * and the `recent` newest ones, 0 for the others, and never for slots that were not written yet.
 *
 * @param position i32 (1): number of the newest frame in the ring, counted from 0; -1 while there is none
 * @returns (ringSize)
 */
export function ringPriority(position: Tensor, ringSize: number, recent: number): Tensor {
  return position.builder.apply(ringPriorityOp, [position], { ringSize, recent })[0]!;
}

export const ringPriorityKernel = defineKernel({
  op: ringPriorityOp,
  reference: ({ attributes: { ringSize, recent }, inputData, outputData }) => {
    const newest = inputData[0]![0]!;
    const turning = ringSize - 1;
    for (let slot = 0; slot < ringSize; slot++) {
      const age = slot === 0 ? newest : (((newest - slot) % turning) + turning) % turning;
      const written = newest >= 0 && (slot === 0 || age < newest);
      outputData[0]![slot] = !written ? absent : slot === 0 || age < recent ? always : 0;
    }
  },
  onnx: ({ emitter, inputNames, attributes: { ringSize, recent } }) => {
    const turning = ringSize - 1;
    const whole = (value: number): string => emitter.tensor(Int32Array.of(value), []);
    const newest = inputNames[0]!;
    const slots = emitter.tensor(
      Int32Array.from({ length: turning }, (_, i) => i + 1),
      [turning],
    );
    // ONNX's Mod has the sign of the divisor.
    const age = emitter.emit('Mod', [emitter.emit('Sub', [newest, slots]), whole(turning)]);
    const value = emitter.emit('Where', [
      emitter.emit('Less', [age, whole(recent)]),
      emitter.float(always),
      emitter.float(0),
    ]);
    const others = emitter.emit('Where', [emitter.emit('Less', [age, newest]), value, emitter.float(absent)]);
    const first = emitter.emit('Where', [
      emitter.emit('Less', [newest, whole(0)]),
      emitter.float(absent),
      emitter.float(always),
    ]);
    return [emitter.emit('Concat', [first, others], { axis: { int: 0 } })];
  },
  webgpu: ({ attributes: { ringSize, recent }, device }) => [
    {
      name: 'thread',
      build: () => ({
        passes: [
          {
            label: 'ringPriority',
            code: withPrelude(body, {
              constants: {
                RING_SIZE: ringSize,
                RECENT: recent,
                ALWAYS: f32Literal(always),
                NEVER: f32Literal(absent),
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
