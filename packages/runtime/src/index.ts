export type {
  CompileOptions,
  Executor,
  ExecutorKind,
  Program,
  ProgramStats,
  VariableStore,
} from './executor.js';
export { createReferenceExecutor } from './reference/reference.js';
export type { OnnxOptions, OnnxRuntime } from './onnx/onnx.js';
export { createOnnxExecutor } from './onnx/onnx.js';
export { createNodeOnnxExecutor } from './node/onnx.js';
export { checkWritable, formatBytes, writeFileAtomically } from './node/atomic_file.js';
export { findWorldFiles, readWorldFile, readWorldFileSummary, writeWorldFile } from './node/world_files.js';
export type {
  Choice,
  DeviceBackend,
  DeviceCandidate,
  DeviceDescription,
  DeviceReport,
  Discovery,
  OpenDevice,
} from './devices/index.js';
export { chooseDevice, discoverBrowserDevices } from './devices/index.js';
export type { DiscoverOptions, OpenDeviceOptions } from './devices/node/index.js';
export { discoverDevices, openBestDevice } from './devices/node/index.js';
export type { ChooseVariant, WebgpuExecutor, WebgpuExecutorOptions } from './webgpu/index.js';
export { createWebgpuExecutor } from './webgpu/index.js';
export { openWebgpuExecutor } from './webgpu/node/open.js';
export { generatorFor } from './random.js';
export { cacheFolder } from './devices/node/cache.js';
export type { ExecutorReport, Found } from './world/executor_choice.js';
export { chooseExecutor } from './world/executor_choice.js';
export type { ActionTable } from './world/actions.js';
export { actionTable } from './world/actions.js';
export type { PromptImage } from './world/prompt.js';
export type { Frame, Play, Snapshot } from './world/play.js';
export type { StartOptions } from './world/world.js';
export { World } from './world/world.js';
export type { OpenExecutorOptions } from './world/node/open_executor.js';
export { openExecutor } from './world/node/open_executor.js';
export { findWorld, openWorld } from './world/node/open_world.js';
export { worldFolders } from './world/node/world_folders.js';
