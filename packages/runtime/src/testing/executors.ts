import type { Executor } from '@snowglobe/graph';
import type { OpenDevice } from '../devices/device.js';
import { discoverDevices } from '../devices/node/index.js';
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
  const devices = await devicesUnderTest();
  return [createNodeOnnxExecutor({ threads: 1 }), ...devices.map((device) => createWebgpuExecutor(device))];
}

let devices: Promise<readonly OpenDevice[]> | undefined;

/** The adapters of `executorsUnderTest`, opened once a process. */
export function devicesUnderTest(): Promise<readonly OpenDevice[]> {
  devices ??= (async () => {
    const software = process.env['SNOWGLOBE_LONG_TESTS'] ? 'all' : 'auto';
    const { candidates } = await discoverDevices({ software });
    return Promise.all(candidates.map((candidate) => candidate.open()));
  })();
  return devices;
}

/** Whether a device of `devicesUnderTest` has an optional feature. */
export async function hasFeature(device: string, feature: string): Promise<boolean> {
  const opened = (await devicesUnderTest()).find(({ description }) => description.name === device);
  return opened?.capabilities.features.has(feature) ?? false;
}

/** Every adapter of this machine with an optional feature, opened: lavapipe too, where `scripts/lavapipe.mjs` has put it. */
export async function devicesWith(feature: string): Promise<readonly OpenDevice[]> {
  // Experiments are hidden without the toggle.
  const { candidates } = await discoverDevices({ software: 'all', toggles: ['allow_unsafe_apis'] });
  const able = candidates.filter(({ description }) => description.features.includes(feature));
  return Promise.all(able.map((candidate) => candidate.open()));
}
