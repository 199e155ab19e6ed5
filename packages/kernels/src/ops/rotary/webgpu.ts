import type { WebgpuContext } from '../../kernel/kernel.js';
import { splitHeadsWebgpu } from '../split_heads/webgpu.js';
import type { ShaderVariant } from '../../webgpu/shader.js';
import type { RotaryAttributes } from './rotary.js';

/** The heads of one tensor, turned: `splitHeads` with a single part. */
export function rotaryWebgpu({
  inputs,
  outputs,
  attributes: { heads, inverse },
  device,
}: WebgpuContext<RotaryAttributes>): readonly ShaderVariant[] {
  const headWidth = inputs[0]!.shape.at(-1)! / heads;
  const parts = [{ start: 0, heads, normalize: false, rotate: true }];
  return splitHeadsWebgpu({ inputs, outputs, device, attributes: { headWidth, epsilon: 1, inverse, parts } });
}
