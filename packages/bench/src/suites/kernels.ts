import type { Graph, OpNode, Tensor, TensorData } from '@snowglobe/graph';
import { GraphBuilder, costOf, sizeOf } from '@snowglobe/graph';
import { bytesPerElement } from '@snowglobe/graph/internal';
import { kernelOf } from '@snowglobe/kernels';
import { createReferenceExecutor, createWebgpuExecutor } from '@snowglobe/runtime/core';
import { chooseTuned, tuneGraph } from '@snowglobe/runtime/internal/core';
import type { BenchCase } from '../cases/case.js';
import { kernelCases } from '../cases/index.js';
import { timeOnDevice } from '../measure/kernel_time.js';
import type { Contender } from '../measure/sampling.js';
import { sampleSideBySide } from '../measure/sampling.js';
import { shareOfRoofline } from '../measure/share.js';
import { peerModels } from '../peers/onnx_model.js';
import type { OpenPeer, PeerSession, Provider } from '../peers/peer.js';
import type { BenchEntry, BenchRefusal } from '../record/types.js';
import { tolerances } from '../tolerances.js';
import type { SuiteContext, SuiteResult } from './options.js';

/** A run takes about so long: shorter ops are repeated in one submit. */
const targetMs = 1;
const mostRepeats = 64;

/** Times every kernel of `kernelCases` that the filter lets through, each first checked against the reference. */
export async function kernelSuite(context: SuiteContext): Promise<SuiteResult> {
  const { filter, signal, onStart, onEntry, onRefused } = context;
  const cases = kernelCases().filter(({ family, shape }) => !filter || filter.test(`${family} ${shape}`));
  const entries: BenchEntry[] = [];
  const refused: BenchRefusal[] = [];
  for (const [index, each] of cases.entries()) {
    signal?.throwIfAborted();
    onStart?.(`${each.family} ${each.shape}`, index, cases.length);
    try {
      const entry = await timeCase(each, context);
      entries.push(entry);
      onEntry?.(entry);
    } catch (error) {
      if (signal?.aborted) throw error;
      const { family, shape } = each;
      const reason = (error as Error).message.slice(0, 1000);
      const refusal: BenchRefusal = { suite: 'kernels', family, shape, reason };
      refused.push(refusal);
      onRefused?.(refusal);
    }
  }
  return { entries, refused, notes: [] };
}

async function timeCase(each: BenchCase, context: SuiteContext): Promise<BenchEntry> {
  const { opened, tune, openPeer, roofline, method, tickNs, signal } = context;
  const builder = new GraphBuilder();
  builder.output('y', each.build(builder));
  const graph = builder.build();
  const tuned = tune ? (await tuneGraph(opened, graph)).map(({ entry }) => entry) : undefined;
  const { precision } = opened.capabilities;
  const choose = tuned ? chooseTuned({ entries: tuned }, precision) : context.chooseVariant;
  let variant = '';
  let isDefault = true;
  const node = nodeOf(graph, each.op);
  const executor = createWebgpuExecutor(opened, {
    chooseVariant: (other, variants) => {
      const chosen = choose ? choose(other, variants) : variants[0]!;
      if (other.op === node.op) {
        variant = chosen.name;
        isDefault = chosen === variants[0];
      }
      return chosen;
    },
  });
  const program = await executor.compile(graph);
  const dense = each.dense && (await executor.compile(each.dense));
  const sessions: PeerSession[] = [];
  try {
    const { y } = await program.run(each.inputs);
    const expected = await referenceOf(graph, each.inputs);
    const maxError = errorOf(y!, expected);
    const tolerance = tolerances[precision];
    if (!(maxError <= tolerance)) {
      throw new Error(
        `variant ${variant} is wrong by ${maxError.toExponential(1)} of the largest value (allowed ${tolerance}), so it was not timed`,
      );
    }
    const once = (await program.repeat(each.inputs, 1)).wallMs;
    const repeats = Math.max(1, Math.min(mostRepeats, Math.round(targetMs / once)));
    const notes: string[] = [];
    // Nobody else has an op for what is sparse.
    if (openPeer && each.op === undefined) {
      sessions.push(...(await openPeers(openPeer, each, graph, repeats, expected, notes)));
    }
    const ours: Contender = { name: 'ours', run: () => program.repeat(each.inputs, repeats) };
    const contenders = [ours, ...sessions.map(contenderOf)];
    if (dense) contenders.push({ name: 'dense', run: () => dense.repeat(each.inputs, repeats) });
    const [own, ...others] = await sampleSideBySide(contenders, {
      // Without peers the whole bench is to be done in two minutes.
      ...(sessions.length === 0 && { rounds: 1, minSamples: 5, maxSeconds: 0.3 }),
      ...(signal && { signal }),
    });
    const denseMs = dense && others.pop()!.median / repeats;
    const samples = own!.ms.map((value) => value / repeats);
    const ms = own!.median / repeats;
    const kernel =
      method === 'timestamps' ? await timeOnDevice(program, each.inputs, tickNs ?? 1) : undefined;
    if (method === 'timestamps' && !kernel)
      notes.push('Too short for the steps of the device’s clock: no kernel time.');
    const work = workOf(node);
    const taken = kernel?.ms ?? ms;
    const { share, note } = roofline ? shareOfRoofline(work, taken, roofline, variant) : {};
    if (note) notes.push(note);
    const best = (provider: Provider): number | undefined => {
      const times = others.flatMap(({ median }, index) =>
        sessions[index]!.provider === provider ? [median / repeats] : [],
      );
      return times.length > 0 ? Math.min(...times) : undefined;
    };
    const [ortWebgpu, ortCpu] = [best('webgpu'), best('cpu')];
    return {
      suite: 'kernels',
      family: each.family,
      shape: each.shape,
      dtype: each.dtype,
      variant,
      choice: isDefault ? 'default' : 'tuned',
      ms,
      spread: own!.spread,
      samples,
      repeats,
      ...(kernel && { kernelMs: kernel.ms, kernelRepeats: kernel.repeats }),
      gflops: work.flops / taken / 1e6,
      gbs: work.bytes / taken / 1e6,
      ...(share !== undefined && { share }),
      maxError,
      ...(sessions.length > 0 && {
        peers: { ...(ortWebgpu !== undefined && { ortWebgpu }), ...(ortCpu !== undefined && { ortCpu }) },
      }),
      ...(denseMs !== undefined && { denseMs }),
      ...(notes.length > 0 && { note: notes.join(' ').slice(0, 1000) }),
    };
  } finally {
    for (const session of sessions) await session.close();
    await dense?.close();
    await program.close();
  }
}

