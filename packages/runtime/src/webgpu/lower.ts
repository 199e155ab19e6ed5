import { fuseHeads, fuseMatmulEpilogues, fusePointwise, simplify } from '@snowglobe/compiler';
import type { Graph, OpNode } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import { formatShape } from '@snowglobe/graph/internal';
import type { DeviceCapabilities, ShaderPass, ShaderProgram, ShaderVariant } from '@snowglobe/kernels';
import { kernelOf } from '@snowglobe/kernels';
import { checkPassFits, checkTensorFits } from './limits.js';
import type { BufferLimits } from './limits.js';
import type { StoragePlan } from './storage.js';
import { planStorage } from './storage.js';

/** Picks among the variants of a node that are valid on the device; the autotuner's way in. */
export type ChooseVariant = (node: OpNode, variants: readonly ShaderVariant[]) => ShaderVariant;

export interface LoweredGraph {
  /** As `rewriteForShaders` gives it. */
  readonly graph: Graph;
  readonly storage: StoragePlan;
  /** The shaders of each step of the plan. */
  readonly programs: readonly ShaderProgram[];
}

/** The graph that runs for `source`: dead code gone, equal nodes shared; epilogues of matmuls, heads and pointwise chains fused. */
export function rewriteForShaders(source: Graph, { limits }: DeviceCapabilities): Graph {
  const buffers = limits.maxStorageBuffersPerShaderStage;
  const withHeads = fuseHeads(fuseMatmulEpilogues(simplify(source)), buffers);
  return fusePointwise(withHeads, buffers);
}

/**
 * Rewrites a graph for a device and picks its shaders. Touches no device.
 * @throws SnowglobeError when a tensor or a dispatch is beyond the device's limits.
 */
export function lowerToShaders(
  source: Graph,
  device: string,
  capabilities: DeviceCapabilities,
  limits: BufferLimits,
  choose: ChooseVariant = (_, variants) => variants[0]!,
): LoweredGraph {
  const graph = rewriteForShaders(source, capabilities);

  const programs = new Map<OpNode, ShaderProgram>();
  const storage = planStorage(graph, (node) => {
    const kernel = kernelOf(node.op);
    if (kernel.alias) return { alias: true };
    const { inputs, outputs, attributes } = node;
    const variants = kernel.webgpu({ inputs, outputs, attributes, device: capabilities });
    if (variants.length === 0) {
      throw new SnowglobeError(
        `${labelOf(node)}: no kernel for ${inputs.map(({ shape }) => formatShape(shape)).join(' and ')} stays within ` +
          `the limits of '${device}' (${describeLimits(capabilities)}); use the onnx executor or another device.`,
      );
    }
    const program = choose(node, variants).build();
    programs.set(node, program);
    return { ...(kernel.inPlace && { inPlace: kernel.inPlace }), scratch: program.scratch ?? [] };
  });

  for (const { node, spec } of storage.storages) {
    const what =
      node.kind === 'op' ? labelOf(node) : `${node.kind}${'name' in node ? ` '${node.name}'` : ''}`;
    checkTensorFits(what, spec, device, limits);
  }
  for (const { node } of storage.steps) {
    for (const pass of programs.get(node)!.passes) {
      checkPassFits(labelOf(node, pass), pass, device, capabilities.limits);
    }
  }
  return { graph, storage, programs: storage.steps.map(({ node }) => programs.get(node)!) };
}

/** `decoder/block0/matmul: tile8x8`: where a pass stands in the model and what it does. */
export function labelOf(node: OpNode, pass?: ShaderPass): string {
  const name = node.scope === '' ? node.op.name : `${node.scope}/${node.op.name}`;
  return pass && pass.label !== node.op.name ? `${name}: ${pass.label}` : name;
}

function describeLimits({ limits }: DeviceCapabilities): string {
  return Object.entries(limits)
    .map(([name, value]) => `${name} = ${value}`)
    .join(', ');
}
