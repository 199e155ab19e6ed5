import { messageOf } from '../open.js';
import type { DeviceCandidate, DeviceReport, Discovery, OpenDevice } from '../device.js';
import { chooseDevice } from '../choose.js';
import { cacheFolder } from './cache.js';
import type { Dawn } from './dawn.js';
import { dawnCandidates, loadDawn } from './dawn.js';
import type { DriverEnvironment } from './drivers.js';
import {
  driversOf,
  ensureVulkanLoader,
  hardwareDrivers,
  lavapipeManifests,
  loaderFolders,
  manifestsIn,
  mayHaveGpu,
  systemDrivers,
  userDrivers,
  withDrivers,
} from './drivers.js';
import { hiddenNvidiaManifest } from './nvidia.js';
import { swiftShader } from './swiftshader.js';

/** Where adapters are looked for. */
export interface DiscoverOptions {
  /**
   * Adapters that compute on the CPU: `auto` looks for one only where there is no GPU, `all` lists every one there is,
   * `none` lists none. Default `auto`.
   */
  readonly software?: 'auto' | 'all' | 'none';
  /** dawn toggles for every device, for example `allow_unsafe_apis` (subgroup matrices). Default none. */
  readonly toggles?: readonly string[];
}

/**
 * Finds the WebGPU adapters of this machine: GPUs through the system's drivers, and where there are none a software
 * driver: SwiftShader from npm, which is unpacked into the cache folder the first time, else Mesa's lavapipe.
 *
 * `VK_DRIVER_FILES` or `VK_ICD_FILENAMES`, when set, are obeyed: then only those drivers are looked at, and SwiftShader
 * is added for `all`, or for `auto` when they offer nothing.
 */
export async function discoverDevices(options: DiscoverOptions = {}): Promise<Discovery> {
  const { software = 'auto', toggles = [] } = options;
  const notes: string[] = [];
  let dawn: Dawn;
  try {
    dawn = await loadDawn();
  } catch (error) {
    return { candidates: [], notes: [messageOf(error)] };
  }
  const candidates = [...(await systemCandidates(dawn, software, toggles, notes))];
  const wantsSoftware = software === 'all' || (software === 'auto' && candidates.length === 0);
  if (wantsSoftware) await addSoftware(dawn, software === 'all', toggles, candidates, notes);
  return {
    candidates:
      software === 'none'
        ? candidates.filter(({ description }) => description.kind === 'hardware')
        : candidates,
    notes,
  };
}

async function systemCandidates(
  dawn: Dawn,
  software: 'auto' | 'all' | 'none',
  toggles: readonly string[],
  notes: string[],
): Promise<readonly DeviceCandidate[]> {
  const picked = userDrivers();
  if (picked !== undefined) {
    notes.push(`Only the drivers of ${picked} were asked, as the environment says.`);
    // Without a loader dawn says itself that there is no Vulkan.
    if (process.platform === 'linux') await ensureVulkanLoader().catch(() => undefined);
    return dawnCandidates(dawn, systemDrivers, toggles, notes);
  }
  if (software !== 'all' && !mayHaveGpu()) {
    notes.push('The kernel shows no GPU (no /dev/dri/renderD*, /dev/nvidiactl or their like).');
    return [];
  }
  // Minimal systems, containers above all, have a driver and no loader.
  if (process.platform === 'linux') await ensureVulkanLoader().catch(() => undefined);
  const drivers = software === 'all' ? systemDrivers : hardwareDrivers;
  return dawnCandidates(dawn, { ...drivers, ...(await mountedDrivers(notes)) }, toggles, notes);
}

/** NVIDIA's driver where containers mount it outside of the loader's folders. */
async function mountedDrivers(notes: string[]): Promise<DriverEnvironment> {
  const manifestFolders = loaderFolders();
  const manifest = await hiddenNvidiaManifest({ manifestFolders, cache: cacheFolder() }).catch(
    () => undefined,
  );
  if (manifest === undefined) return systemDrivers;
  notes.push(`NVIDIA's driver is not where the Vulkan loader looks; ${manifest} was added.`);
  return driversOf([manifest, ...manifestsIn(manifestFolders)]);
}

async function addSoftware(
  dawn: Dawn,
  all: boolean,
  toggles: readonly string[],
  candidates: DeviceCandidate[],
  notes: string[],
): Promise<void> {
  const lists = (name: RegExp) => candidates.some(({ description }) => name.test(description.name));
  if (!lists(/swiftshader/i)) {
    try {
      const driver = await swiftShader();
      await ensureVulkanLoader();
      candidates.push(...(await dawnCandidates(dawn, driversOf([driver.manifest]), toggles, notes)));
      if (!lists(/swiftshader/i)) notes.push(`dawn refuses the driver of ${driver.manifest}.`);
    } catch (error) {
      notes.push(messageOf(error));
    }
  }
  const lavapipe = process.platform === 'linux' && userDrivers() === undefined ? lavapipeManifests() : [];
  if (lavapipe.length === 0 || lists(/llvmpipe/i)) return;
  if (!all && candidates.length > 0) return;
  candidates.push(...(await dawnCandidates(dawn, driversOf(lavapipe), toggles, notes)));
  if (!lists(/llvmpipe/i)) {
    notes.push(`dawn refuses lavapipe (${lavapipe.join(', ')}): Mesa 22 is too old for it, Mesa 25 is not.`);
  }
}

/** Which adapter is opened. */
export interface OpenDeviceOptions extends DiscoverOptions {
  /** Part of the device's name. Default: `SNOWGLOBE_DEVICE` of the environment, else the best. */
  readonly name?: string;
}

/**
 * Discovers, chooses and opens a device.
 *
 * @returns undefined when there is none: the onnx executor needs none. `reports` and `notes` say why.
 * @throws SnowglobeError when no device has the name that was asked for.
 */
export async function openBestDevice(options: OpenDeviceOptions = {}): Promise<{
  readonly opened: OpenDevice | undefined;
  readonly reports: readonly DeviceReport[];
  readonly notes: readonly string[];
}> {
  const wanted = options.name ?? (process.env['SNOWGLOBE_DEVICE'] || undefined);
  // A device that was named may be one that `auto` would not look for.
  const software = options.software ?? (wanted === undefined ? 'auto' : 'all');
  const { candidates, notes } = await discoverDevices({ ...options, software });
  const { chosen, reports } = chooseDevice(candidates, wanted);
  return { opened: await chosen?.open(), reports, notes };
}

/**
 * Calls `use` in an environment in which a Vulkan program that asks for an adapter gets the one of this name, as far as
 * its driver decides that: another WebGPU implementation in this process, for example.
 */
export async function withDriversOf<T>(name: string, use: () => Promise<T>): Promise<T> {
  if (userDrivers() !== undefined) return use();
  if (/llvmpipe/i.test(name)) {
    await ensureVulkanLoader();
    return withDrivers(driversOf(lavapipeManifests()), use);
  }
  if (!/swiftshader/i.test(name)) {
    return withDrivers({ ...hardwareDrivers, ...(await mountedDrivers([])) }, use);
  }
  const driver = await swiftShader();
  await ensureVulkanLoader();
  return withDrivers(driversOf([driver.manifest]), use);
}
