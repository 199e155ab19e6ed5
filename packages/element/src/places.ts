import type { ExecutorKind } from '@snowglobe/graph';
import type { Channel, ExecutorReport } from '@snowglobe/runtime/browser';
import { findExecutors, portChannel, socketChannel } from '@snowglobe/runtime/browser';
import { startWorker } from './start_worker.js';

/** Where a world can run: this machine's GPU, its CPU, or a server that sends frames. */
export type Place = 'gpu' | 'cpu' | 'server';

/** A place where the world could run, and why it does or does not. */
export interface PlaceReport {
  readonly run: Place;
  readonly available: boolean;
  /** What it would run on, in words; empty where it is not available. */
  readonly device: string;
  /** Why it is a good choice, or why it is none, in one clause. */
  readonly reason: string;
}

/** Which executor of the worker a place means. */
export const executorOf: Readonly<Record<Exclude<Place, 'server'>, ExecutorKind>> = {
  gpu: 'webgpu',
  cpu: 'onnx',
};

/**
 * The places of this browser, best first: a GPU, then a server, which has the faster CPU code, then this CPU, then a GPU that
 * is only simulated.
 *
 * @param server whether there is one
 */
export async function findPlaces(server: boolean): Promise<readonly PlaceReport[]> {
  const { reports } = await findExecutors({
    // Only asked whether it could be loaded: the worker loads it.
    loadOnnxRuntime: () => Promise.reject(new Error('ONNX Runtime is the worker’s')),
  });
  const reportOf = (kind: ExecutorKind): ExecutorReport => reports.find((each) => each.kind === kind)!;
  const place = (run: Exclude<Place, 'server'>): PlaceReport => {
    const { available, device, reason } = reportOf(executorOf[run]);
    return { run, available, device, reason };
  };
  const far: PlaceReport = {
    run: 'server',
    available: server,
    device: server ? 'the server' : '',
    reason: server ? 'computes there and sends frames' : 'this page has no server',
  };
  // The choice among executors puts a real GPU first, and the CPU before a simulated one.
  const hasGpu = reports[0]?.kind === 'webgpu' && reports[0].available;
  return hasGpu ? [place('gpu'), far, place('cpu')] : [far, place('cpu'), place('gpu')];
}

/** A channel to where the world runs. */
export function openChannel(run: Place, server: string): Channel {
  return run === 'server' ? socketChannel(new WebSocket(server)) : portChannel(startWorker());
}
