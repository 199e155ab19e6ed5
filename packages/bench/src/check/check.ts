import type { Graph, TensorData } from '@snowglobe/graph';
import type { Precision } from '@snowglobe/kernels';
import type { OpenDevice, WebgpuExecutor } from '@snowglobe/runtime/core';
import { createReferenceExecutor, createWebgpuExecutor } from '@snowglobe/runtime/core';
import { largestError, messageOf, takeVariant, variantsByOp } from '@snowglobe/runtime/internal/core';
import { tolerances } from '../tolerances.js';
import type { CheckCase } from './cases/index.js';
import { checkCases, graphOf } from './cases/index.js';
import { unavailableVariants } from './unavailable.js';

/** One variant of an op in one shape and precision. */
export interface CheckEntry {
  readonly op: string;
  readonly shape: string;
  readonly precision: Precision;
  readonly variant: string;
  readonly status: 'passed' | 'failed' | 'not available' | 'not reached';
  /** Largest error against the double-precision reference, as a share of the largest value, over all runs. */
  readonly maxError?: number;
  readonly allowedError?: number;
  /** Milliseconds from compiling to the last result. */
  readonly ms?: number;
  /** Why it failed, is not available, or was not reached. */
  readonly reason?: string;
}

/** What is checked, and who is told. */
export interface CheckOptions {
  /** After so many milliseconds the rest is `not reached`. Default: no limit. */
  readonly limitMs?: number;
  /** A variant that gives no result in this time has failed, and the rest goes on with another device. Default 2 minutes. */
  readonly entryMs?: number;
  /** Only cases whose `op shape` matches. */
  readonly filter?: RegExp;
  readonly signal?: AbortSignal;
  readonly cases?: readonly CheckCase[];
  /** Called before a kernel runs: what is in hand when a driver crashes. */
  onStart?(entry: Pick<CheckEntry, 'op' | 'shape' | 'precision' | 'variant'>): void;
  /** Called with each result as soon as it is known. */
  onEntry?(entry: CheckEntry): void;
}

/** Runs of a variant: what threads race for need not go wrong in the first. */
const runs = 3;

/**
 * Computes every case by every variant that the adapter can run, and compares with the double-precision reference: in full
 * precision, and in half precision what that adds. A device that is lost or does not answer fails the entry, and the next one
 * gets another device.
 *
 * @param open a fresh device of the adapter; its devices are closed at the end
 * @returns an entry for every variant of every case
 */
export async function checkKernels(
  open: () => Promise<OpenDevice>,
  options: CheckOptions = {},
): Promise<readonly CheckEntry[]> {
  const { limitMs = Infinity, entryMs = 120_000, filter, signal, cases = checkCases() } = options;
  const end = performance.now() + limitMs;
  const entries: CheckEntry[] = [];
  const add = (entry: CheckEntry): void => {
    entries.push(entry);
    options.onEntry?.(entry);
  };
  const device = new ReopeningDevice(open);
  const listed = new Set<string>();
  try {
    for (const each of cases) {
      if (filter && !each.ops.some((op) => filter.test(`${op} ${each.shape}`))) continue;
      const work = await listWork(each, device, listed);
      for (const missing of work.missing) add({ ...missing, shape: each.shape, status: 'not available' });
      let expected: Readonly<Record<string, TensorData>> | undefined;
      for (const variant of work.variants) {
        const left = end - performance.now();
        if (signal?.aborted || left <= 0) {
          const reason = signal?.aborted ? 'it was interrupted' : 'the time was over';
          add({ ...variant, status: 'not reached', reason });
          continue;
        }
        options.onStart?.(variant);
        expected ??= await referenceOf(work);
        add(
          await checkVariant(variant, { ...work, expected }, device, Math.min(entryMs, left), left < entryMs),
        );
      }
    }
    return entries;
  } finally {
    device.close();
  }
}

async function referenceOf({ graph, data }: Work): Promise<Readonly<Record<string, TensorData>>> {
  return (await createReferenceExecutor({ doublePrecision: true }).compile(graph)).run(data);
}

/** A device that is replaced by another one of the same adapter after it was lost. */
class ReopeningDevice {
  readonly #open: () => Promise<OpenDevice>;
  #current: OpenDevice | undefined;
  readonly #executors = new Map<Precision, WebgpuExecutor>();
  #choice: ReturnType<typeof takeVariant> = (_, variants) => variants[0]!;

  constructor(open: () => Promise<OpenDevice>) {
    this.#open = open;
  }