/** Operations and bytes; a sparse attention touches only the keys that it counts operations for. */
function workOf(node: OpNode): { readonly flops: number; readonly bytes: number } {
  const { flops, bytes } = costOf(node);
  const [q, k] = node.inputs;
  if (node.op.name !== 'sparseAttention') return { flops, bytes };
  const share = flops / (4 * sizeOf(q!.shape) * k!.shape[1]!);
  const bytesOf = (tensor: Tensor): number => sizeOf(tensor.shape) * bytesPerElement;
  return { flops, bytes: 2 * bytesOf(q!) + 2 * share * bytesOf(k!) };
}

const contenderOf = ({ label, provider, run }: PeerSession): Contender => ({
  name: `${provider} ${label}`,
  run,
});

/** Peers whose results agree; the others are noted. */
async function openPeers(
  openPeer: OpenPeer,
  each: BenchCase,
  graph: Graph,
  repeats: number,
  expected: TensorData,
  notes: string[],
): Promise<readonly PeerSession[]> {
  const sessions: PeerSession[] = [];
  for (const provider of ['webgpu', 'cpu'] as const) {
    for (const model of peerModels(each, graph)) {
      const name = `ONNX Runtime ${provider} (${model.label})`;
      try {
        const session = await openPeer(model, each.inputs, provider, repeats);
        const error = errorOf(await session.run(), expected);
        // Peers may trade accuracy for speed; what is no such trade is no contender.
        if (error <= peerTolerance) sessions.push(session);
        else {
          notes.push(`${name} is off by ${error.toExponential(1)} and was not timed.`);
          await session.close();
        }
      } catch (error) {
        notes.push(`${name} refused: ${(error as Error).message.slice(0, 200)}.`);
      }
    }
  }
  return sessions;
}

const peerTolerance = 0.02;

function nodeOf(graph: Graph, op: string | undefined): OpNode {
  const wanted = (node: OpNode): boolean =>
    op === undefined ? !kernelOf(node.op).alias : node.op.name === op;
  return graph.nodes.find((each): each is OpNode => each.kind === 'op' && wanted(each))!;
}

async function referenceOf(graph: Graph, inputs: Readonly<Record<string, TensorData>>): Promise<TensorData> {
  const program = await createReferenceExecutor().compile(graph);
  return (await program.run(inputs))['y']!;
}

/** Largest difference as a share of the largest magnitude. */
function errorOf(actual: TensorData, expected: TensorData): number {
  let difference = 0;
  let magnitude = 1e-9;
  for (let i = 0; i < expected.length; i++) {
    const distance = Math.abs(actual[i]! - expected[i]!);
    if (!(distance <= difference)) difference = Number.isNaN(distance) ? Infinity : distance;
    magnitude = Math.max(magnitude, Math.abs(expected[i]!));
  }
  return difference / magnitude;
}
