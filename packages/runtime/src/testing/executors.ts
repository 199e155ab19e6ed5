import { discoverDevices } from '../devices/node/index.js';
import type { Executor } from '../executor.js';
import { createNodeOnnxExecutor } from '../node/onnx.js';
import { createWebgpuExecutor } from '../webgpu/index.js';

let executors: Promise<readonly Executor[]> | undefined;

/**
 * Every executor of this machine but the reference, which is what they are compared with: ONNX Runtime on the CPU, and
 * WebGPU on the best adapter. The long tests take every adapter there is, lavapipe included, whose compiler needs many
 * seconds for some shaders. Opened once a process.
 */
export function executorsUnderTest(): Promise<readonly Executor[]> {
  executors ??= openAll();
  return executors;
}

async function openAll(): Promise<readonly Executor[]> {
  const { candidates } = await discoverDevices({
    software: process.env['SNOWGLOBE_LONG_TESTS'] ? 'all' : 'auto',
  });
  const devices = await Promise.all(candidates.map((candidate) => candidate.open()));
  return [createNodeOnnxExecutor({ threads: 1 }), ...devices.map((device) => createWebgpuExecutor(device))];
}
