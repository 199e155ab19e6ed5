import type { WebgpuContext } from '../../kernel/kernel.js';
import { declareBuffers } from '../matmul_quantized/webgpu/buffers.js';
import { registerVariants, splitVariants } from '../matmul_quantized/webgpu/row_matmul.js';
import { laneVariants } from '../matmul_quantized/webgpu/lanes.js';
import type { ShaderVariant } from '../../webgpu/shader.js';
import { inPreferredOrder } from '../../webgpu/policy/policy.js';
import { withPrelude } from '../../webgpu/shader.js';
import type { Conv2dQuantizedAttributes } from './conv2d_quantized.js';
import { conv2dQuantizedShape } from './conv2d_quantized.js';
import surroundings from './surroundings.wgsl';

/** The shaders of matmuls, with a pixel's surroundings as a row. */
export function conv2dQuantizedWebgpu({
  inputs,
  attributes,
  device,
}: WebgpuContext<Conv2dQuantizedAttributes>): readonly ShaderVariant[] {
  const shape = conv2dQuantizedShape(inputs, attributes);
  const { height, width, channels } = shape;
  const { bits, group, size } = attributes;
  const vectors = channels % 4 === 0;
  const rowsBy = (byLane: boolean): string =>
    withPrelude(surroundings, {
      constants: { HEIGHT: height, WIDTH: width, CHANNELS: channels, SIZE: size },
      conditions: { VECTORS: vectors, WHOLE: vectors && !byLane, BY_LANE: byLane },
    });
  const buffers = declareBuffers(shape, attributes, inputs.length);
  const matmul = {
    label: 'conv2d-quantized',
    ...shape,
    bits,
    group,
    rows: rowsBy(false),
    // Neighbours that threads share out lie in one pixel.
    ...(channels % 8 === 0 && { rowsByLane: rowsBy(true) }),
    mostLoads: 16,
    buffers,
  };
  const variants = [
    ...registerVariants(matmul, device),
    ...laneVariants(matmul, device),
    ...splitVariants(matmul, device),
  ];
  return inPreferredOrder('conv2dQuantized', {}, variants, device);
}
