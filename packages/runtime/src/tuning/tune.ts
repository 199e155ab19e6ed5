import type { Graph, OpNode, TensorData, TensorSpec, Executor } from '@snowglobe/graph';
import { GraphBuilder, SnowglobeError, costOf, sizeOf } from '@snowglobe/graph';
import { allocate } from '@snowglobe/graph/internal';
import type { ShaderVariant } from '@snowglobe/kernels';
import { generatorFor } from '@snowglobe/model';
import { messageOf } from '../devices/open.js';
import { largestError } from '../largest_error.js';
import { createReferenceExecutor } from '../reference/reference.js';
import type { OpenDevice } from '../devices/device.js';
import { createWebgpuExecutor } from '../webgpu/executor.js';
import type { WebgpuExecutor } from '../webgpu/executor.js';
import { rewriteForShaders } from '../webgpu/lower.js';
import type { WebgpuProgram } from '../webgpu/program.js';
import { takeVariant, variantsOf } from '../webgpu/variants.js';
import { nodeKey, variantChecksum } from './key.js';
import { race } from './race.js';
import type { TuningEntry } from './tuning.js';

/** One variant of one node, as it was tried. */
export interface TunedVariant {
  readonly variant: string;
  /** Median of the samples; absent where it was not timed to the end. */
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
  /** Called with what was found of a node, which is true whatever happens to later ones. */
  readonly onTuned?: (node: TunedNode) => void;
  /**
   * Checks kernels whose work is too much for the reference: an executor that shares no shader with what is tuned, such as ONNX
   * Runtime. Without one they keep their first variant.
   */
  readonly oracle?: Executor;
  /** Keys of nodes that need no tuning, for example because they are in the cache. */
  readonly known?: ReadonlySet<string>;
}

/**
 * A batch lasts so long that neither the clock nor writing operands and reading results decide it, and variants are timed in so many
 * rounds. Those of adapters that compute on the CPU differ by factors and take milliseconds each.
 */
const effort = {
  hardware: { batchMs: 20, rounds: 9 },
  software: { batchMs: 1, rounds: 3 },
} as const;
const mostRepeats = 4096;
/** A variant whose second run takes so many times the best batch is not raced. */
const hopeless = 3;
/** Up to this much work the reference checks the variants; beyond it another executor, which is as independent. */
const mostReferenceFlops = 3e8;
/** Largest error as a share of the largest magnitude of the result. */
const tolerance = 1e-3;
/** Share of the wall time of a long batch that honest timestamps say the device worked. */
const honest = [0.5, 1.02] as const;

/**
 * Tries every variant of every distinct node that has more than one: compiles it, checks its result, and times it in turns with
 * the others. A variant that the driver refuses or that computes wrongly is noted and left out; one that is no faster beyond the
 * noise is not chosen over the kernel's own first variant.
 *
 * @throws SnowglobeError when the device is lost: that is no verdict on a variant
 */
export async function tuneGraph(
  opened: Omit<OpenDevice, 'notes'>,
  source: Graph,
  { onNode, onTuned, oracle, signal, known = new Set() }: TuneOptions = {},
): Promise<readonly TunedNode[]> {
  const { precision } = opened.capabilities;
  // The nodes that executors will ask about are those of the graph that runs.
  const graph = rewriteForShaders(source, opened.capabilities);
  const nodes = new Map<string, OpNode>();
  for (const node of graph.nodes) {
    if (node.kind !== 'op' || known.has(nodeKey(node, precision))) continue;
    if (variantsOf(node, opened.capabilities).length > 1) nodes.set(nodeKey(node, precision), node);
  }
  const tuned: TunedNode[] = [];
  let done = 0;
  for (const node of nodes.values()) {
    if (signal?.aborted) break;
    onNode?.({ done: done++, total: nodes.size, op: node.op.name });
    const result = await tuneNode(opened, node, oracle, tuned.length);
    if (!result) continue;
    tuned.push(result);
    onTuned?.(result);
  }
  return tuned;
}

