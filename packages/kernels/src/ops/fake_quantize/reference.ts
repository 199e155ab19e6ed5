import type { ReferenceContext } from '../../kernel/kernel.js';
import { roundToEven } from '../../numerics/round_to_even.js';
import { roundScale } from '../../numerics/rounding.js';
import type { FakeQuantizeAttributes } from './fake_quantize.js';
import { fakeQuantizeShape } from './fake_quantize.js';

export function fakeQuantizeReference({
  inputs,
  attributes,
  inputData: [weights],
  outputData: [result],
}: ReferenceContext<FakeQuantizeAttributes>): void {
  const { k, n, groups } = fakeQuantizeShape(inputs[0]!, attributes);
  const { bits, group, zeroPoints } = attributes;
  const top = 2 ** bits - 1;
  const middle = 2 ** (bits - 1);
  for (let column = 0; column < n; column++) {
    for (let at = 0; at < groups; at++) {
      const [first, end] = [at * group, Math.min(k, (at + 1) * group)];
      let [least, most] = [0, 0];
      for (let i = first; i < end; i++) {
        least = Math.min(least, weights![i * n + column]!);
        most = Math.max(most, weights![i * n + column]!);
      }
      const scale = zeroPoints
        ? roundScale(Math.fround((most - least) / top))
        : roundScale(Math.fround(Math.max(most, -least) / (middle - 1)));
      const zero = zeroPoints && scale > 0 ? Math.min(top, Math.max(0, roundToEven(-least / scale))) : middle;
      for (let i = first; i < end; i++) {
        const steps = scale > 0 ? roundToEven(weights![i * n + column]! / scale) + zero : zero;
        result![i * n + column] = (Math.min(top, Math.max(0, steps)) - zero) * scale;
      }
    }
  }
}
