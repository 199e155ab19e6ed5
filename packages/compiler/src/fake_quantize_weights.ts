import type { Graph } from '@snowglobe/graph';
import { SnowglobeError, rewrite } from '@snowglobe/graph';
import type { WeightFormat } from '@snowglobe/kernels';
import { fakeQuantize } from '@snowglobe/kernels';

/**
 * Every op reads the given variables rounded to their format instead of as they are. Before differentiation: gradients then
 * reach the variables as if nothing were rounded.
 *
 * @param formats by variable name; those that the graph has not are left aside
 * @throws SnowglobeError for a format that training cannot imitate (codebooks, rotations, smoothing)
 */
export function fakeQuantizeWeights(graph: Graph, formats: ReadonlyMap<string, WeightFormat>): Graph {
  const rounded = new Map<string, ReturnType<typeof fakeQuantize>>();
  return rewrite(graph, (node, { map, builder }) => {
    if (node.kind !== 'op') return undefined;
    const inputs = node.inputs.map((input) => {
      const name = input.node.kind === 'variable' ? input.node.name : undefined;
      const format = name === undefined ? undefined : formats.get(name);
      if (name === undefined || !format) return map(input);
      const known = rounded.get(name);
      if (known) return known;
      const { bits, group, zeroPoints, codebook, rotation, smooth } = format;
      if (codebook || rotation !== undefined || smooth) {
        throw new SnowglobeError(
          `fakeQuantize: '${name}' has a ${codebook ? 'codebook' : smooth ? 'smoothed' : 'rotated'} format, which training does not imitate; use integers with a scale a group.`,
        );
      }
      const made = fakeQuantize(map(input), { bits, group, zeroPoints });
      rounded.set(name, made);
      return made;
    });
    return builder.apply(node.op, inputs, node.attributes);
  });
}
