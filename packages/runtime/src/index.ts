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
export type { DeviceCandidate, DeviceReport } from './devices/index.js';
export { chooseDevice } from './devices/index.js';
export { discoverDevices } from './devices/node/index.js';
export { createWebgpuExecutor } from './webgpu/executor.js';
