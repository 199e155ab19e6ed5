import type { DeviceReport } from '../../devices/device.js';
import type { OpenDeviceOptions } from '../../devices/node/discover.js';
import { openBestDevice } from '../../devices/node/discover.js';
import type { WebgpuExecutor, WebgpuExecutorOptions } from '../executor.js';
import { createWebgpuExecutor } from '../executor.js';

/**
 * The `webgpu` executor on the best device of this machine, or on the one whose name is given.
 *
 * @returns no executor where there is no device; `reports` and `notes` say what was found and why it was chosen.
 * @throws SnowglobeError when no device has the name that was asked for, or it cannot be opened.
 */
export async function openWebgpuExecutor(options: OpenDeviceOptions & WebgpuExecutorOptions = {}): Promise<{
  readonly executor: WebgpuExecutor | undefined;
  readonly reports: readonly DeviceReport[];
  readonly notes: readonly string[];
}> {
  const { opened, reports, notes } = await openBestDevice(options);
  return {
    executor: opened && createWebgpuExecutor(opened, options),
    reports,
    notes: [...notes, ...(opened?.notes ?? [])],
  };
}
