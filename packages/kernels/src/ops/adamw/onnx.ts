import type { OnnxContext } from '../../kernel/kernel.js';
import type { AdamwAttributes } from './adamw.js';

/**
 * Elementary nodes, with all factors joined into scalars beforehand, so that each of the large tensors is passed over as
 * seldom as possible: with R = sqrt(correction2), parameter' = parameter · (1 − rate · decay) −
 * (rate · correction1 / R) · first' / (sqrt(second') + epsilon / R).
 */
export function adamwOnnx({
  emitter,
  inputNames: [parameter, gradient, first, second, schedule],
  attributes: { beta1, beta2, epsilon, decay },
}: OnnxContext<AdamwAttributes>): readonly string[] {
  const mul = (a: string, b: string): string => emitter.emit('Mul', [a, b]);
  const entry = (index: number): string =>
    emitter.reshape(emitter.slice(schedule!, [0], [index], [index + 1]), []);
  const [rate, correction1, correction2, scale] = [0, 1, 2, 3].map(entry) as [string, string, string, string];
  const root = emitter.emit('Sqrt', [correction2]);

  const share1 = mul(scale, emitter.float(1 - beta1));
  const share2 = mul(mul(scale, scale), emitter.float(1 - beta2));
  const nextFirst = emitter.emit('Add', [mul(first!, emitter.float(beta1)), mul(gradient!, share1)]);
  const nextSecond = emitter.emit('Add', [
    mul(second!, emitter.float(beta2)),
    mul(mul(gradient!, gradient!), share2),
  ]);
  const floor = emitter.emit('Div', [emitter.float(epsilon), root]);
  const size = emitter.emit('Add', [emitter.emit('Sqrt', [nextSecond]), floor]);
  const pace = emitter.emit('Div', [mul(rate, correction1), root]);
  const step = mul(emitter.emit('Div', [nextFirst, size]), pace);
  const kept =
    decay === 0
      ? parameter!
      : mul(parameter!, emitter.emit('Sub', [emitter.float(1), mul(rate, emitter.float(decay))]));
  return [emitter.emit('Sub', [kept, step]), nextFirst, nextSecond];
}
