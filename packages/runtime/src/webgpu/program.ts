import type { Graph, TensorData, Program, ProgramStats } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import { dtypeOf, formatShape } from '@snowglobe/graph/internal';
import { checkInputs, closedProgram, requestedOutputs } from '../executor_checks.js';
import { DeviceClock } from './clock.js';
import { inErrorScopes } from './error_scopes.js';
import type { ProgramMemory } from './memory.js';
import type { Reading } from './readback.js';
import type { DeviceContext, WebgpuStore } from './store.js';
import type { StoragePlan } from './storage.js';

export interface Dispatch {
  readonly pipeline: GPUComputePipeline;
  readonly bindings: GPUBindGroup;
  readonly workgroups: readonly [x: number, y: number, z: number];
}

export interface Copy {
  readonly from: GPUBuffer;
  readonly to: GPUBuffer;
  readonly bytes: number;
}

/** What a run records, in order. Copies cannot stand inside a compute pass, so they end it. */
export type Command = { readonly dispatch: Dispatch } | { readonly copy: Copy };

export interface ProgramParts {
  readonly graph: Graph;
  readonly storage: StoragePlan;
  readonly memory: ProgramMemory;
  readonly commands: readonly Command[];
  /** Copies into variables when everything else is done. */
  readonly assignments: readonly Copy[];
}

/** What `repeat` measured. */
export interface Repeated {
  readonly results: Record<string, TensorData>;
  readonly wallMs: number;
  readonly deviceMs?: number;
}

/** A graph in buffers, pipelines and bind groups: a run records one command buffer and submits it once. */
export class WebgpuProgram implements Program {
  readonly stats: ProgramStats;
  readonly store: WebgpuStore;
  readonly #parts: ProgramParts;
  readonly #context: DeviceContext;
  #validated = false;
  #closed = false;

  readonly #ownStore: WebgpuStore | undefined;

  /** @param ownStore closed with the program */
  constructor(parts: ProgramParts, store: WebgpuStore, context: DeviceContext, ownStore?: WebgpuStore) {
    this.#parts = parts;
    this.store = store;
    this.#ownStore = ownStore;
    this.#context = context;
    this.stats = {
      submitsPerRun: 1,
      dispatchesPerRun: parts.commands.filter((command) => 'dispatch' in command).length,
      peakBytes: parts.memory.arenaBytes,
    };
  }

  /**
   * Everything up to the submit happens before the first `await`, so the device's queue serialises runs, writes to
   * variables and reads of them in the order of the calls, however many are under way.
   */
  async run(
    inputs: Readonly<Record<string, TensorData>>,
    outputs?: readonly string[],
  ): Promise<Record<string, TensorData>> {
    const { graph } = this.#parts;
    const { device } = this.#context;
    this.#check();
    checkInputs(graph, inputs);
    this.#checkTypes(inputs);
    const requested = requestedOutputs(graph, outputs);

    const submit = (): Reading | undefined => {
      this.#writeInputs(inputs);
      const encoder = device.createCommandEncoder({ label: 'run' });
      this.#record(encoder);
      const staged = this.#recordReadback(encoder, requested);
      for (const { from, to, bytes } of this.#parts.assignments)
        encoder.copyBufferToBuffer(from, 0, to, 0, bytes);
      device.queue.submit([encoder.finish()]);
      return staged;
    };
    // Later runs record the same commands, so the first one's verdict holds for them.
    const validates = !this.#validated;
    this.#validated = true;
    const submitted = validates ? inErrorScopes(device, submit) : { result: submit(), fault: undefined };
    this.store.assigned(graph.assignments.keys());
    const arrived = await this.#arrive('run', submitted);
    return Object.fromEntries(requested.map((output, index) => [output, arrived[index]!]));
  }

  /**
   * The results of a submit.
   * @throws Error with the device's complaint when it refused the commands
   */
  async #arrive(
    what: string,
    {
      result: reading,
      fault,
    }: { result: Reading | undefined; fault: Promise<string | undefined> | undefined },
  ): Promise<readonly TensorData[]> {
    const { device, guard, name } = this.#context;
    const results = reading
      ? reading.arrive()
      : guard.watch(device.queue.onSubmittedWorkDone()).then((): readonly TensorData[] => []);
    // A refused submit also fails the reading; the verdict tells why.
    const [arrived, complaint] = await Promise.allSettled([results, fault && guard.watch(fault)]);
    if (complaint.status === 'rejected') throw complaint.reason;
    if (complaint.value) throw new Error(`${what}: '${name}' refuses the commands: ${complaint.value}`);
    if (arrived.status === 'rejected') throw arrived.reason;
    return arrived.value;
  }

