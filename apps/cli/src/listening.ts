/** What commands share that serve worlds until they are stopped. */
import type { ExecutorKind } from '@snowglobe/graph';
import type { PlayServerOptions } from '@snowglobe/server';
import { Option } from 'commander';
import { integer } from './options.js';

export interface ListeningOptions {
  readonly port?: number;
  readonly host: string;
  readonly executor: ExecutorKind | 'auto';
  readonly device?: string;
  readonly threads?: number;
}

export const portOption = (): Option =>
  new Option('--port <n>', 'port to listen on; 0: any (default: 8420 or the next free one)').argParser(
    integer({ max: 65_535 }),
  );

export const hostOption = (): Option =>
  new Option('--host <address>', 'address to listen on').default('127.0.0.1');

/** Where a server listens, and what it computes on. */
export const listeningOf = ({
  host,
  port,
  executor,
  device,
  threads,
}: ListeningOptions): Pick<PlayServerOptions, 'executor' | 'host' | 'port'> => ({
  host,
  ...(port !== undefined && { port }),
  executor: {
    executor,
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
