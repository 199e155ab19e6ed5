import { SnowglobeError } from '@snowglobe/graph';
import type { DeviceCandidate, OpenDevice } from './device.js';
import { describeAdapter } from './device.js';
import { capabilitiesOf } from './open.js';

/** What adapters tell of themselves, where a device does not. */
const untold: Pick<
  GPUAdapterInfo,
  'architecture' | 'description' | 'device' | 'isFallbackAdapter' | 'vendor'
> = {
  ...{ vendor: '', architecture: '', device: '', description: '', isFallbackAdapter: false },
};

/**
 * A device that somebody else has made, such as the renderer of a page, for worlds to compute on: frames and textures are then of one device. Kernels use
 * what it was made with, so a maker does well to ask for `shader-f16`, `subgroups` and the adapter's largest storage buffers.
 * @returns it, ready for an executor; it stays its maker's: closing leaves it as it is
 * @throws SnowglobeError for what is no device
 */
export function borrowDevice(device: GPUDevice): OpenDevice {
  if (
    typeof (device as { createComputePipeline?: unknown } | undefined)?.createComputePipeline !== 'function'
  ) {
    throw new SnowglobeError(
      'device: what was handed in is no GPUDevice; give what requestDevice() resolved to.',
    );
  }
  const info = (device as { readonly adapterInfo?: GPUAdapterInfo }).adapterInfo;
  const adapter = { info: info ?? untold, limits: device.limits, features: device.features };
  const named = info ? {} : { name: device.label || 'the device that was handed in' };
  const description = describeAdapter(adapter as GPUAdapter, { ...named, backend: 'browser' });
  const capabilities = capabilitiesOf(device, description.kind, info);
  return { description, device, capabilities, notes: [], isBorrowed: true, close: () => {} };
}

/** The same as an adapter that gives one device, until that is lost. @throws SnowglobeError for what is no device */
export function borrowedCandidate(device: GPUDevice): DeviceCandidate {
  const borrowed = borrowDevice(device);
  const { name } = borrowed.description;
  let isLost = false;
  void device.lost.then(() => (isLost = true));
  return {
    description: borrowed.description,
    async open() {
      if (isLost)
        throw new SnowglobeError(`device '${name}' was lost, and its maker has not handed in another.`);
      return borrowed;
    },
  };
}
