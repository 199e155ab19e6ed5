import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { SnowglobeError } from '@snowglobe/graph';
import { cacheFolder } from './cache.js';
import { swiftShader } from './swiftshader.js';

/**
 * Environment under which the Vulkan loader finds one set of drivers. The loader reads it whenever an instance is made,
 * so every instance of a process may have its own.
 */
export type DriverEnvironment = Readonly<Record<string, string>>;

/** Whatever the system and the user set up. */
export const systemDrivers: DriverEnvironment = {};

/** The system's drivers without lavapipe, whose start costs a quarter of a second of LLVM. */
export const hardwareDrivers: DriverEnvironment = { VK_LOADER_DRIVERS_DISABLE: '*lvp*,*lavapipe*' };

/** These manifests alone. The second name is for loaders before 1.3.207. */
export function driversOf(manifests: readonly string[]): DriverEnvironment {
  const list = manifests.join(delimiter);
  return { VK_DRIVER_FILES: list, VK_ICD_FILENAMES: list };
}

/** The variables by which a user picks drivers. When one is set, discovery leaves the choice alone. */
export function userDrivers(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  return environment['VK_DRIVER_FILES'] || environment['VK_ICD_FILENAMES'] || undefined;
}

/** Lavapipe's manifests: Mesa's Vulkan driver that computes on the CPU; that of `scripts/lavapipe.mjs` first. */
export function lavapipeManifests(
  folders: readonly string[] = [join(cacheFolder(), 'lavapipe'), ...loaderFolders()],
): readonly string[] {
  return manifestsIn(folders).filter((file) => /(lvp|lavapipe)[^/]*\.json$/.test(file));
}

/** All manifests in the folders that exist. */
export function manifestsIn(folders: readonly string[]): readonly string[] {
  return folders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
    .filter((file) => file.endsWith('.json'));
}

/** Where the Vulkan loader looks on Linux (LoaderDriverInterface.md of Vulkan-Loader). */
export function loaderFolders(environment: NodeJS.ProcessEnv = process.env): readonly string[] {
  const configuration = (environment['XDG_CONFIG_DIRS'] || '/etc/xdg').split(delimiter);
  const data = (environment['XDG_DATA_DIRS'] || '/usr/local/share:/usr/share').split(delimiter);
  const home = environment['XDG_DATA_HOME'] || join(homedir(), '.local', 'share');
  const roots = [...configuration, '/etc', home, ...data];
  return [...new Set(roots.map((root) => join(root, 'vulkan', 'icd.d')))];
}

/**
 * Whether the kernel shows any GPU. Asking drivers that have none costs tens of milliseconds and makes them complain on
 * standard error, so they are left alone then. True where this cannot be told.
 */
export function mayHaveGpu(platform: NodeJS.Platform = process.platform, folder = '/dev'): boolean {
  if (platform !== 'linux') return true;
  const names = [folder, join(folder, 'dri')]
    .filter((each) => existsSync(each))
    .flatMap((each) => readdirSync(each));
  // DRM render nodes, NVIDIA, WSL, ARM Mali, Qualcomm Adreno, Imagination.
  return names.some((name) => /^(renderD\d+|nvidiactl|dxg|mali\d*|kgsl-3d\d+|pvr.*)$/.test(name));
}

let turn: Promise<unknown> = Promise.resolve();

/** Calls `use` with the variables set, and puts them back afterwards. Calls wait for one another. */
export async function withDrivers<T>(drivers: DriverEnvironment, use: () => Promise<T>): Promise<T> {
  const names = Object.keys(drivers);
  if (names.length > 0 && !isMainThread) {
    throw new SnowglobeError(
      `devices: a worker thread cannot set ${names.join(', ')}; open software devices in the main thread.`,
    );
  }
  const result = turn.then(async () => {
    const before = names.map((name) => [name, process.env[name]] as const);
    const set = await environmentSetter();
    for (const [name, value] of Object.entries(drivers)) set(name, value);
    try {
      return await use();
    } finally {
      for (const [name, value] of before) set(name, value);
    }
  });
  turn = result.catch(() => undefined);
  return result;
}

/** Sets a variable where native code reads it: in Bun `process.env` is JavaScript's alone. */
async function environmentSetter(): Promise<(name: string, value: string | undefined) => void> {
  const set = (name: string, value: string | undefined): void => {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  };
  if (process.versions['bun'] === undefined || process.platform !== 'linux') return set;
  const { load } = await import('koffi');
  const libc = load('libc.so.6');
  const setenv = libc.func('int setenv(const char *name, const char *value, int overwrite)');
  const unsetenv = libc.func('int unsetenv(const char *name)');
  return (name, value) => {
    set(name, value);
    if (value === undefined) unsetenv(name);
    else setenv(name, value, 1);
  };
}

let loader: Promise<unknown> | undefined;

/**
 * Makes sure that dawn will find a Vulkan loader: the system's, or SwiftShader's where there is none. A library loaded
 * under the name `libvulkan.so.1` answers to every later load of that name in the process.
 */
export function ensureVulkanLoader(): Promise<unknown> {
  loader ??= import('koffi').then(async ({ load }) => {
    try {
      return load('libvulkan.so.1', { global: true });
    } catch {
      return load((await swiftShader()).loader, { global: true });
    }
  });
  return loader;
}
