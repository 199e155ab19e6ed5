export type { DiscoverOptions, OpenDeviceOptions } from './discover.js';
export { discoverDevices, openBestDevice, withDriversOf } from './discover.js';
export { dawnVersion } from './dawn.js';