  async get(): Promise<OpenDevice> {
    return (this.#current ??= await this.#open());
  }

  /** An executor that takes this variant. */
  async executor(precision: Precision, op: string, variant: string): Promise<WebgpuExecutor> {
    this.#choice = takeVariant(op, variant);
    const opened = await this.get();
    const known = this.#executors.get(precision);
    if (known) return known;
    const made = createWebgpuExecutor(opened, {
      precision,
      chooseVariant: (node, variants) => this.#choice(node, variants),
    });
    this.#executors.set(precision, made);
    return made;
  }

  close(): void {
    this.#executors.clear();
    const current = this.#current;
    this.#current = undefined;
    current?.close();
  }
}

type Named = Pick<CheckEntry, 'op' | 'shape' | 'precision' | 'variant'>;

interface Work {
  readonly graph: Graph;
  readonly data: Readonly<Record<string, TensorData>>;
  readonly variants: readonly Named[];
  readonly missing: readonly (Omit<Named, 'shape'> & { readonly reason: string })[];
  readonly roundsToBytes: boolean;
}

/** @param listed `op variant` that were named before as not available */
async function listWork(each: CheckCase, device: ReopeningDevice, listed: Set<string>): Promise<Work> {
  const { capabilities } = await device.get();
  const { ops, shape, roundsToBytes = false } = each;
  const { graph, data } = graphOf(each);
  const precisions: Precision[] = capabilities.features.has('shader-f16') ? ['f32', 'f16'] : ['f32'];
  const seen = new Map<string, string>();
  const variants: Named[] = [];
  for (const precision of precisions) {
    const byOp = variantsByOp(graph, { ...capabilities, precision });
    for (const op of ops) {
      for (const [variant, shaders] of byOp.get(op) ?? []) {
        // What half precision leaves as it was needs no second look.
        if (seen.get(`${op} ${variant}`) === shaders) continue;
        seen.set(`${op} ${variant}`, shaders);
        variants.push({ op, shape, precision, variant });
      }
    }
  }
  const missing = unavailableVariants(graph, ops, capabilities, (op, variant) =>
    [`${op} ${variant}`].some((key) => seen.has(key) || listed.has(key)),
  ).map((one) => ({ ...one, precision: one.variant.includes('f16') ? ('f16' as const) : ('f32' as const) }));
  for (const { op, variant } of missing) listed.add(`${op} ${variant}`);
  return { graph, data, variants, missing, roundsToBytes };
}

async function checkVariant(
  named: Named,
  {
    graph,
    data,
    expected,
    roundsToBytes,
  }: Work & { readonly expected: Readonly<Record<string, TensorData>> },
  device: ReopeningDevice,
  limitMs: number,
  isEnd: boolean,
): Promise<CheckEntry> {
  const { op, precision, variant } = named;
  const allowedError = Math.max(tolerances[precision], roundsToBytes ? tolerances.bytes : 0);
  const began = performance.now();
  const work = async (): Promise<number> => {
    const program = await (await device.executor(precision, op, variant)).compile(graph);
    try {
      let worst = 0;
      for (let run = 0; run < runs; run++)
        worst = Math.max(worst, largestError(await program.run(data), expected));
      return worst;
    } finally {
      await program.close();
    }
  };
  const timeout = Symbol('timeout');
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<typeof timeout>((resolve) => (timer = setTimeout(resolve, limitMs, timeout)));
  try {
    const computing = work();
    // Whoever gave up on it does not want to hear of it.
    computing.catch(() => undefined);
    const maxError = await Promise.race([computing, late]);
    const ms = performance.now() - began;
    if (maxError === timeout) {
      device.close();
      return isEnd
        ? { ...named, status: 'not reached', reason: 'the time was over while it was computed', ms }
        : { ...named, status: 'failed', reason: `no result after ${(limitMs / 1000).toFixed(0)} s`, ms };
    }
    const passed = maxError <= allowedError;
    const reason = `off by ${maxError.toExponential(1)} of the largest value`;
    // JSON has no Infinity: what is not a number at all has no error.
    const measured = Number.isFinite(maxError) ? { maxError } : {};
    return {
      ...named,
      ...{ status: passed ? 'passed' : 'failed', ...measured, allowedError, ms },
      ...(!passed && {
        reason: Number.isFinite(maxError) ? reason : 'its result has NaN where numbers belong',
      }),
    };
  } catch (error) {
    const ms = performance.now() - began;
    // A device that was lost takes the next entries with it.
    const executor = await device.executor(precision, op, variant).catch(() => undefined);
    const isLost = await Promise.race([
      executor?.lost.then(() => true),
      new Promise<false>((resolve) => setTimeout(resolve, 50, false)),
    ]);
    if (isLost) device.close();
    return { ...named, status: 'failed', reason: messageOf(error).slice(0, 1000), allowedError, ms };
  } finally {
    clearTimeout(timer);
  }
}
