import type { Storage } from './storage.js';

type Interval = Pick<Storage, 'bytes' | 'first' | 'last'>;

export interface SlotPlan<S> {
  /** Size of each buffer of the arena. */
  readonly slotBytes: readonly number[];
  readonly slotOf: ReadonlyMap<S, number>;
  /** What the arena takes. */
  readonly totalBytes: number;
  /** The most bytes that are needed at one step: no plan can take less. */
  readonly lowerBound: number;
}

/** Sizes are rounded up, so that a kernel may read whole vectors. */
const alignment = 16;

/**
 * Lets storages whose lifetimes do not overlap share buffers, largest first, each into the buffer that leaves the
 * shortest idle time around it: "greedy by size" for shared objects (Pisarchyk & Lee, "Efficient Memory Management for
 * Deep Neural Net Inference", 2020).
 *
 * Whole buffers are shared and not ranges of one, because WebGPU forbids that a dispatch reads one range of a buffer
 * and writes another.
 */
export function planSlots<S extends Interval>(storages: readonly S[]): SlotPlan<S> {
  const bySize = [...storages].sort((a, b) => b.bytes - a.bytes || a.first - b.first);
  const slots: { bytes: number; tenants: S[] }[] = [];
  const slotOf = new Map<S, number>();
  for (const storage of bySize) {
    let best = -1;
    let bestGap = Infinity;
    slots.forEach(({ tenants }, index) => {
      const gap = idleTime(tenants, storage);
      if (gap < bestGap) {
        best = index;
        bestGap = gap;
      }
    });
    if (best < 0) {
      // The largest tenant comes first, so a slot's size is known when it is made.
      best = slots.push({ bytes: Math.ceil(storage.bytes / alignment) * alignment, tenants: [] }) - 1;
    }
    slots[best]!.tenants.push(storage);
    slotOf.set(storage, best);
  }
  const slotBytes = slots.map(({ bytes }) => bytes);
  return {
    slotBytes,
    slotOf,
    totalBytes: slotBytes.reduce((sum, bytes) => sum + bytes, 0),
    lowerBound: mostBytesAtOnce(storages),
  };
}

/** Steps between a storage and its nearest neighbour in a slot; infinite when it overlaps one. */
function idleTime(tenants: readonly Interval[], { first, last }: Interval): number {
  let nearest = Number.MAX_SAFE_INTEGER;
  for (const tenant of tenants) {
    if (tenant.first <= last && first <= tenant.last) return Infinity;
    nearest = Math.min(nearest, tenant.first > last ? tenant.first - last : first - tenant.last);
  }
  return nearest;
}

function mostBytesAtOnce(storages: readonly Interval[]): number {
  const change = new Map<number, number>();
  for (const { bytes, first, last } of storages) {
    change.set(first, (change.get(first) ?? 0) + bytes);
    change.set(last + 1, (change.get(last + 1) ?? 0) - bytes);
  }
  let now = 0;
  let most = 0;
  for (const time of [...change.keys()].sort((a, b) => a - b)) {
    now += change.get(time)!;
    most = Math.max(most, now);
  }
  return most;
}
