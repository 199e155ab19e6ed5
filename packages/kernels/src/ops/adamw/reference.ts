import type { ReferenceContext } from '../../kernel/kernel.js';
import type { AdamwAttributes } from './adamw.js';

export function adamwReference({
  inputData: [parameter, gradient, first, second, schedule],
  outputData: [nextParameter, nextFirst, nextSecond],
  attributes: { beta1, beta2, epsilon, decay },
}: ReferenceContext<AdamwAttributes>): void {
  const [rate, correction1, correction2, scale] = schedule as unknown as [number, number, number, number];
  for (let i = 0; i < parameter!.length; i++) {
    const g = gradient![i]! * scale;
    const m = beta1 * first![i]! + (1 - beta1) * g;
    const v = beta2 * second![i]! + (1 - beta2) * g * g;
    const direction = (m * correction1) / (Math.sqrt(v * correction2) + epsilon);
    nextParameter![i] = parameter![i]! - rate * (direction + decay * parameter![i]!);
    nextFirst![i] = m;
    nextSecond![i] = v;
  }
}
