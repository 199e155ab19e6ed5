import type { Graph, Node, OpNode, Tensor, TensorSpec } from '@snowglobe/graph';
import { sizeOf } from '@snowglobe/graph';
import { bytesPerElement } from '@snowglobe/graph/internal';

/** What the plan needs to know about a node's implementation. */
export interface NodeMemory {
  /** Output 0 is input 0 under another shape. */
  readonly alias?: boolean;
  /** The kernel writes part of `output`, which must hold the value of `input` beforehand; `input` is not bound. */
  readonly inPlace?: { readonly input: number; readonly output: number };
  readonly scratch?: readonly TensorSpec[];
}

/** Memory that holds one tensor, or several that are never needed at the same time or are the same bytes. */
export interface Storage {
  /** Temporaries may share a buffer with others; each of the rest has a buffer of its own. */
  readonly kind: 'input' | 'variable' | 'constant' | 'temporary';
  /** The tensor that gave rise to it; for scratch memory its spec alone. */
  readonly spec: TensorSpec;
  readonly node: Node;
  readonly bytes: number;
  /** First and last step at which the bytes matter, both included. The step count stands for the end of the run. */
  readonly first: number;
  readonly last: number;
}

export interface Step {
  readonly node: OpNode;
  readonly inputs: readonly Storage[];
  readonly outputs: readonly Storage[];
  readonly scratch: readonly Storage[];
  /** For a kernel that works in place on a value that is still needed: copied before the kernel runs. */
  readonly copy?: { readonly from: Storage; readonly to: Storage };
}

export interface StoragePlan {
  /** Nodes that run, in order: aliases do not. */
  readonly steps: readonly Step[];
  readonly storages: readonly Storage[];
  storageOf(tensor: Tensor): Storage;
}

type Mutable = { -readonly [K in keyof Storage]: Storage[K] };

/**
 * Gives every tensor of a graph its storage, and every storage the steps during which it must not be overwritten.
 *
 * An in-place node takes over its operand's storage when nothing reads the operand later and the old value may go: a
 * temporary, an input (the next run writes it anew), or a variable that the run assigns (the assignment puts the right
 * value there in the end).
 */
export function planStorage(graph: Graph, memoryOf: (node: OpNode) => NodeMemory): StoragePlan {
  const memory = new Map<OpNode, NodeMemory>();
  const opNodes = graph.nodes.filter((node): node is OpNode => node.kind === 'op');
  for (const node of opNodes) memory.set(node, memoryOf(node));
  const running = opNodes.filter((node) => !memory.get(node)!.alias);
  const lastUse = lastUses(graph, opNodes, memory, running);
  const storages: Mutable[] = [];
  const assigned = new Map<Tensor, Mutable>();

  const create = (
    kind: Storage['kind'],
    spec: TensorSpec,
    node: Node,
    first: number,
    last: number,
  ): Mutable => {
    const bytes = sizeOf(spec.shape) * bytesPerElement;
    const storage: Mutable = { kind, spec, node, bytes, first, last };
    storages.push(storage);
    return storage;
  };

  const steps: Step[] = [];
  for (const node of graph.nodes) {
    if (node.kind !== 'op') {
      const tensor = node.outputs[0]!;
      assigned.set(tensor, create(node.kind, tensor, node, 0, running.length));
      continue;
    }
    const { alias, inPlace, scratch = [] } = memory.get(node)!;
    if (alias) {
      assigned.set(node.outputs[0]!, assigned.get(node.inputs[0]!)!);
      continue;
    }
    const time = steps.length;
    const inputs = node.inputs.map((input) => assigned.get(input)!);
    let copy: Step['copy'];
    const outputs = node.outputs.map((tensor, index) => {
      const last = Math.max(time, lastUse.get(tensor) ?? time);
      const source = inPlace?.output === index ? inputs[inPlace.input]! : undefined;
      if (source && mayOverwrite(graph, node, inPlace!.input, source, inputs, lastUse, time)) {
        source.last = Math.max(source.last, last);
        return source;
      }
      const storage = create('temporary', tensor, node, time, last);
      if (source) copy = { from: source, to: storage };
      return storage;
    });
    node.outputs.forEach((tensor, index) => assigned.set(tensor, outputs[index]!));
    steps.push({
      node,
      inputs,
      outputs,
      scratch: scratch.map((spec) => create('temporary', spec, node, time, time)),
      ...(copy && { copy }),
    });
  }
  return {
    steps,
    storages,
    storageOf(tensor) {
      const storage = assigned.get(tensor);
      if (!storage) throw new Error(`storage: tensor of node ${tensor.node.id} is not in the graph`);
      return storage;
    },
  };
}

/**
 * Last step that reads each tensor or an alias of it. An alias has the same last use as its source: the bytes are the
 * same.
 */
function lastUses(
  graph: Graph,
  opNodes: readonly OpNode[],
  memory: ReadonlyMap<OpNode, NodeMemory>,
  running: readonly OpNode[],
): ReadonlyMap<Tensor, number> {
  const source = new Map<Tensor, Tensor>();
  for (const node of opNodes) {
    if (!memory.get(node)!.alias) continue;
    const input = node.inputs[0]!;
    source.set(node.outputs[0]!, source.get(input) ?? input);
  }
  const last = new Map<Tensor, number>();
  const use = (tensor: Tensor, time: number): void => {
    const root = source.get(tensor) ?? tensor;
    last.set(root, Math.max(time, last.get(root) ?? time));
  };
  running.forEach((node, time) => node.inputs.forEach((input) => use(input, time)));
  for (const tensor of [...graph.outputs.values(), ...graph.assignments.values()])
    use(tensor, running.length);
  for (const [tensor, root] of source) {
    const time = last.get(root);
    if (time !== undefined) last.set(tensor, time);
  }
  return last;
}

function mayOverwrite(
  graph: Graph,
  node: OpNode,
  operand: number,
  source: Storage,
  inputs: readonly Storage[],
  lastUse: ReadonlyMap<Tensor, number>,
  time: number,
): boolean {
  if ((lastUse.get(node.inputs[operand]!) ?? time) > time) return false;
  // The kernel would read through another operand what it is overwriting.
  if (inputs.some((input, index) => index !== operand && input === source)) return false;
  switch (source.kind) {
    case 'temporary':
    case 'input':
      return true;
    case 'variable':
      return source.node.kind === 'variable' && graph.assignments.has(source.node.name);
    case 'constant':
      return false;
  }
}
