import type { Graph, OpNode, TensorData, TensorSpec } from '@snowglobe/graph';
import { GraphBuilder, allocate, costOf, sizeOf } from '@snowglobe/graph';
import type { ShaderVariant } from '@snowglobe/kernels';
import { kernelOf } from '@snowglobe/kernels';
import { messageOf } from '../devices/open.js';
import { generatorFor } from '../random.js';
import { createReferenceExecutor } from '../reference/reference.js';
import type { OpenDevice } from '../devices/device.js';
import { createWebgpuExecutor } from '../webgpu/executor.js';
import type { WebgpuExecutor } from '../webgpu/executor.js';
import { rewriteForShaders } from '../webgpu/lower.js';
import { nodeKey, variantChecksum } from './key.js';
import type { TuningEntry } from './tuning.js';

/** One variant of one node, as it was tried. */
export interface TunedVariant {
  readonly variant: string;
  /** Fastest of the samples; absent where it was not timed to the end. */
  readonly ms?: number;
  /** Why it was dropped: wrong, refused by the compiler, or slow. */
  readonly dropped?: string;
}

export interface TunedNode {
  readonly entry: TuningEntry;
  readonly tried: readonly TunedVariant[];
}

export interface TuneOptions {
  /** Called before a node is tried. */
  readonly onNode?: (progress: {
    readonly done: number;
    readonly total: number;
    readonly op: string;
  }) => void;
  readonly signal?: AbortSignal;
  /** Keys of nodes that need no tuning, for example because they are in the cache. */
  readonly known?: ReadonlySet<string>;
}

/** Timed runs of a variant that stays in the race. */
const samples = 5;
/** A variant slower than the best so far by this factor is dropped after its first run. */
const hopeless = 3;
/** … and by this one after its second. */
const slow = 1.5;
/** A timing takes at least so long, in repeats of one submit, that the clock and the queue do not decide it. */
const leastMs = 2;
const mostRepeats = 64;
/** Up to this much work the double-precision reference checks the variants; beyond it they are checked against each other. */
const mostReferenceFlops = 3e8;
/** Largest error as a share of the largest magnitude of the result. */
const tolerance = 1e-3;

/**
 * Tries every variant of every distinct node that has more than one: compiles it, checks its result, and times it beside the
 * others, dropping the slow ones early. A variant that the driver refuses or that computes wrongly is noted and left out.
 */
export async function tuneGraph(
  opened: Omit<OpenDevice, 'notes'>,
  source: Graph,
  { onNode, signal, known = new Set() }: TuneOptions = {},
): Promise<readonly TunedNode[]> {
  const { precision } = opened.capabilities;
  // The nodes that executors will ask about are those of the graph that runs.
  const graph = rewriteForShaders(source, opened.capabilities);
  const nodes = new Map<string, OpNode>();
  for (const node of graph.nodes) {
    if (node.kind !== 'op' || known.has(nodeKey(node, precision))) continue;
    if (variantsOf(node, opened).length > 1) nodes.set(nodeKey(node, precision), node);
  }
  const tuned: TunedNode[] = [];
  let done = 0;
  for (const node of nodes.values()) {
    if (signal?.aborted) break;
    onNode?.({ done: done++, total: nodes.size, op: node.op.name });
    const result = await tuneNode(opened, node);
    if (result) tuned.push(result);
  }
  return tuned;
}

function variantsOf(
  { op, inputs, outputs, attributes }: OpNode,
  { capabilities }: Pick<OpenDevice, 'capabilities'>,
) {
  const kernel = kernelOf(op);
  return kernel.alias ? [] : kernel.webgpu({ inputs, outputs, attributes, device: capabilities });
}

interface Candidate {
  readonly variant: ShaderVariant;
  readonly ms: number;
}