  /**
   * Runs the commands `times` times in one submit and reads the outputs back once. Assignments are left out: this is for
   * measuring, not for getting on.
   *
   * @returns the last results; the milliseconds from the first write to the last byte read; and, where the device has
   *   timestamp queries, those that it says the commands took
   * @throws Error when the device refuses the commands: what did nothing is not timed
   */
  async repeat(inputs: Readonly<Record<string, TensorData>>, times: number): Promise<Repeated> {
    if (!this.#validated) await this.run(inputs);
    const { graph } = this.#parts;
    const { device, guard } = this.#context;
    this.#check();
    checkInputs(graph, inputs);
    const names = [...graph.outputs.keys()];
    const started = performance.now();
    let clock: DeviceClock | undefined;
    const submitted = inErrorScopes(device, () => {
      clock = DeviceClock.of(device);
      this.#writeInputs(inputs);
      const encoder = device.createCommandEncoder({ label: 'repeat' });
      this.#record(encoder, times, clock);
      clock?.resolve(encoder);
      const staged = this.#recordReadback(encoder, names);
      device.queue.submit([encoder.finish()]);
      return staged;
    });
    try {
      const arrived = await this.#arrive('repeat', submitted);
      const wallMs = performance.now() - started;
      const deviceMs = await clock?.read(guard);
      return {
        results: Object.fromEntries(names.map((name, index) => [name, arrived[index]!])),
        wallMs,
        ...(deviceMs !== undefined && { deviceMs }),
      };
    } finally {
      clock?.destroy();
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    // What was submitted still finishes: WebGPU frees a buffer when the queue is done with it.
    this.#parts.memory.destroy();
    this.#ownStore?.close();
  }

  /** @throws SnowglobeError when the program, its store or its device is closed, or the device lost */
  #check(): void {
    if (this.#closed) throw closedProgram();
    this.#context.guard.check();
    this.store.check();
  }

  #checkTypes(inputs: Readonly<Record<string, TensorData>>): void {
    for (const [name, tensor] of this.#parts.graph.inputs) {
      const data = inputs[name]!;
      if (data.BYTES_PER_ELEMENT !== 4 || dtypeOf(data) !== tensor.dtype) {
        throw new SnowglobeError(
          `run: input '${name}' is ${tensor.dtype} ${formatShape(tensor.shape)} but a ${data.constructor.name} was given; convert it.`,
        );
      }
    }
  }

  #writeInputs(inputs: Readonly<Record<string, TensorData>>): void {
    const { graph, storage, memory } = this.#parts;
    const { queue } = this.#context.device;
    for (const [name, tensor] of graph.inputs) {
      const { buffer, byteOffset, byteLength } = inputs[name]!;
      queue.writeBuffer(memory.bufferOf.get(storage.storageOf(tensor))!, 0, buffer, byteOffset, byteLength);
    }
  }

  /** @param clock times from the first pass to the last */
  #record(encoder: GPUCommandEncoder, times = 1, clock?: DeviceClock): void {
    const { commands } = this.#parts;
    const isAlone = commands.every((command) => 'dispatch' in command) && commands.length > 0;
    // Copies end a pass, and nobody knows which pass is the last: empty ones around them all hold the timestamps then.
    if (clock && !isAlone) encoder.beginComputePass(clock.begin()).end();
    let pass: GPUComputePassEncoder | undefined;
    let pipeline: GPUComputePipeline | undefined;
    for (let i = 0; i < times; i++) {
      for (const command of commands) {
        if ('copy' in command) {
          pass?.end();
          pass = undefined;
          const { from, to, bytes } = command.copy;
          encoder.copyBufferToBuffer(from, 0, to, 0, bytes);
          continue;
        }
        const { dispatch } = command;
        if (!pass) {
          pass = encoder.beginComputePass(isAlone ? clock?.around() : undefined);
          pipeline = undefined;
        }
        if (dispatch.pipeline !== pipeline) pass.setPipeline((pipeline = dispatch.pipeline));
        pass.setBindGroup(0, dispatch.bindings);
        pass.dispatchWorkgroups(...dispatch.workgroups);
      }
    }
    pass?.end();
    if (clock && !isAlone) encoder.beginComputePass(clock.end()).end();
  }

  #recordReadback(encoder: GPUCommandEncoder, requested: readonly string[]) {
    if (requested.length === 0) return undefined;
    const { graph, storage, memory } = this.#parts;
    const sources = requested.map((name) => {
      const spec = graph.outputs.get(name)!;
      return { spec, buffer: memory.bufferOf.get(storage.storageOf(spec))! };
    });
    return this.#context.readback.stage(encoder, sources);
  }
}
