import type { Graph, Node, OpNode, Tensor } from '@snowglobe/graph';
import { rewrite } from '@snowglobe/graph';
import type {
  HeadPart,
  RmsNormAttributes,
  RotaryAttributes,
  SliceAttributes,
} from '@snowglobe/kernels/internal';
import { reshape } from '@snowglobe/kernels';
import { reshapeOp, rmsNormOp, rotaryOp, sliceOp, splitHeadsOp } from '@snowglobe/kernels/internal';

/** A slice of a projection with what is done to it before anyone else reads it. */
interface Chain {
  readonly slice: OpNode;
  /** In order; the last one's result is the part. */
  readonly steps: readonly OpNode[];
  readonly norm?: OpNode;
  readonly rotary?: OpNode;
}

/** Slices of one tensor that one kernel makes. */
interface Group {
  readonly source: Tensor;
  readonly chains: readonly Chain[];
  readonly tables: readonly Tensor[];
  readonly headWidth: number;
}

/** Width of what is only copied, so that there are threads enough. */
const copiedWidth = 16;

/**
 * Cuts a projection into queries, keys and values with one kernel: all slices of a tensor along its last axis, with the norm a
 * head and the rotary positions that follow. After differentiation: what a gradient reads in between stays.
 *
 * @param buffers most storage buffers of a kernel
 */
export function fuseHeads(graph: Graph, buffers = 8): Graph {
  const readers = readersOf(graph);
  const groups = new Map<Node, Group>();
  const bySource = new Map<Tensor, OpNode[]>();
  for (const node of graph.nodes) {
    if (node.kind !== 'op' || node.op !== sliceOp) continue;
    const [source] = node.inputs as [Tensor];
    const isColumns = (node.attributes as SliceAttributes).axis === source.shape.length - 1;
    if (isColumns && source.dtype === 'f32') bySource.set(source, [...(bySource.get(source) ?? []), node]);
  }
  for (const [source, slices] of bySource) {
    const group = groupOf(
      source,
      slices.map((slice) => chainOf(slice, readers)),
      buffers,
    );
    for (const { steps } of group?.chains ?? []) groups.set(steps.at(-1)!, group!);
  }
  if (groups.size === 0) return graph;
  const ends = new Set(groups.keys());
  const swallowed = new Set<Node>(
    [...new Set(groups.values())].flatMap(({ chains }) => chains.flatMap(({ steps }) => steps)),
  );
  const made = new Map<Group, readonly Tensor[]>();
  return rewrite(
    graph,
    (node, { map, builder }) => {
      const group = groups.get(node);
      if (!group) return undefined;
      const { source, chains, tables, headWidth } = group;
      const results =
        made.get(group) ??
        builder.apply(splitHeadsOp, [source, ...tables].map(map), {
          headWidth,
          epsilon: epsilonOf(chains.find(({ norm }) => norm)),
          inverse: isInverse(chains.find(({ rotary }) => rotary)),
          parts: chains.map((chain) => partOf(chain, headWidth)),
        });
      made.set(group, results);
      const part = chains.findIndex(({ steps }) => steps.at(-1) === node);
      return [reshape(results[part]!, node.outputs[0]!.shape)];
    },
    (node) => ends.has(node) || !swallowed.has(node),
  );
}

/** The nodes that read each tensor; results of the graph are read by `undefined`. */
function readersOf(graph: Graph): ReadonlyMap<Tensor, readonly (OpNode | undefined)[]> {
  const readers = new Map<Tensor, (OpNode | undefined)[]>();
  const add = (tensor: Tensor, reader?: OpNode): void =>
    void readers.set(tensor, [...(readers.get(tensor) ?? []), reader]);
  for (const node of graph.nodes) if (node.kind === 'op') node.inputs.forEach((tensor) => add(tensor, node));
  [...graph.outputs.values(), ...graph.assignments.values()].forEach((tensor) => add(tensor));
  return readers;
}