async function tuneNode(
  opened: Omit<OpenDevice, 'notes'>,
  node: OpNode,
  oracle: Executor | undefined,
  done: number,
): Promise<TunedNode | undefined> {
  const variants = variantsOf(node, opened.capabilities);
  const { batchMs, rounds } = effort[opened.description.kind];
  const graph = alone(node);
  const inputs = inputsOf(node);
  const expected = await referenceOf(graph, inputs, node, oracle);
  if (!expected) return undefined;
  const tried = new Map<string, TunedVariant>();
  const programs = new Map<ShaderVariant, WebgpuProgram>();
  const drop = (variant: ShaderVariant, dropped: string, ms?: number): void =>
    void tried.set(variant.name, { variant: variant.name, dropped, ...(ms !== undefined && { ms }) });
  /** What a variant's shaders do: a lost device ends the tuning, everything else is the variant's own fault. */
  const attempt = async <T>(variant: ShaderVariant, work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      if (await isLost(opened.device)) {
        throw new SnowglobeError(
          `tune: device '${opened.description.name}' was lost at variant ${variant.name} of ${node.op.name}, after ${done} kernels; ` +
            `run tune again: what was found before is kept.`,
          { cause: error },
        );
      }
      drop(variant, `refused: ${messageOf(error)}`);
      return undefined;
    }
  };
  try {
    let quickest = Infinity;
    for (const variant of variants) {
      const program = await attempt(variant, () => executorFor(opened, node, variant).compile(graph));
      if (!program) continue;
      programs.set(variant, program);
      const first = await attempt(variant, () => program.repeat(inputs, 1));
      const error = first ? largestError(first.results, expected) : NaN;
      // The first run of a pipeline can pay for its compilation.
      const second = error <= tolerance && (await attempt(variant, () => program.repeat(inputs, 1)));
      if (second && second.wallMs <= hopeless * Math.max(quickest, batchMs / 4)) {
        quickest = Math.min(quickest, second.wallMs);
        continue;
      }
      if (second) drop(variant, 'slow', second.wallMs);
      else if (first && !(error <= tolerance)) {
        drop(variant, `wrong: off by ${error.toExponential(1)} of the largest value`);
      }
      programs.delete(variant);
      await program.close();
    }
    const clock = await clockOf([...programs.values()][0], inputs, batchMs);
    const entrants = [...programs].map(([variant, program]) => ({
      name: variant.name,
      variant,
      time: async () => (await attempt(variant, () => clock(program))) ?? Infinity,
    }));
    if (entrants.length === 0) return undefined;
    const { raced, chosen } = await race(entrants, rounds);
    for (const { name, ms, slow } of raced) {
      if (Number.isFinite(ms)) tried.set(name, { variant: name, ms, ...(slow && { dropped: 'slow' }) });
    }
    const best = entrants[chosen]!.variant;
    const timeOf = (name: string): number | undefined => tried.get(name)?.ms;
    const ms = timeOf(best.name);
    if (ms === undefined) return undefined;
    const entry: TuningEntry = {
      key: nodeKey(node, opened.capabilities.precision),
      variant: best.name,
      checksum: variantChecksum(best, variants),
      ms,
      defaultVariant: variants[0]!.name,
      defaultMs: timeOf(variants[0]!.name) ?? ms,
    };
    return { entry, tried: variants.flatMap(({ name }) => tried.get(name) ?? []) };
  } finally {
    for (const program of programs.values()) await program.close();
  }
}

/** A device is said to be lost an instant after what was under way on it has failed. */
const isLost = (device: GPUDevice): Promise<boolean> =>
  Promise.race([
    device.lost.then(() => true),
    new Promise<false>((resolve) => setTimeout(resolve, 100, false)),
  ]);

/**
 * How long a run of a program takes, by batches that are equally long for all variants: by the device's timestamps where they agree
 * with the wall clock, which also counts how operands get there and results come back.
 */
async function clockOf(
  first: WebgpuProgram | undefined,
  inputs: Record<string, TensorData>,
  batchMs: number,
): Promise<(program: WebgpuProgram) => Promise<number>> {
  let repeats = 1;
  let byDevice = false;
  while (first) {
    const { wallMs, deviceMs = 0 } = await first.repeat(inputs, repeats);
    const share = deviceMs / wallMs;
    byDevice = share >= honest[0] && share <= honest[1];
    if ((byDevice ? deviceMs : wallMs) >= batchMs || repeats >= mostRepeats) break;
    repeats = Math.min(
      mostRepeats,
      Math.max(2 * repeats, Math.ceil((repeats * batchMs) / Math.max(wallMs, 1) / 2)),
    );
  }
  return async (program) => {
    const { wallMs, deviceMs } = await program.repeat(inputs, repeats);
    return (byDevice && deviceMs! > 0 ? deviceMs! : wallMs) / repeats;
  };
}

/** An executor on the same device that takes this variant. It is not closed: the device is not its own. */
function executorFor(
  opened: Omit<OpenDevice, 'notes'>,
  node: OpNode,
  variant: ShaderVariant,
): WebgpuExecutor {
  return createWebgpuExecutor(opened, {
    chooseVariant: takeVariant(node.op.name, variant.name),
  });
}

/** The node as a graph of its own, whose operands are inputs. */
function alone({ op, inputs, attributes }: OpNode): Graph {
  const builder = new GraphBuilder();
  const operands = inputs.map(({ shape, dtype }, index) => builder.input(`x${index}`, shape, dtype));
  builder.apply(op, operands, attributes).forEach((output, index) => builder.output(`y${index}`, output));
  return builder.build();
}

/** Random operands. Integers are random bits for packed weights, and zero for what may be an index. */
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

/** What the node's result should be, by something that shares nothing with its shaders; undefined where that would take too long. */
async function referenceOf(
  graph: Graph,
  inputs: Record<string, TensorData>,
  node: OpNode,
  oracle: Executor | undefined,
): Promise<Record<string, TensorData> | undefined> {
  const isSmall = costOf(node).flops <= mostReferenceFlops;
  const executor = isSmall ? createReferenceExecutor() : oracle;
  if (!executor) return undefined;
  const program = await executor.compile(graph);
  try {
    return await program.run(inputs);
  } finally {
    await program.close();
  }
}