async function tuneNode(opened: Omit<OpenDevice, 'notes'>, node: OpNode): Promise<TunedNode | undefined> {
  const variants = variantsOf(node, opened);
  const graph = alone(node);
  const inputs = inputsOf(node);
  let expected = await referenceOf(graph, inputs, node);
  let best: Candidate | undefined;
  let defaultMs: number | undefined;
  const tried: TunedVariant[] = [];
  for (const variant of variants) {
    const drop = (dropped: string, ms?: number): void =>
      void tried.push({ variant: variant.name, dropped, ...(ms !== undefined && { ms }) });
    let program;
    try {
      program = await executorFor(opened, node, variant).compile(graph);
    } catch (error) {
      drop(`refused: ${messageOf(error)}`);
      continue;
    }
    try {
      const first = await program.repeat(inputs, 1);
      const error = expected === undefined ? 0 : largestError(first.results, expected);
      if (!(error <= tolerance)) {
        drop(`wrong: off by ${error.toExponential(1)} of the largest value`);
        continue;
      }
      expected ??= first.results;
      // The first run of a pipeline can pay for its compilation: it drops only what is far behind.
      if (best && first.wallMs > hopeless * best.ms && first.wallMs > 4 * leastMs) {
        drop('slow', first.wallMs);
        continue;
      }
      const once = (await program.repeat(inputs, 1)).wallMs;
      const repeats = Math.max(1, Math.min(mostRepeats, Math.ceil(leastMs / Math.max(once, 1e-3))));
      const times: number[] = [];
      for (let i = 0; i < samples; i++) {
        times.push((await program.repeat(inputs, repeats)).wallMs / repeats);
        if (best && Math.min(...times) > slow * best.ms) break;
      }
      // What else the machine does only adds: the fastest run is the kernel's own.
      const ms = Math.min(...times);
      if (variant === variants[0]) defaultMs = ms;
      if (times.length < samples) drop('slow', ms);
      else {
        tried.push({ variant: variant.name, ms });
        if (!best || ms < best.ms) best = { variant, ms };
      }
    } finally {
      await program.close();
    }
  }
  if (!best) return undefined;
  const entry: TuningEntry = {
    key: nodeKey(node, opened.capabilities.precision),
    variant: best.variant.name,
    checksum: variantChecksum(best.variant, variants),
    ms: best.ms,
    defaultVariant: variants[0]!.name,
    defaultMs: defaultMs ?? best.ms,
  };
  return { entry, tried };
}

/** An executor on the same device that takes this variant. It is not closed: the device is not its own. */
function executorFor(
  opened: Omit<OpenDevice, 'notes'>,
  node: OpNode,
  variant: ShaderVariant,
): WebgpuExecutor {
  return createWebgpuExecutor(opened, {
    chooseVariant: ({ op }, variants) =>
      (op === node.op && variants.find(({ name }) => name === variant.name)) || variants[0]!,
  });
}

/** The node as a graph of its own, whose operands are inputs. */
function alone({ op, inputs, attributes }: OpNode): Graph {
  const builder = new GraphBuilder();
  const operands = inputs.map(({ shape, dtype }, index) => builder.input(`x${index}`, shape, dtype));
  builder.apply(op, operands, attributes).forEach((output, index) => builder.output(`y${index}`, output));
  return builder.build();
}

/** Random operands. Whole numbers are random bits for packed weights, and zero for what may be an index. */
function inputsOf({ inputs }: OpNode): Record<string, TensorData> {
  const generator = generatorFor(1, 'tuning');
  const random = (): number => (generator.next() >>> 0) / 2 ** 32;
  const dataOf = ({ shape, dtype }: TensorSpec): TensorData => {
    const data = allocate(dtype, sizeOf(shape));
    if (dtype === 'f32') for (let i = 0; i < data.length; i++) data[i] = random() * 2 - 1;
    if (dtype === 'u32') for (let i = 0; i < data.length; i++) data[i] = random() * 2 ** 32;
    return data;
  };
  return Object.fromEntries(inputs.map((spec, index) => [`x${index}`, dataOf(spec)]));
}

async function referenceOf(graph: Graph, inputs: Record<string, TensorData>, node: OpNode) {
  if (costOf(node).flops > mostReferenceFlops) return undefined;
  return (await createReferenceExecutor().compile(graph)).run(inputs);
}

/** Largest difference as a share of the largest magnitude; NaN anywhere is infinitely wrong. */
function largestError(actual: Record<string, TensorData>, expected: Record<string, TensorData>): number {
  let difference = 0;
  let magnitude = 1e-6;
  for (const [name, values] of Object.entries(expected)) {
    const results = actual[name]!;
    for (let i = 0; i < values.length; i++) {
      const distance = Math.abs(results[i]! - values[i]!);
      if (!(distance <= difference)) difference = Number.isNaN(distance) ? Infinity : distance;
      magnitude = Math.max(magnitude, Math.abs(values[i]!));
    }
  }
  return difference / magnitude;
}
