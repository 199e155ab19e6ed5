import type { Attributes } from '@snowglobe/graph';
import type { ReferenceContext } from '../../kernel/kernel.js';
import { greedyBelow } from './maskgit.js';

export function sampleTokensReference({ inputs, inputData, outputData }: ReferenceContext<Attributes>): void {
  const [logits, uniforms, temperature] = inputData;
  const size = inputs[0]!.shape.at(-1)!;
  const rowsEach = uniforms!.length / temperature!.length;
  for (let row = 0; row < uniforms!.length; row++) {
    const divisor = temperature![Math.floor(row / rowsEach)]!;
    const scores = Float64Array.from(logits!.subarray(row * size, (row + 1) * size));
    const largest = scores.reduce((a, b) => Math.max(a, b));
    const token =
      divisor < greedyBelow
        ? scores.indexOf(largest)
        : sample(
            scores.map((score) => Math.exp((score - largest) / divisor)),
            uniforms![row]!,
          );
    const total = scores.reduce((sum, score) => sum + Math.exp(score - largest), 0);
    outputData[0]![row] = token;
    outputData[1]![row] = Math.exp(scores[token]! - largest) / total;
  }
}

/** The lowest index whose cumulative weight exceeds the share `uniform` of all weight. */
function sample(weights: Float64Array, uniform: number): number {
  const target = uniform * weights.reduce((a, b) => a + b);
  let cumulative = 0;
  let last = 0;
  for (const [index, weight] of weights.entries()) {
    if (weight === 0) continue;
    cumulative += weight;
    last = index;
    if (cumulative > target) break;
  }
  return last;
}

export function unmaskReference({ inputs, inputData, outputData }: ReferenceContext<Attributes>): void {
  const [tokens, sampled, confidence, mask, count, noise] = inputData;
  const length = inputs[0]!.shape.at(-1)!;
  outputData[0]!.set(tokens!);
  outputData[1]!.set(mask!);
  for (let start = 0; start < tokens!.length; start += length) {
    const score = (n: number): number => confidence![n]! * Math.exp(noise![n]!);
    const masked = Array.from({ length }, (_, i) => start + i).filter((n) => mask![n]! > 0);
    // sort is stable, so equal scores keep their order.
    const best = masked.sort((a, b) => score(b) - score(a)).slice(0, Math.max(0, count![0]!));
    for (const n of best) {
      outputData[0]![n] = sampled![n]!;
      outputData[1]![n] = 0;
    }
  }
}
