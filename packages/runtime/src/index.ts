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
export { formatBytes, writeFileAtomically } from './node/atomic_file.js';
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
