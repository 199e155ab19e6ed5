import type { Executor, ExecutorKind } from '@snowglobe/graph';
import { SnowglobeError } from '@snowglobe/graph';
import { decodeWorld } from '@snowglobe/model';
import * as v from 'valibot';
import { fileChecksum } from '../checksum.js';
import { messageOf } from '../devices/open.js';
import { readOptions } from '../options.js';
import type { WorldProgress } from '../remote/protocol.js';
import type { ExecutorReport } from '../world/executor_choice.js';
import { executorOption } from '../executor_options.js';
import { World } from '../world/world.js';
import type { BrowserExecutorOptions } from './executors.js';
import { findExecutors } from './executors.js';
import { isBrowser } from './is_browser.js';
import { openExecutor } from './open_executor.js';
import type { FetchWorldOptions } from '../world/fetch_world.js';
import { fetchWorld } from '../world/fetch_world.js';

/** What a world in a page runs on. */
export interface OpenWorldOptions extends BrowserExecutorOptions, Omit<FetchWorldOptions, 'onProgress'> {
  /** `auto` (default): `webgpu` on a GPU, else `onnx`, else whatever there is. */
  readonly executor?: ExecutorKind | 'auto' | undefined;
  /** How far opening has come. */
  onProgress?(progress: WorldProgress): void;
}

const schema = v.object({ executor: executorOption });

/** A GPU that is lost so often is left alone. */
const mostLosses = 3;

/**
 * Opens a world in a browser, in a page or a worker.
 *
 * @param address of a world file
 * @returns the world, and every executor with why it was chosen or not
 * @throws SnowglobeError when it cannot be loaded, is damaged, or nothing here can run it
 */
export async function openWorld(
  address: string,
  options: OpenWorldOptions = {},
): Promise<{ readonly world: World; readonly executors: readonly ExecutorReport[] }> {
  const { executor: wanted } = readOptions('world', schema, options);
  const { onProgress } = options;
  const [executors, bytes] = await Promise.all([
    findExecutors(options),
    fetchWorld(address, {
      ...options,
      onProgress: (done, total) => onProgress?.({ what: 'download', done, total }),
    }),
  ]);
  const file = decodeWorld(bytes, address);
  onProgress?.({ what: 'prepare' });
  const checksum = await fileChecksum(bytes);

  const usable = executors.reports.filter(
    ({ kind, available }) => available && (wanted === 'auto' || kind === wanted),
  );
  const failures = new Map<ExecutorKind, string>();
  for (const { kind } of usable) {
    let opened = 0;
    const openNext = (): Promise<Executor> => {
      // Called again when a device was lost: the same kind first, and the next best when that keeps failing.
      const next = opened++ < mostLosses ? kind : (usable.find((other) => other.kind !== kind)?.kind ?? kind);
      return openExecutor(next, executors, options).catch((error: unknown) => {
        const other = usable.find((each) => each.kind !== next);
        if (opened === 1 || !other) throw error;
        return openExecutor(other.kind, executors, options);
      });
    };
    try {
      const world = await World.create(file, address, openNext, { checksum });
      return { world, executors: withOutcome(executors.reports, kind, failures) };
    } catch (error) {
      failures.set(kind, messageOf(error));
    }
  }
  const reasons = explain(executors.reports, wanted, failures);
  const [place, otherwise] = isBrowser()
    ? ['in this browser', 'use a current browser']
    : ['here', "use another executor, or openWorld of '@snowglobe/runtime'"];
  // What was tried says itself what to do.
  const remedy = failures.size > 0 ? '' : `; ${otherwise}`;
  throw new SnowglobeError(`world: nothing ${place} can run it (${reasons})${remedy}.`);
}

function withOutcome(
  reports: readonly ExecutorReport[],
  chosen: ExecutorKind,
  failures: ReadonlyMap<ExecutorKind, string>,
): ExecutorReport[] {
  return reports.map((report) => ({
    ...report,
    chosen: report.kind === chosen,
    reason: failures.get(report.kind) ?? report.reason,
  }));
}

function explain(
  reports: readonly ExecutorReport[],
  wanted: ExecutorKind | 'auto',
  failures: ReadonlyMap<ExecutorKind, string>,
): string {
  return reports
    .filter(({ kind }) => wanted === 'auto' || kind === wanted)
    .map(({ kind, reason }) => `${kind}: ${(failures.get(kind) ?? reason).replace(/[.]$/, '')}`)
    .join('; ');
}
