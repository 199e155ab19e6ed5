import type { TensorData, TensorSpec } from '@snowglobe/graph';
import { sizeOf } from '@snowglobe/graph';
import { allocate, bytesPerElement } from '@snowglobe/graph/internal';
import { bufferUsage, mapModeRead } from './constants.js';
import type { LossGuard } from './loss.js';

export interface ReadbackSource {
  readonly spec: TensorSpec;
  readonly buffer: GPUBuffer;
}

export interface Reading {
  /** Waits until the submitted copies are done, and returns the tensors in the order of their sources. */
  arrive(): Promise<TensorData[]>;
}

/** Buffers that the host can map, kept for the next reading of about the same size. */
export class ReadbackPool {
  readonly #device: GPUDevice;
  readonly #guard: LossGuard;
  /** Idle buffers by size. */
  readonly #idle = new Map<number, GPUBuffer[]>();
  #destroyed = false;

  constructor(device: GPUDevice, guard: LossGuard) {
    this.#device = device;
    this.#guard = guard;
  }

  /** Records the copies of all sources into one buffer: one mapping serves them all. */
  stage(encoder: GPUCommandEncoder, sources: readonly ReadbackSource[]): Reading {
    const offsets: number[] = [];
    let total = 0;
    for (const { spec } of sources) {
      offsets.push(total);
      total += sizeOf(spec.shape) * bytesPerElement;
    }
    const staging = this.#take(total);
    sources.forEach(({ spec, buffer }, index) => {
      encoder.copyBufferToBuffer(buffer, 0, staging, offsets[index]!, sizeOf(spec.shape) * bytesPerElement);
    });
    return {
      arrive: async () => {
        // A device that is lost in between takes the mapping away, so copying is watched as well.
        const copied = staging.mapAsync(mapModeRead, 0, total).then(() => {
          const mapped = staging.getMappedRange(0, total);
          const results = sources.map(({ spec }, index) => {
            const data = allocate(spec.dtype, sizeOf(spec.shape));
            new Uint8Array(data.buffer).set(new Uint8Array(mapped, offsets[index]!, data.byteLength));
            return data;
          });
          staging.unmap();
          return results;
        });
        const results = await this.#guard.watch(copied);
        this.#give(staging);
        return results;
      },
    };
  }

  destroy(): void {
    this.#destroyed = true;
    for (const buffers of this.#idle.values()) for (const buffer of buffers) buffer.destroy();
    this.#idle.clear();
  }

  #take(bytes: number): GPUBuffer {
    // Powers of two, so that readings of similar size share buffers.
    const size = 2 ** Math.ceil(Math.log2(Math.max(256, bytes)));
    const fitting = Math.min(size, Math.max(bytes, this.#device.limits.maxBufferSize));
    return (
      this.#idle.get(fitting)?.pop() ??
      this.#device.createBuffer({
        label: 'readback',
        size: fitting,
        usage: bufferUsage.mapRead | bufferUsage.copyTarget,
      })
    );
  }

  #give(buffer: GPUBuffer): void {
    if (this.#destroyed) return buffer.destroy();
    const idle = this.#idle.get(buffer.size);
    if (idle) idle.push(buffer);
    else this.#idle.set(buffer.size, [buffer]);
  }
}
