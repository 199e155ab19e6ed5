import type { ReferenceContext } from '../../kernel/kernel.js';
import type { SplitHeadsAttributes } from './split_heads.js';

export function splitHeadsReference({
  inputs,
  inputData,
  outputData,
  attributes: { headWidth, epsilon, inverse, parts },
}: ReferenceContext<SplitHeadsAttributes>): void {
  const [x, cos, sin] = inputData;
  const columns = inputs[0]!.shape.at(-1)!;
  const rows = x!.length / columns;
  const half = headWidth / 2;
  parts.forEach(({ start, heads, normalize, rotate }, part) => {
    for (let n = 0; n < rows * heads; n++) {
      const row = Math.floor(n / heads);
      const from = row * columns + start + (n % heads) * headWidth;
      const head = Float64Array.from({ length: headWidth }, (_, d) => x![from + d]!);
      if (normalize) {
        const square = head.reduce((sum, value) => sum + value * value, 0);
        const r = 1 / Math.sqrt(square / headWidth + epsilon);
        head.forEach((value, d) => (head[d] = value * r));
      }
      if (rotate) {
        const table = (row % inputs[1]!.shape[0]!) * half;
        for (let d = 0; d < half; d++) {
          const [a, b] = [head[d]!, head[d + half]!];
          const turn = inverse ? -sin![table + d]! : sin![table + d]!;
          head[d] = a * cos![table + d]! - b * turn;
          head[d + half] = a * turn + b * cos![table + d]!;
        }
      }
      head.forEach((value, d) => (outputData[part]![n * headWidth + d] = value));
    }
  });
}
