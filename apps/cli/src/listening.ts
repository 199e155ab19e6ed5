/** What commands share that serve worlds until they are stopped. */
import type { ExecutorKind } from '@snowglobe/graph';
import type { PlayServerOptions } from '@snowglobe/server';
import { InvalidArgumentError, Option } from 'commander';
import { integer } from './options.js';

export interface ListeningOptions {
  readonly port?: number;
  readonly host: string;
  readonly executor: ExecutorKind | 'auto';
  readonly device?: string;
  readonly threads?: number;
  readonly devices?: 'all' | 'auto' | readonly string[];
}

export const portOption = (): Option =>
  new Option('--port <n>', 'port to listen on; 0: any (default: 8420 or the next free one)').argParser(
    integer({ max: 65_535 }),
  );

export const hostOption = (): Option =>
  new Option('--host <address>', 'address to listen on').default('127.0.0.1');

/** Several devices to play on. */
export const devicesOption = (): Option =>
  new Option(
    '--devices <names>',
    "several at once, separated by commas: auto (the best GPU, or else every core), all (every GPU and the CPU), gpu, software, onnx, cores (an engine a core), onnx*2 (two engines), reference, parts of adapters' names",
  )
    .argParser(deviceNames)
    .conflicts(['executor', 'device']);

function deviceNames(text: string): 'all' | 'auto' | readonly string[] {
  const one = text.trim();
  if (one === 'all' || one === 'auto') return one;
  const names = text.split(',').map((name) => name.trim());
  if (names.every((name) => name !== '')) return names;
  throw new InvalidArgumentError('It must be auto, all, or names separated by commas, such as gpu,onnx.');
}

/** Where a server listens, and what it computes on. */
export const listeningOf = ({
  host,
  port,
  executor,
  device,
  threads,
  devices,
}: ListeningOptions): Pick<PlayServerOptions, 'executor' | 'host' | 'port'> => ({
  host,
  ...(port !== undefined && { port }),
  executor: {
    executor,
    ...(devices !== undefined && { devices }),
    ...(device !== undefined && { device }),
    ...(threads !== undefined && { threads }),
  },
});

/** Resolves when the command is to end. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
