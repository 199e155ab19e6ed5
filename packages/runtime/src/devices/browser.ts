import { SnowglobeError } from '@snowglobe/graph';
import type { DeviceCandidate, Discovery } from './device.js';
import { describeAdapter } from './device.js';
import { requestComputeDevice } from './open.js';

/**
 * Adapters of a browser. A page sees at most two: the fast one and the one that saves power, and often both are the
 * same.
 *
 * @param gpu `navigator.gpu`, of the page or of a worker; undefined where the browser has no WebGPU
 */
export async function discoverBrowserDevices(gpu: GPU | undefined): Promise<Discovery> {
  if (!gpu) {
    return { candidates: [], notes: ['This browser has no WebGPU, or the page is not served over https.'] };
  }
  const candidates: DeviceCandidate[] = [];
  for (const powerPreference of ['high-performance', 'low-power'] as const) {
    const adapter = await gpu.requestAdapter({ powerPreference });
    if (!adapter) continue;
    const description = describeAdapter(adapter, { backend: 'browser' });
    if (candidates.some((known) => known.description.name === description.name)) continue;
    candidates.push({ description, open: () => open(gpu, powerPreference, description) });
  }
  const notes = candidates.length === 0 ? ['The browser has WebGPU but offers no adapter.'] : [];
  return { candidates, notes };
}

async function open(
  gpu: GPU,
  powerPreference: GPUPowerPreference,
  description: DeviceCandidate['description'],
): ReturnType<DeviceCandidate['open']> {
  // An adapter makes one device only, so each device gets a fresh one.
  const adapter = await gpu.requestAdapter({ powerPreference });
  if (!adapter) throw new SnowglobeError(`device '${description.name}' is gone; reload the page.`);
  const opened = await requestComputeDevice(adapter, description);
  return { description, ...opened, close: () => opened.device.destroy() };
}
