import { broadcastStrides } from '@snowglobe/graph';
import type { TensorSpec } from '@snowglobe/graph';
import type { WebgpuContext } from '../kernel.js';
import type { DeviceCapabilities } from '../webgpu/capabilities.js';
import type { BindingReference, ShaderPass, ShaderVariant } from '../webgpu/shader.js';
import { f32Literal, grid1d, read, withPrelude, write } from '../webgpu/shader.js';
import type { AttentionAttributes, AttentionShape } from './attention.js';
import { attentionScale, attentionShape } from './attention.js';
import gradientKeys from './gradient_keys.wgsl';
import gradientQueries from './gradient_queries.wgsl';
import rows from './rows.wgsl';
import tiled from './tiled.wgsl';
import { visibilityWgsl } from './visibility.js';

const workgroupSize = 64;
/** Keys a step of the tiled kernel: their scores stay in registers. */
const tileKeys = 16;
/** Widest head whose query and result the tiled kernel keeps in a thread's registers. */
const widestTiledHead = 64;

interface Binding {
  readonly name: string;
  readonly reference: BindingReference;
  /** WGSL element type; default f32. */
  readonly element?: string;
}

/** Declares bindings from number `first` on. */
function declare(bindings: readonly Binding[], first: number): string {
  return bindings
    .map(({ name, reference, element = 'f32' }, index) => {
      const access = reference.access === 'read' ? 'read' : 'read_write';
      return `@group(0) @binding(${first + index}) var<storage, ${access}> ${name}: array<${element}>;\n`;
    })
    .join('');
}

function biasFunction(bias: TensorSpec | undefined, { queries, keys }: AttentionShape): string {
  const [row, column] = bias ? broadcastStrides(bias.shape, [queries, keys]) : [];
  const value = bias ? `bias[i * ${row}u + j * ${column}u]` : '0.0';
  return `fn bias_at(i: u32, j: u32) -> f32 { return ${value}; }\n`;
}

/** What every pass of one attention has in common: constants, key ranges and the bias. */
function common(
  context: WebgpuContext<AttentionAttributes>,
  shape: AttentionShape,
  biasInput: number,
  {
    constants = {},
    ...pass
  }: {
    readonly label: string;
    readonly body: string;
    readonly constants?: Readonly<Record<string, number | string>>;
    /** Bindings that the body declares itself. */
    readonly declared: readonly BindingReference[];
    readonly generated: readonly Binding[];
    readonly workgroups: readonly [number, number, number];
  },
): ShaderPass {
  const { inputs, attributes } = context;
  const bias = inputs[biasInput];
  const generated = bias
    ? [...pass.generated, { name: 'bias', reference: read('input', biasInput) }]
    : pass.generated;
  const code = withPrelude(pass.body, {
    constants: {
      QUERIES: shape.queries,
      KEYS: shape.keys,
      WIDTH: shape.width,
      HEADS: shape.heads,
      HEAD: shape.head,
      SCALE: f32Literal(attentionScale(shape)),
      LOWEST: f32Literal(-Infinity),
      ...constants,
    },
  });
  return {
    label: pass.label,
    code:
      `${code}\n${declare(generated, pass.declared.length)}` +
      biasFunction(bias, shape) +
      visibilityWgsl(shape, attributes),
    bindings: [...pass.declared, ...generated.map(({ reference }) => reference)],
    workgroups: pass.workgroups,
  };
}

/** Constants and grid of a kernel that gives each of `count` positions of a head a workgroup. */
function rowsOf(shape: AttentionShape, length: number, device: DeviceCapabilities) {
  const count = shape.batch * length * shape.heads;
  return {
    constants: {
      ROWS: count,
      WORKGROUP_SIZE: workgroupSize,
      COLUMNS: Math.ceil(shape.head / workgroupSize),
    },
    workgroups: grid1d(count, 1, device.limits.maxComputeWorkgroupsPerDimension),
  };
}

const queriesKeysValues = [read('input', 0), read('input', 1), read('input', 2)];

/**
 * `tiled` shares keys among the queries of a workgroup and comes first where there are enough of them; `rows` gives each
 * query a workgroup, which suits the single query of decoding and heads of any width.
 */
export function attentionWebgpu(context: WebgpuContext<AttentionAttributes>): readonly ShaderVariant[] {
  const shape = attentionShape(context.inputs, context.attributes);
  const perRow: ShaderVariant = {
    name: 'rows',
    build: () => ({
      passes: [
        common(context, shape, 3, {
          label: 'attention-rows',
          body: rows,
          declared: queriesKeysValues,
          generated: [{ name: 'result', reference: write('output', 0) }],
          ...rowsOf(shape, shape.queries, context.device),
        }),
      ],
    }),
  };
  const most = context.device.limits.maxComputeWorkgroupsPerDimension;
  const canTile =
    shape.head % 4 === 0 && shape.head <= widestTiledHead && shape.batch <= most && shape.heads <= most;
  if (!canTile) return [perRow];
  const largest = Math.min(64, Math.max(8, 2 ** Math.ceil(Math.log2(shape.queries))));
  // The smaller tile makes more workgroups, which one short sequence needs to fill a GPU.
  const inTiles = [largest, ...(largest > 16 ? [16] : [])].map((tile): ShaderVariant => ({
    name: `tiled${tile}`,
    build: () => ({
      passes: [
        common(context, shape, 3, {
          label: 'attention-tiled',
          body: tiled,
          constants: { TILE: tile, TILE_KEYS: tileKeys, VECTORS: shape.head / 4 },
          declared: queriesKeysValues,
          generated: [{ name: 'result', reference: write('output', 0), element: 'vec4f' }],
          workgroups: [Math.ceil(shape.queries / tile), shape.heads, shape.batch],
        }),
      ],
    }),
  }));
  return shape.queries >= 8 ? [...inTiles, perRow] : [perRow, ...inTiles];
}

/** Two passes: dq and the softmax statistics of each query, then dk and dv, which read those. */
export function attentionGradientWebgpu(
  context: WebgpuContext<AttentionAttributes>,
): readonly ShaderVariant[] {
  const shape = attentionShape(context.inputs, context.attributes);
  return [
    {
      name: 'rows',
      build: () => ({
        scratch: [{ shape: [shape.batch, shape.queries, shape.heads, 2], dtype: 'f32' }],
        passes: [
          common(context, shape, 5, {
            label: 'attentionGradient-queries',
            body: gradientQueries,
            declared: [...queriesKeysValues, read('input', 3), read('input', 4)],
            generated: [
              { name: 'statistics', reference: write('scratch', 0), element: 'vec2f' },
              { name: 'dq', reference: write('output', 0) },
            ],
            ...rowsOf(shape, shape.queries, context.device),
          }),
          common(context, shape, 5, {
            label: 'attentionGradient-keys',
            body: gradientKeys,
            declared: [...queriesKeysValues, read('input', 4), read('scratch', 0)],
            generated: [
              { name: 'dk', reference: write('output', 1) },
              { name: 'dv', reference: write('output', 2) },
            ],
            ...rowsOf(shape, shape.keys, context.device),
          }),
        ],
      }),
    },
  ];
}
