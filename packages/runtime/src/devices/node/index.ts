export type { DiscoverOptions, OpenDeviceOptions } from './discover.js';
export { discoverDevices, openBestDevice } from './discover.js';
