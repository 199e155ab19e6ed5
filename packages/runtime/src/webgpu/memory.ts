import { SnowglobeError } from '@snowglobe/graph';
import type { DeviceContext, WebgpuStore } from './store.js';
import { bufferUsage } from './constants.js';
import { inErrorScopes } from './error_scopes.js';
import { planSlots } from './slots.js';
import type { Storage } from './storage.js';

/** The buffers of a program. */
export interface ProgramMemory {
  readonly bufferOf: ReadonlyMap<Storage, GPUBuffer>;
  /** Bytes of the buffers that intermediate results share. */
  readonly arenaBytes: number;
  /** One more buffer that belongs to the program. */
  create(label: string, bytes: number): GPUBuffer;
  /** Frees what belongs to the program; variables belong to their store. */
  destroy(): void;
}

/**
 * Makes the buffers: one an input and constant, shared ones for intermediate results, the store's for variables.
 * @throws SnowglobeError when the device has not enough memory.
 */
export async function allocateMemory(
  storages: readonly Storage[],
  store: WebgpuStore,
  { device, name, guard }: DeviceContext,
): Promise<ProgramMemory> {
  const own: GPUBuffer[] = [];
  const { storage, copySource, copyTarget } = bufferUsage;
  const create = (label: string, bytes: number): GPUBuffer => {
    const size = Math.ceil(bytes / 16) * 16;
    const buffer = device.createBuffer({ label, size, usage: storage | copySource | copyTarget });
    own.push(buffer);
    return buffer;
  };
  const slots = planSlots(storages.filter(({ kind }) => kind === 'temporary'));
  const bufferOf = new Map<Storage, GPUBuffer>();

  const { fault } = inErrorScopes(device, () => {
    const arena = slots.slotBytes.map((bytes, index) => create(`slot ${index}`, bytes));
    for (const [temporary, slot] of slots.slotOf) bufferOf.set(temporary, arena[slot]!);
    for (const each of storages) {
      const { node } = each;
      if (node.kind === 'variable') {
        bufferOf.set(each, store.buffer(node.name, each.spec));
      } else if (node.kind === 'input') {
        bufferOf.set(each, create(`input ${node.name}`, each.bytes));
      } else if (node.kind === 'constant') {
        const buffer = create(`constant ${node.id}`, each.bytes);
        device.queue.writeBuffer(buffer, 0, node.data.buffer, node.data.byteOffset, node.data.byteLength);
        bufferOf.set(each, buffer);
      }
    }
  });

  const destroy = (): void => own.forEach((buffer) => buffer.destroy());
  const complaint = await guard.watch(fault);
  if (complaint) {
    destroy();
    const bytes = own.reduce((sum, buffer) => sum + buffer.size, 0);
    throw new SnowglobeError(
      `device '${name}' has no room for the ${bytes} bytes of the program (${complaint}); make the batch or the model smaller.`,
    );
  }
  return { bufferOf, arenaBytes: slots.totalBytes, create, destroy };
}
