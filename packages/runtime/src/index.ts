/** For Node: the core, worlds on disk, and executors of this machine. */
export * from './core.js';
export { createNodeOnnxExecutor } from './node/onnx.js';
export {
  checkFolderWritable,
  checkSpace,
  checkWritable,
  makeFolder,
  writeFileAtomically,
} from './node/atomic_file.js';
export { whyNot } from './node/why_not.js';
export { findWorldFiles, readWorldFile, readWorldFileSummary, writeWorldFile } from './node/world_files.js';
export type { DiscoverOptions, OpenDeviceOptions } from './devices/node/index.js';
export { dawnVersion, discoverDevices, openBestDevice, withDriversOf } from './devices/node/index.js';
export { openWebgpuExecutor } from './webgpu/node/open.js';
export { cacheFolder } from './devices/node/cache.js';
export type { OpenExecutorOptions } from './world/node/open_executor.js';
export { openExecutor } from './world/node/open_executor.js';
export { findWorld, openWorld } from './world/node/open_world.js';
export { worldFolders } from './world/node/world_folders.js';
export type { LocatedWorld } from './catalog/node/locate.js';
export { locateWorlds } from './catalog/node/locate.js';
export { findTuning } from './tuning/node/find_tuning.js';
export { tuningFiles } from './tuning/node/tuning_files.js';
