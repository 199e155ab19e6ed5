export type {
  DeviceBackend,
  DeviceCandidate,
  DeviceDescription,
  DeviceReport,
  Discovery,
  OpenDevice,
} from './device.js';
export type { Choice } from './choose.js';
export { chooseDevice } from './choose.js';
export { borrowDevice, borrowedCandidate } from './borrow.js';
export { discoverBrowserDevices } from './browser.js';
