import { bufferUsage, mapModeRead } from './constants.js';
import type { LossGuard } from './loss.js';

/** GPUBufferUsage.QUERY_RESOLVE; the constants of WebGPU are globals in browsers only. */
const queryResolve = 0x200;
const bytes = 16;

/** Two timestamps of the device around compute passes. */
export class DeviceClock {
  readonly #queries: GPUQuerySet;
  readonly #resolved: GPUBuffer;
  readonly #staging: GPUBuffer;

  private constructor(device: GPUDevice) {
    this.#queries = device.createQuerySet({ type: 'timestamp', count: 2 });
    this.#resolved = device.createBuffer({ size: bytes, usage: queryResolve | bufferUsage.copySource });
    this.#staging = device.createBuffer({ size: bytes, usage: bufferUsage.mapRead | bufferUsage.copyTarget });
  }

  /** A clock for one measurement; undefined where the device has no timestamp queries. */
  static of(device: GPUDevice): DeviceClock | undefined {
    return device.features.has('timestamp-query') ? new DeviceClock(device) : undefined;
  }

  /** For a pass that begins what is timed. */
  begin(): GPUComputePassDescriptor {
    return { timestampWrites: { querySet: this.#queries, beginningOfPassWriteIndex: 0 } };
  }

  /** For a pass that ends what is timed. */
  end(): GPUComputePassDescriptor {
    return { timestampWrites: { querySet: this.#queries, endOfPassWriteIndex: 1 } };
  }

  /** For a pass that is all that is timed. */
  around(): GPUComputePassDescriptor {
    const writes = { beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 };
    return { timestampWrites: { querySet: this.#queries, ...writes } };
  }

  /** After the last pass that is timed. */
  resolve(encoder: GPUCommandEncoder): void {
    encoder.resolveQuerySet(this.#queries, 0, 2, this.#resolved, 0);
    encoder.copyBufferToBuffer(this.#resolved, 0, this.#staging, 0, bytes);
  }

  /** Milliseconds between the two, after the submit; below 0 or 0 where the device's clock makes no sense of them. */
  async read(guard: LossGuard): Promise<number> {
    await guard.watch(this.#staging.mapAsync(mapModeRead));
    const [began, ended] = new BigUint64Array(this.#staging.getMappedRange().slice(0));
    return Number(ended! - began!) / 1e6;
  }

  destroy(): void {
    for (const each of [this.#queries, this.#resolved, this.#staging]) each.destroy();
  }
}
