import type { TensorData, TensorSpec, VariableStore } from '@snowglobe/graph';
import { SnowglobeError, sizeOf } from '@snowglobe/graph';
import { bytesPerElement, formatShape } from '@snowglobe/graph/internal';
import { checkVariable, closedStore, unknownVariable, unreadableVariable } from '../executor_checks.js';
import { bufferUsage } from './constants.js';
import { inErrorScopes } from './error_scopes.js';
import { checkTensorFits } from './limits.js';
import type { LossGuard } from './loss.js';
import type { ReadbackPool } from './readback.js';

/** What belongs to a device and is shared by its stores and programs. */
export interface DeviceContext {
  readonly device: GPUDevice;
  readonly name: string;
  readonly guard: LossGuard;
  readonly readback: ReadbackPool;
}

/** Variables in buffers of one device. The queue orders writes and reads after the runs that were begun before them. */
export class WebgpuStore implements VariableStore {
  /** @internal */
  readonly context: DeviceContext;
  readonly #variables = new Map<string, { readonly spec: TensorSpec; readonly buffer: GPUBuffer }>();
  readonly #written = new Set<string>();
  #closed = false;

  /** @internal */
  constructor(context: DeviceContext) {
    this.context = context;
  }

  write(name: string, spec: TensorSpec, data: TensorData): void {
    this.check();
    checkVariable(name, spec, data, this.#variables.get(name)?.spec);
    const { buffer } = this.#ensure(name, spec);
    this.context.device.queue.writeBuffer(buffer, 0, data.buffer, data.byteOffset, data.byteLength);
    this.#written.add(name);
  }

  async read(name: string): Promise<TensorData> {
    this.check();
    const variable = this.#variables.get(name);
    if (!variable) throw unreadableVariable(name, this.names().length);
    const { readback, device, guard } = this.context;
    const { result: reading, fault } = inErrorScopes(device, () => {
      const encoder = device.createCommandEncoder({ label: `read ${name}` });
      const staged = readback.stage(encoder, [variable]);
      device.queue.submit([encoder.finish()]);
      return staged;
    });
    const [arrived, complaint] = await Promise.allSettled([reading.arrive(), guard.watch(fault)]);
    if (complaint.status === 'fulfilled' && complaint.value) {
      throw new Error(`variable '${name}': '${this.context.name}' refuses to read it: ${complaint.value}`);
    }
    if (arrived.status === 'rejected') throw arrived.reason;
    return arrived.value[0]!;
  }

  spec(name: string): TensorSpec {
    this.check();
    const variable = this.#variables.get(name);
    if (!variable) throw unknownVariable(name);
    return variable.spec;
  }

  has(name: string): boolean {
    this.check();
    return this.#written.has(name);
  }

  names(): readonly string[] {
    this.check();
    return [...this.#written];
  }

  /** What was submitted still finishes. */
  remove(name: string): void {
    this.check();
    this.#variables.get(name)?.buffer.destroy();
    this.#variables.delete(name);
    this.#written.delete(name);
  }

  /** Notes that a run assigns variables. */
  assigned(names: Iterable<string>): void {
    for (const name of names) this.#written.add(name);
  }

  /** The variable's buffer, filled with zeros when it is new. It stays the same as long as the store lives. */
  buffer(name: string, spec: TensorSpec): GPUBuffer {
    this.check();
    const known = this.#variables.get(name);
    if (
      known &&
      (known.spec.dtype !== spec.dtype || formatShape(known.spec.shape) !== formatShape(spec.shape))
    ) {
      throw new SnowglobeError(
        `variable '${name}': exists as ${known.spec.dtype} ${formatShape(known.spec.shape)} but the graph declares ` +
          `${spec.dtype} ${formatShape(spec.shape)}; use another store.`,
      );
    }
    return this.#ensure(name, spec).buffer;
  }

  /** @throws SnowglobeError when the store or its device is closed, or the device lost */
  check(): void {
    if (this.#closed) throw closedStore();
    this.context.guard.check();
  }

  /** What was submitted still finishes: WebGPU frees a buffer when the queue is done with it. */
  close(): void {
    this.#closed = true;
    for (const { buffer } of this.#variables.values()) buffer.destroy();
    this.#variables.clear();
    this.#written.clear();
  }

  #ensure(name: string, spec: TensorSpec): { readonly buffer: GPUBuffer } {
    let variable = this.#variables.get(name);
    if (!variable) {
      const { device } = this.context;
      checkTensorFits(`variable '${name}'`, spec, this.context.name, device.limits);
      const { storage, copySource, copyTarget } = bufferUsage;
      const buffer = device.createBuffer({
        label: name,
        size: Math.ceil((sizeOf(spec.shape) * bytesPerElement) / 16) * 16,
        usage: storage | copySource | copyTarget,
      });
      variable = { spec: { shape: [...spec.shape], dtype: spec.dtype }, buffer };
      this.#variables.set(name, variable);
    }
    return variable;
  }
}
