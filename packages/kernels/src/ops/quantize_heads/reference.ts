import type { ReferenceArray, ReferenceContext } from '../../kernel/kernel.js';
import { roundToEven } from '../../numerics/round_to_even.js';
import { byteScale } from '../../numerics/rounding.js';
import { packedHeads } from './dequantize_heads.js';
import type { QuantizeHeadsAttributes } from './quantize_heads.js';
import { headsShape } from './quantize_heads.js';

export function quantizeHeadsReference({
  inputs,
  attributes,
  inputData: [x],
  outputData: [packed, scales],
}: ReferenceContext<QuantizeHeadsAttributes>): void {
  const { count, head } = headsShape(inputs[0]!, attributes);
  for (let n = 0; n < count; n++) {
    const values = Array.from(x!.subarray(n * head, (n + 1) * head));
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const { factor, step } = byteScale(largest);
    scales![n] = step;
    values.forEach((value, d) => {
      const at = (n * head + d) >> 2;
      const byte = roundToEven(Math.fround(value * factor)) & 255;
      packed![at] = (packed![at]! | (byte << (8 * (d % 4)))) >>> 0;
    });
  }
}

/** The signed byte at `i` of words that hold four. */
function byteAt(packed: ReferenceArray, i: number): number {
  const byte = (packed[i >> 2]! >>> (8 * (i % 4))) & 255;
  return byte < 128 ? byte : byte - 256;
}

export function dequantizeHeadsReference({
  inputs,
  inputData: [packed, scales],
  outputData: [result],
}: ReferenceContext<Record<never, never>>): void {
  const { words } = packedHeads(inputs);
  for (let i = 0; i < result!.length; i++) {
    result![i] = byteAt(packed!, i) * scales![Math.floor(i / (4 * words))]!;
  }
}
