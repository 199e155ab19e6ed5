import type { ExecutorKind } from '@snowglobe/graph';
import type { DeviceReport } from '../devices/device.js';

/** One way to run a world on this machine. */
export interface ExecutorReport {
  readonly kind: ExecutorKind;
  readonly available: boolean;
  readonly chosen: boolean;
  /** What it would run on, in words; empty when it is not available. */
  readonly device: string;
  /** Why it was chosen or not, in one clause. */
  readonly reason: string;
}

/** What the executors of Node need, as found on this machine. */
export interface Found {
  /** The adapter that `chooseDevice` chose. */
  readonly adapter: DeviceReport | undefined;
  /** The onnx executor's device, or why it does not load. */
  readonly onnx: { readonly device: string } | { readonly failure: string };
}

/**
 * Picks an executor and says why: `webgpu` on a GPU; without one `onnx`, which is far faster on a CPU than a software
 * adapter; then `webgpu` in software; `reference` last.
 * @returns every executor, best first
 */
export function chooseExecutor({ adapter, onnx }: Found): ExecutorReport[] {
  const webgpu = describeWebgpu(adapter);
  const hasOnnx = 'device' in onnx;
  const cpu = {
    kind: 'onnx' as const,
    available: hasOnnx,
    device: hasOnnx ? onnx.device : '',
    reason: hasOnnx ? 'the fastest way on a CPU' : onnx.failure,
  };
  const reference = {
    kind: 'reference' as const,
    available: true,
    device: 'plain TypeScript, 1 thread',
    reason: 'the oracle of tests: exact, and too slow for play',
  };
  const isGpu = adapter?.kind === 'hardware';
  const order = isGpu ? [webgpu, cpu, reference] : [cpu, webgpu, reference];
  const chosen = order.find(({ available }) => available);
  return order.map((each) => ({ ...each, chosen: each === chosen }));
}

function describeWebgpu(adapter: DeviceReport | undefined): Omit<ExecutorReport, 'chosen'> {
  if (!adapter) return { kind: 'webgpu', available: false, device: '', reason: 'no adapter was found' };
  const reason = adapter.kind === 'hardware' ? 'runs on a GPU' : 'its adapter computes on the CPU: for tests';
  return { kind: 'webgpu', available: true, device: adapter.name, reason };
}
