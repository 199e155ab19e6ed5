import type { Graph, CompileOptions, Executor, VariableStore } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import type { Precision, ShaderProgram } from '@snowglobe/kernels';
import type { OpenDevice } from '../devices/device.js';
import { planAssignments } from './assignments.js';
import { inErrorScopes } from './error_scopes.js';
import { LossGuard } from './loss.js';
import type { ChooseVariant, LoweredGraph } from './lower.js';
import { labelOf, lowerToShaders } from './lower.js';
import type { ProgramMemory } from './memory.js';
import { allocateMemory } from './memory.js';
import { PipelineCache } from './pipelines.js';
import type { Command, Copy, ProgramParts } from './program.js';
import { WebgpuProgram } from './program.js';
import { ReadbackPool } from './readback.js';
import type { Storage, Step } from './storage.js';
import type { DeviceContext } from './store.js';
import { WebgpuStore } from './store.js';

/** An executor on a WebGPU device. */
export interface WebgpuExecutor extends Executor {
  readonly kind: 'webgpu';
  /** Pipelines that programs of this device share. */
  readonly pipelineCount: number;
  /** The adapter's own description, and what its kernels may use. */
  readonly opened: Pick<OpenDevice, 'description' | 'capabilities'>;
  /** As `Executor.compile`; its programs can be timed. */
  compile(graph: Graph, options?: CompileOptions): Promise<WebgpuProgram>;
}

/** Which variants of kernels run. */
export interface WebgpuExecutorOptions {
  /** Which variant of a kernel to use; by default the first that is valid on the device. */
  readonly chooseVariant?: ChooseVariant;
  /**
   * `f16` lets matmuls round their operands to half precision where the device can (see `Precision`); elsewhere it changes
   * nothing. Default `f32`.
   */
  readonly precision?: Precision;
}

/**
 * Runs graphs on a WebGPU device with this repository's kernels. The executor owns the device, `close` closes it, unless it is a borrowed one.
 * `freeze` makes no difference here: variables lie ready in the device's memory.
 */
export function createWebgpuExecutor(
  { device, description, capabilities: given, isBorrowed = false, close }: Omit<OpenDevice, 'notes'>,
  { chooseVariant, precision = given.precision }: WebgpuExecutorOptions = {},
): WebgpuExecutor {
  const capabilities = { ...given, precision };
  const { name } = description;
  const guard = isBorrowed ? LossGuard.ofBorrowed(device, name) : LossGuard.of(device, name);
  const readback = new ReadbackPool(device, guard);
  const pipelines = new PipelineCache(device);
  const context: DeviceContext = { device, name, guard, readback };
  let closing: Promise<void> | undefined;

  return {
    kind: 'webgpu',
    device: name,
    opened: { description, capabilities },
    lost: guard.lost,
    get pipelineCount() {
      return pipelines.size;
    },
    createStore() {
      guard.check();
      return new WebgpuStore(context);
    },
    async compile(graph: Graph, { store: shared }: CompileOptions = {}) {
      guard.check();
      const store = shared ? ownStore(shared, context) : new WebgpuStore(context);
      const own = shared ? undefined : store;
      const lowered = lowerToShaders(graph, name, capabilities, device.limits, chooseVariant);
      // Both at once: drivers compile on threads of their own.
      const [made, allocated] = await Promise.allSettled([
        guard.watch(createPipelines(lowered, pipelines)),
        allocateMemory(lowered.storage.storages, store, context),
      ]);
      const memory = allocated.status === 'fulfilled' ? allocated.value : undefined;
      try {
        if (allocated.status === 'rejected') throw allocated.reason;
        if (made.status === 'rejected') throw made.reason;
        const parts = await bind(context, lowered, made.value, allocated.value);
        return new WebgpuProgram(parts, store, context, own);
      } catch (error) {
        memory?.destroy();
        own?.close();
        throw error;
      }
    },
    close() {
      closing ??= (async () => {
        guard.close();
        readback.destroy();
        close();
        if (!isBorrowed) await device.lost;
      })();
      return closing;
    },
  };
}

/** @throws SnowglobeError for a store of another device or executor. */
function ownStore(store: VariableStore, context: DeviceContext): WebgpuStore {
  if (store instanceof WebgpuStore && store.context === context) return store;
  throw new SnowglobeError('compile: the store belongs to another executor; use createStore() of this one.');
}

type StepPipelines = Awaited<ReturnType<PipelineCache['get']>>[];

function createPipelines(
  { storage, programs }: LoweredGraph,
  cache: PipelineCache,
): Promise<StepPipelines[]> {
  return Promise.all(
    storage.steps.map(({ node }, index) =>
      Promise.all(programs[index]!.passes.map((pass) => cache.get(labelOf(node, pass), pass))),
    ),
  );
}

/** Makes the bind groups. @throws Error when the device refuses one. */
async function bind(
  { device, name, guard }: DeviceContext,
  lowered: LoweredGraph,
  pipelines: readonly StepPipelines[],
  memory: ProgramMemory,
): Promise<ProgramParts> {
  const { result, fault } = inErrorScopes(device, () => ({
    commands: lowered.storage.steps.flatMap((step, index) =>
      commandsOf(device, step, lowered.programs[index]!, pipelines[index]!, memory),
    ),
    assignments: copiesOf(lowered, memory),
  }));
  const complaint = await guard.watch(fault);
  if (complaint) throw new Error(`compile: '${name}' refuses a binding: ${complaint}`);
  return { graph: lowered.graph, storage: lowered.storage, memory, ...result };
}

function commandsOf(
  device: GPUDevice,
  step: Step,
  program: ShaderProgram,
  pipelines: StepPipelines,
  memory: ProgramMemory,
): Command[] {
  const bufferOf = (storage: Storage): GPUBuffer => memory.bufferOf.get(storage)!;
  const storages = { input: step.inputs, output: step.outputs, scratch: step.scratch };
  const commands: Command[] = [];
  if (step.copy) {
    const { from, to } = step.copy;
    commands.push({ copy: { from: bufferOf(from), to: bufferOf(to), bytes: from.bytes } });
  }
  program.passes.forEach((pass, index) => {
    const { pipeline, layout } = pipelines[index]!;
    const bindings = device.createBindGroup({
      label: labelOf(step.node, pass),
      layout,
      entries: pass.bindings.map((reference, binding) => {
        const storage = storages[reference.kind][reference.index];
        if (!storage) {
          throw new Error(
            `${labelOf(step.node, pass)}: binding ${binding} names ${reference.kind} ${reference.index}, which the node has not`,
          );
        }
        return { binding, resource: { buffer: bufferOf(storage), size: storage.bytes } };
      }),
    });
    commands.push({ dispatch: { pipeline, bindings, workgroups: pass.workgroups } });
  });
  return commands;
}

function copiesOf({ graph, storage }: LoweredGraph, memory: ProgramMemory): Copy[] {
  const aside: Copy[] = [];
  const copies = planAssignments(graph, storage).map((assignment) => {
    const { bytes } = assignment.from;
    let from = memory.bufferOf.get(assignment.from)!;
    if (assignment.aside) {
      const kept = memory.create('assignment', bytes);
      aside.push({ from, to: kept, bytes });
      from = kept;
    }
    return { from, to: memory.bufferOf.get(assignment.to)!, bytes };
  });
  return [...aside, ...copies];
}
