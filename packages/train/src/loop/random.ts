import type { JumpableRandomGenerator } from 'pure-rand/types/JumpableRandomGenerator';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';

/** Fills `data` with normal numbers of mean 0 (Box & Muller 1958). */
export function fillNormal(
  data: Float32Array,
  standardDeviation: number,
  generator: JumpableRandomGenerator,
): void {
  for (let i = 0; i < data.length; i += 2) {
    const radius = standardDeviation * Math.sqrt(-2 * Math.log(1 - uniformFloat64(generator)));
    const angle = 2 * Math.PI * uniformFloat64(generator);
    data[i] = radius * Math.cos(angle);
    if (i + 1 < data.length) data[i + 1] = radius * Math.sin(angle);
  }
}
