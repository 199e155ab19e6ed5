/** For Node: finds the adapter whose kernels are checked. */
import { SnowglobeError } from '@snowglobe/graph';
import type { DeviceDescription } from '@snowglobe/runtime';
import { discoverDevices } from '@snowglobe/runtime';
import { chooseDevice } from '@snowglobe/runtime/internal';
import type { CheckEntry, CheckOptions } from './check.js';
import { checkKernels } from './check.js';

/** What is checked, and on which adapter. */
export interface CheckAdapterOptions extends CheckOptions {
  /** Part of the adapter's name; default the best one. */
  readonly device?: string;
  /** Called before the first entry. */
  onAdapter?(adapter: DeviceDescription): void;
}

/**
 * Checks every kernel variant that an adapter of this machine can run, experiments (subgroup matrices) included.
 * @throws SnowglobeError when there is no adapter, or none of that name
 */
export async function checkAdapter(
  options: CheckAdapterOptions = {},
): Promise<{ readonly adapter: DeviceDescription; readonly entries: readonly CheckEntry[] }> {
  const { candidates, notes } = await discoverDevices({
    software: options.device === undefined ? 'auto' : 'all',
    toggles: ['allow_unsafe_apis'],
  });
  const { chosen } = chooseDevice(candidates, options.device);
  if (!chosen) {
    throw new SnowglobeError(
      `check: no WebGPU adapter was found (${notes.join(' ')}); there is nothing to check here.`,
    );
  }
  options.onAdapter?.(chosen.description);
  return { adapter: chosen.description, entries: await checkKernels(() => chosen.open(), options) };
}
