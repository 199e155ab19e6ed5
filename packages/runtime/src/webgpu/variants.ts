import type { Graph, OpNode } from '@snowglobe/graph';
import type { DeviceCapabilities, ShaderVariant } from '@snowglobe/kernels';
import { kernelOf } from '@snowglobe/kernels';
import type { ChooseVariant } from './lower.js';
import { rewriteForShaders } from './lower.js';

/** The variants of a node that are valid on a device, the kernel's own first choice first; none for an alias. */
export function variantsOf(
  { op, inputs, outputs, attributes }: OpNode,
  device: DeviceCapabilities,
): readonly ShaderVariant[] {
  const kernel = kernelOf(op);
  return kernel.alias ? [] : kernel.webgpu({ inputs, outputs, attributes, device });
}

/**
 * The variants of every op in a graph as it runs on a device: by op and name, each with its shaders for all nodes of the op.
 * Equal text means equal shaders.
 */
export function variantsByOp(
  source: Graph,
  device: DeviceCapabilities,
): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const byOp = new Map<string, Map<string, string>>();
  for (const node of rewriteForShaders(source, device).nodes) {
    if (node.kind !== 'op') continue;
    const known = byOp.get(node.op.name) ?? new Map<string, string>();
    for (const variant of variantsOf(node, device)) {
      const { passes } = variant.build();
      const text = JSON.stringify(passes.map(({ code, workgroups }) => [code, workgroups]));
      known.set(variant.name, `${known.get(variant.name) ?? ''}${text}`);
    }
    if (known.size > 0) byOp.set(node.op.name, known);
  }
  return byOp;
}

/** Takes the variant of this name for every node of an op that has it, and the first one for all others. */
export const takeVariant =
  (op: string, name: string): ChooseVariant =>
  (node, variants) =>
    (node.op.name === op && variants.find((variant) => variant.name === name)) || variants[0]!;
