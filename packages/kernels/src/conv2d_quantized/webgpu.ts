import type { WebgpuContext } from '../kernel.js';
import { declareBuffers } from '../matmul_quantized/buffers.js';
import { quadCode, quadVariants, registerVariants, splitVariants } from '../matmul_quantized/variants.js';
import type { ShaderVariant } from '../webgpu/shader.js';
import { inOrder, withPrelude } from '../webgpu/shader.js';
import type { Conv2dQuantizedAttributes } from './conv2d_quantized.js';
import { conv2dQuantizedShape } from './conv2d_quantized.js';
import surroundings from './surroundings.wgsl';

/** The shaders of products, with a pixel's surroundings as a row. */
export function conv2dQuantizedWebgpu({
  inputs,
  attributes,
  device,
}: WebgpuContext<Conv2dQuantizedAttributes>): readonly ShaderVariant[] {
  const shape = conv2dQuantizedShape(inputs, attributes);
  const { height, width, channels } = shape;
  const { bits, size } = attributes;
  const vectors = channels % 4 === 0;
  const rowsBy = (quads: boolean): string =>
    withPrelude(surroundings, {
      constants: { HEIGHT: height, WIDTH: width, CHANNELS: channels, SIZE: size },
      conditions: { VECTORS: vectors, WHOLE: vectors && !quads, QUADS: quads },
    });
  const buffers = declareBuffers(shape, attributes, inputs.length);
  const product = {
    label: 'conv2d-quantized',
    ...shape,
    bits,
    rows: rowsBy(false),
    ...(vectors && { quadRows: `${rowsBy(true)}\n${quadCode}` }),
    mostLoads: 16,
    buffers,
  };
  const variants = [
    ...registerVariants(product, device),
    ...quadVariants(product, device),
    ...splitVariants(product, device),
  ];
  return inOrder(variants, ['quads8x4', 'quads4x4', 'registers4x4']);
}
