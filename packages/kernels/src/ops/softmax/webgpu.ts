import { sizeOf } from '@snowglobe/graph';
import type { WebgpuContext } from '../../kernel/kernel.js';
import { rowVariants } from '../../webgpu/rows/rows.js';
import type { ShaderVariant } from '../../webgpu/shader.js';
import { read, write } from '../../webgpu/shader.js';
import type { NoAttributes } from './softmax.js';
import forward from './softmax.wgsl';
import backward from './softmax_gradient.wgsl';

function variants(
  { inputs, device }: WebgpuContext<NoAttributes>,
  label: string,
  body: string,
): readonly ShaderVariant[] {
  const { shape } = inputs[0]!;
  const length = shape.at(-1)!;
  const bindings = [...inputs.map((_, index) => read('input', index)), write('output', 0)];
  return rowVariants({ label, body, length, rows: sizeOf(shape) / length, bindings }, device);
}

export const softmaxWebgpu = (context: WebgpuContext<NoAttributes>): readonly ShaderVariant[] =>
  variants(
    context,
    'softmax',
    `${forward}\nfn finish(z: Element, total: f32) -> Element { return exp(z) / total; }\n`,
  );

export const logSoftmaxWebgpu = (context: WebgpuContext<NoAttributes>): readonly ShaderVariant[] =>
  variants(
    context,
    'logSoftmax',
    `${forward}\nfn finish(z: Element, total: f32) -> Element { return z - log(total); }\n`,
  );

export const softmaxGradientWebgpu = (context: WebgpuContext<NoAttributes>): readonly ShaderVariant[] =>
  variants(
    context,
    'softmaxGradient',
    `${backward}\nfn term(y: Element, g: Element) -> Element { return y * g; }\n` +
      'fn finish(y: Element, g: Element, total: f32) -> Element { return y * (g - total); }\n',
  );

export const logSoftmaxGradientWebgpu = (context: WebgpuContext<NoAttributes>): readonly ShaderVariant[] =>
  variants(
    context,
    'logSoftmaxGradient',
    `${backward}\nfn term(y: Element, g: Element) -> Element { return g; }\n` +
      'fn finish(y: Element, g: Element, total: f32) -> Element { return g - exp(y) * total; }\n',
  );
