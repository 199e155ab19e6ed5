/** For Node: the core, worlds on disk, and executors of this machine. */
export * from './core.js';
export { createNodeOnnxExecutor } from './node/onnx.js';
export { createThreadedOnnxExecutor } from './onnx/node/threaded.js';
export { readWorldFile, readWorldFileSummary, writeWorldFile } from './node/world_files.js';
export type { DiscoverOptions, OpenDeviceOptions } from './devices/node/index.js';
export { discoverDevices, openBestDevice } from './devices/node/index.js';
export { openWebgpuExecutor } from './webgpu/node/open.js';
export type { OpenExecutorOptions } from './world/node/open_executor.js';
export { openExecutor } from './world/node/open_executor.js';
export type { OpenWorldOptions } from './world/node/open_world.js';
export { findWorld, openWorld } from './world/node/open_world.js';
export type { OpenWorldEnvOptions } from './env/node/open_world_env.js';
export { openWorldEnv } from './env/node/open_world_env.js';
export type { LocatedWorld } from './catalog/node/locate.js';
export { locateWorlds } from './catalog/node/locate.js';
export { readSkin } from './catalog/node/skins.js';
