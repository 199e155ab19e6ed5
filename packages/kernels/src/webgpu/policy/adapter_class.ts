import type { DeviceCapabilities } from '../capabilities.js';
import { allowsHalf } from '../capabilities.js';

/** What kind of adapter a device belongs to, as far as the order of variants depends on it. */
export interface AdapterClass {
  /** The driver computes on the CPU. */
  readonly isSoftware: boolean;
  /** Half precision is there, and was asked for. */
  readonly allowsHalf: boolean;
}

export const adapterClass = (device: DeviceCapabilities): AdapterClass => ({
  isSoftware: device.isSoftware,
  allowsHalf: allowsHalf(device),
});
