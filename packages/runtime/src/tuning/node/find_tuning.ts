import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { DeviceDescription } from '../../devices/device.js';
import { messageOf } from '../../devices/open.js';
import type { Tuning, TuningStore } from '../tuning.js';
import { withEntries } from '../tuning.js';
import { tuningFiles } from './tuning_files.js';

/** Tunings that come with the program, so that a first use does not wait for one: `tunings/NAME.json` of this package. */
export function shippedTunings(): ReturnType<typeof tuningFiles> {
  // Found through the package's own name: source and bundle lie at different depths.
  const manifest = createRequire(import.meta.url).resolve('@snowglobe/runtime/package.json');
  return tuningFiles(join(dirname(manifest), 'tunings'));
}

/**
 * What is known about an adapter: what was measured on this machine, and for all other kernels what comes with the program.
 * A file that is damaged, or was measured with another driver, is left out with a note; it costs nothing but speed.
 *
 * @param stores the first one that knows a kernel decides; default the cache folder, then the shipped ones
 */
export async function findTuning(
  device: DeviceDescription,
  stores: readonly Pick<TuningStore, 'load'>[] = [tuningFiles(), shippedTunings()],
): Promise<{ readonly tuning: Tuning | undefined; readonly notes: readonly string[] }> {
  const notes: string[] = [];
  let tuning: Tuning | undefined;
  for (const store of stores) {
    const found = await store.load(device).catch((error: unknown) => void notes.push(messageOf(error)));
    if (found) tuning = tuning ? withEntries(found, tuning.entries) : found;
  }
  return { tuning, notes };
}
