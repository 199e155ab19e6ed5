import { createRequire } from 'node:module';
import { SnowglobeError } from '@snowglobe/graph';
import type { DeviceBackend, DeviceCandidate, DeviceDescription, OpenDevice } from '../device.js';
import { describeAdapter } from '../device.js';
import { messageOf, requestComputeDevice } from '../open.js';
import { hearUncaptured } from '../uncaptured.js';
import type { DriverEnvironment } from './drivers.js';
import { withDrivers } from './drivers.js';

/** npm's `webgpu`: dawn, Chromium's WebGPU, as a Node addon. */
export interface Dawn {
  create(options: string[]): GPU;
}

/**
 * GPU instances with a living device. dawn crashes the process when an instance is collected before its devices, and
 * JavaScript's references from a device do not reach the instance.
 */
const living = new Set<GPU>();

/** @throws SnowglobeError where the package has no binary for this machine. */
export async function loadDawn(): Promise<Dawn> {
  try {
    return await import('webgpu');
  } catch (cause) {
    throw new SnowglobeError(
      `devices: npm's webgpu does not load on ${process.platform} ${process.arch} (${messageOf(cause)}); use the onnx executor.`,
      { cause },
    );
  }
}

/** The version of npm's `webgpu`, which brings dawn; empty where it does not tell. */
export function dawnVersion(): string {
  try {
    const manifest = createRequire(import.meta.url)('webgpu/package.json') as { readonly version?: unknown };
    return typeof manifest.version === 'string' ? manifest.version : '';
  } catch {
    return '';
  }
}

interface ListedAdapter {
  readonly name: string;
  readonly backend: DeviceBackend;
  /** Adapters of this name on this backend. dawn takes an adapter by its name, so it opens the first of them only. */
  readonly count: number;
}

/** What an adapter is never called. dawn names the adapters that there are when it is asked for one that is not. */
const impossibleName = 'no adapter is called so';

/** The best backend of each platform: on Windows the same GPU is listed under several. */
const backendOrder: readonly DeviceBackend[] = ['d3d12', 'metal', 'vulkan', 'd3d11', 'opengl', 'opengles'];

/** Adapters in dawn's order, each with its best backend. */
async function listAdapters(dawn: Dawn): Promise<readonly ListedAdapter[]> {
  const gpu = dawn.create([`adapter=${impossibleName}`]);
  try {
    // Null when there is no adapter at all.
    await gpu.requestAdapter();
    return [];
  } catch (list) {
    return parseAdapterList(messageOf(list));
  }
}

/** Reads ` * backend: 'vulkan', name: 'NVIDIA H100'` lines. */
export function parseAdapterList(message: string): readonly ListedAdapter[] {
  const best = new Map<string, ListedAdapter>();
  for (const [, backend, name] of message.matchAll(/\* backend: '([^']*)', name: '(.*)'/g)) {
    const order = backendOrder.indexOf(backend as DeviceBackend);
    if (order < 0) continue; // 'null' computes nothing
    const known = best.get(name!);
    if (known && known.backend === backend) best.set(name!, { ...known, count: known.count + 1 });
    if (known && backendOrder.indexOf(known.backend) <= order) continue;
    best.set(name!, { name: name!, backend: backend as DeviceBackend, count: 1 });
  }
  return [...best.values()];
}

/**
 * Every adapter that dawn offers with these drivers, as far as names tell them apart.
 * @param notes gets a sentence about adapters of one name
 */
export function dawnCandidates(
  dawn: Dawn,
  drivers: DriverEnvironment,
  toggles: readonly string[],
  notes: string[],
): Promise<readonly DeviceCandidate[]> {
  return withDrivers(drivers, async () => {
    const candidates: DeviceCandidate[] = [];
    for (const listed of await listAdapters(dawn)) {
      const options = optionsOf(listed, toggles);
      // OpenGL adapters are listed but refused: they lack what core WebGPU asks for.
      const adapter = await dawn.create(options).requestAdapter();
      if (!adapter) continue;
      const { name, count } = listed;
      if (count > 1) {
        notes.push(
          `${count} adapters are called '${name}', and dawn opens the first of them only; for another one, start a process that sees ` +
            `no other (a container with one GPU, or VK_DRIVER_FILES with one driver where each has its own).`,
        );
      }
      const description = describeAdapter(adapter, listed);
      candidates.push({ description, open: () => open(dawn, drivers, options, description) });
    }
    return candidates;
  });
}

/**
 * Clearing workgroup memory before a shader is for pages that must not see each other's data. Our kernels write it
 * before they read it, and SwiftShader takes 10 to 20 times as long to compile one that clears it (a tiled matmul:
 * 2.5 s against 0.2).
 */
const defaultToggles: readonly string[] = ['disable_workgroup_init'];

/** Rounds timestamps to 65,536 ns, so that pages cannot measure each other: kernels of microseconds would read as nothing. */
const disabledToggles: readonly string[] = ['timestamp_quantization'];

function optionsOf({ name, backend }: ListedAdapter, toggles: readonly string[]): string[] {
  const features = [...defaultToggles, ...toggles].join(',');
  return [
    `backend=${backend}`,
    `adapter=${name}`,
    `enable-dawn-features=${features}`,
    `disable-dawn-features=${disabledToggles.join(',')}`,
  ];
}

async function open(
  dawn: Dawn,
  drivers: DriverEnvironment,
  options: string[],
  description: DeviceDescription,
): Promise<OpenDevice> {
  // An instance a device: instances are what the choice of an adapter belongs to.
  const { gpu, adapter } = await withDrivers(drivers, async () => {
    const instance = dawn.create(options);
    return { gpu: instance, adapter: await instance.requestAdapter() };
  });
  if (!adapter) {
    throw new SnowglobeError(`device '${description.name}' is gone; look for devices again.`);
  }
  living.add(gpu);
  try {
    const opened = await requestComputeDevice(adapter, description);
    // dawn writes what no error scope hears on stdout, where results go.
    hearUncaptured(opened.device, (event) => {
      event.preventDefault();
      console.warn(`device '${description.name}': ${event.error.message.trim()}`);
    });
    return {
      description,
      ...opened,
      close() {
        opened.device.destroy();
        // The device may be collected a little later than it is destroyed; the instance has to wait for `lost`.
        void opened.device.lost.then(() => setImmediate(() => living.delete(gpu)));
      },
    };
  } catch (error) {
    living.delete(gpu);
    throw error;
  }
}
