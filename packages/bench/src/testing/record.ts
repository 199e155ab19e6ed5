import { summarizeEntries } from '../record/record.js';
import type { BenchEntry, BenchRecord } from '../record/types.js';

/** An entry of the kernels suite whose samples lie around `ms`. */
export function entryOf(
  family: string,
  shape: string,
  ms: number,
  rest: Partial<BenchEntry> = {},
): BenchEntry {
  return {
    suite: 'kernels',
    family,
    shape,
    dtype: 'f32',
    variant: 'tile32x32',
    choice: 'default',
    ms,
    spread: 0.05,
    samples: [0.9 * ms, ms, 1.1 * ms],
    repeats: 1,
    ...rest,
  };
}

/** A record that says of itself what its entries say. */
export function recordOf(entries: BenchEntry[], rest: Partial<BenchRecord> = {}): BenchRecord {
  return {
    format: 'snowglobe-bench',
    version: 1,
    createdAt: '2026-01-02T03:04:05.678Z',
    commit: '',
    environment: { runtime: 'Node 20.20.2', os: 'linux', cpu: 'Some CPU', threads: 2 },
    adapter: {
      name: 'Some GPU',
      vendor: 'vendor',
      architecture: '',
      driver: 'driver 1',
      backend: 'vulkan',
      kind: 'hardware',
      features: ['subgroups'],
      toggles: [],
    },
    method: 'batched',
    roofline: { copyGBs: 100, fmaGflops: 1000 },
    entries,
    refused: [],
    notes: [],
    summary: summarizeEntries(entries),
    ...rest,
  };
}
