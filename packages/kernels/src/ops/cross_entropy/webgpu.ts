import { sizeOf } from '@snowglobe/graph';
import type { WebgpuContext } from '../../kernel/kernel.js';
import { rowVariants } from '../../webgpu/rows/rows.js';
import type { ShaderVariant } from '../../webgpu/shader.js';
import { read, write } from '../../webgpu/shader.js';
import type { NoAttributes } from './cross_entropy.js';
import forward from './cross_entropy.wgsl';
import backward from './cross_entropy_gradient.wgsl';

function variants(
  { inputs, device }: WebgpuContext<NoAttributes>,
  label: string,
  body: (vector: boolean) => string,
): readonly ShaderVariant[] {
  const classes = inputs[0]!.shape.at(-1)!;
  return rowVariants(
    {
      label,
      body: body(classes % 4 === 0),
      length: classes,
      rows: sizeOf(inputs[1]!.shape),
      bindings: [...inputs.map((_, index) => read('input', index)), write('output', 0)],
      constants: { CLASSES: `${classes}u` },
    },
    device,
  );
}

export const crossEntropyWebgpu = (context: WebgpuContext<NoAttributes>): readonly ShaderVariant[] =>
  variants(
    context,
    'crossEntropy',
    (vector) =>
      `${forward}\nfn member_of(base: u32, i: u32) -> f32 { return ${vector ? 'x[base + i / 4u][i % 4u]' : 'x[base + i]'}; }\n`,
  );

export const crossEntropyGradientWebgpu = (context: WebgpuContext<NoAttributes>): readonly ShaderVariant[] =>
  variants(context, 'crossEntropyGradient', (vector) => {
    const compare = vector ? 'vec4u(0u, 1u, 2u, 3u) + 4u * i == vec4u(wanted)' : 'i == wanted';
    return `${backward}\nfn one_hot(i: u32, wanted: u32) -> Element { return select(Element(0.0), Element(1.0), ${compare}); }\n`;
  });