function chainOf(slice: OpNode, readers: ReturnType<typeof readersOf>): Chain {
  const soleReader = (node: OpNode): OpNode | undefined => {
    const all = readers.get(node.outputs[0]!) ?? [];
    return all.length === 1 ? all[0] : undefined;
  };
  let chain: Chain = { slice, steps: [slice] };
  let walked: OpNode[] = [slice];
  let node: OpNode | undefined = soleReader(slice);
  while (node) {
    walked = [...walked, node];
    if (node.op === rmsNormOp) {
      const isUsable = node.inputs.length === 1 && !readers.has(node.outputs[1]!);
      if (!isUsable || chain.norm || chain.rotary || !dividesColumns(node, slice)) return chain;
      chain = { ...chain, steps: walked, norm: node };
    } else if (node.op === rotaryOp) {
      const isOperand = walked.at(-2)!.outputs[0] === node.inputs[0];
      const sameRows = node.inputs[0]!.shape.at(-1) === slice.outputs[0]!.shape.at(-1);
      if (!isOperand || !sameRows) return chain;
      return { ...chain, steps: walked, rotary: node };
    } else if (node.op !== reshapeOp) return chain;
    node = soleReader(node);
  }
  return chain;
}

const dividesColumns = (norm: OpNode, slice: OpNode): boolean =>
  slice.outputs[0]!.shape.at(-1)! % norm.inputs[0]!.shape.at(-1)! === 0;

const widthOf = ({ norm, rotary }: Chain): number | undefined =>
  norm?.inputs[0]!.shape.at(-1) ?? (rotary && rotary.inputs[1]!.shape[1]! * 2);
const epsilonOf = (chain: Chain | undefined): number =>
  chain ? (chain.norm!.attributes as RmsNormAttributes).epsilon : 1;
const isInverse = (chain: Chain | undefined): boolean =>
  chain ? (chain.rotary!.attributes as RotaryAttributes).inverse : false;

function partOf({ slice, norm, rotary }: Chain, headWidth: number): HeadPart {
  const { start, end } = slice.attributes as SliceAttributes;
  return { start, heads: (end - start) / headWidth, normalize: Boolean(norm), rotate: Boolean(rotary) };
}

/** The slices as one kernel; undefined where that spares nothing, or they do not go together. */
function groupOf(source: Tensor, chains: readonly Chain[], buffers: number): Group | undefined {
  if (chains.reduce((count, { norm, rotary }) => count + 1 + +!!norm + +!!rotary, 0) < 2) return undefined;
  const rotations = chains.flatMap(({ rotary }) => rotary ?? []);
  const tables = rotations[0]?.inputs.slice(1) ?? [];
  if (1 + tables.length + chains.length > buffers) return undefined;
  const columns = chains.flatMap(({ slice }) => {
    const { start, end } = slice.attributes as SliceAttributes;
    return [start, end - start];
  });
  const headWidth =
    chains.map(widthOf).find((width) => width !== undefined) ?? columns.reduce(gcd, copiedWidth);
  const first = Math.min(...chains.map(({ steps }) => steps.at(-1)!.id));
  const fits =
    columns.every((each) => each % headWidth === 0) &&
    chains.every((chain) => (widthOf(chain) ?? headWidth) === headWidth) &&
    chains.every(({ rotary }) => !rotary || rotary.inputs[1]!.shape[1]! * 2 === headWidth) &&
    new Set(chains.filter(({ norm }) => norm).map(epsilonOf)).size <= 1 &&
    new Set(rotations.map((rotary) => isInverse({ ...chains[0]!, rotary }))).size <= 1 &&
    rotations.every(({ inputs }) => inputs[1] === tables[0] && inputs[2] === tables[1]) &&
    tables.every(({ node }) => node.id < first);
  return fits ? { source, chains, tables, headWidth } : undefined;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
