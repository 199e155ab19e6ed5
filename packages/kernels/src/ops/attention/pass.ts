import { broadcastStrides } from '@snowglobe/graph/internal';
import type { TensorSpec } from '@snowglobe/graph';
import type { WebgpuContext } from '../../kernel/kernel.js';
import type { BindingReference, ShaderPass } from '../../webgpu/shader.js';
import { f32Literal, read, withPrelude } from '../../webgpu/shader.js';
import type { AttentionAttributes, AttentionShape } from './attention.js';
import { attentionScale } from './attention.js';
import softmaxStep from './softmax_step.wgsl';
import { visibilityWgsl } from './visibility.js';

export interface Binding {
  readonly name: string;
  readonly reference: BindingReference;
  /** WGSL element type; default f32. */
  readonly element?: string;
}

export interface PassOptions {
  readonly label: string;
  /**
   * Where it says `//: include softmax_step` stands how a step goes on from KEYS_HELD scores of each of QUERIES_HELD queries: their
   * weights, the total, and what earlier sums are to be rescaled by.
   */
  readonly body: string;
  /** Functions that the body calls. */
  readonly functions?: string;
  readonly enable?: readonly string[];
  readonly constants?: Readonly<Record<string, number | string>>;
  readonly conditions?: Readonly<Record<string, boolean>>;
  /** Bindings that the body declares itself. */
  readonly declared: readonly BindingReference[];
  readonly generated: readonly Binding[];
  readonly workgroups: readonly [number, number, number];
}

export const queriesKeysValues: readonly BindingReference[] = [
  read('input', 0),
  read('input', 1),
  read('input', 2),
];

/** Declares bindings from number `first` on. */
function declare(bindings: readonly Binding[], first: number): string {
  return bindings
    .map(({ name, reference, element = 'f32' }, index) => {
      const access = reference.access === 'read' ? 'read' : 'read_write';
      return `@group(0) @binding(${first + index}) var<storage, ${access}> ${name}: array<${element}>;\n`;
    })
    .join('');
}

function biasFunction(bias: TensorSpec | undefined, { batch, queries, keys }: AttentionShape): string {
  const [item, row, column] = bias ? broadcastStrides(bias.shape, [batch, queries, keys]) : [];
  const value = bias ? `bias[b * ${item}u + i * ${row}u + j * ${column}u]` : '0.0';
  return `fn bias_at(b: u32, i: u32, j: u32) -> f32 { return ${value}; }\n`;
}

/** What every pass of one attention has in common: constants, key ranges and the bias, where input `biasInput` is one. */
export function attentionPass(
  { inputs, attributes }: WebgpuContext<AttentionAttributes>,
  shape: AttentionShape,
  biasInput: number | undefined,
  { constants = {}, conditions = {}, functions = '', enable = [], ...pass }: PassOptions,
): ShaderPass {
  const bias = biasInput === undefined ? undefined : inputs[biasInput];
  const generated = bias
    ? [...pass.generated, { name: 'bias', reference: read('input', biasInput!) }]
    : pass.generated;
  const code = withPrelude(pass.body, {
    parts: { softmax_step: softmaxStep },
    enable,
    constants: {
      BATCH: shape.batch,
      QUERIES: shape.queries,
      KEYS: shape.keys,
      WIDTH: shape.width,
      HEADS: shape.heads,
      HEAD: shape.head,
      SCALE: f32Literal(attentionScale(shape)),
      LOWEST: f32Literal(-Infinity),
      ...constants,
    },
    conditions: { BIASED: bias !== undefined, ...conditions },
  });
  return {
    label: pass.label,
    code:
      `${code}\n${declare(generated, pass.declared.length)}${functions}` +
      biasFunction(bias, shape) +
      visibilityWgsl(shape, attributes),
    bindings: [...pass.declared, ...generated.map(({ reference }) => reference)],
    workgroups: pass.workgroups,
  };
}
