import { existsSync, rmSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';
import { SnowglobeError } from '@snowglobe/graph';
import { parseTar } from 'nanotar';
import { messageOf } from '../open.js';
import { cacheFolder } from './cache.js';

/** SwiftShader, unpacked: Google's Vulkan driver that computes on the CPU, and the Vulkan loader of the same build. */
export interface SwiftShader {
  /** The manifest that `VK_DRIVER_FILES` takes. */
  readonly manifest: string;
  readonly loader: string;
}

const manifestName = 'vk_swiftshader_icd.json';
const loaderName = 'libvulkan.so.1';
const files: ReadonlyMap<string, { readonly mode: number }> = new Map([
  [manifestName, { mode: 0o644 }],
  [loaderName, { mode: 0o755 }],
  ['libvk_swiftshader.so', { mode: 0o755 }],
]);

let unpacked: Promise<SwiftShader> | undefined;

/** Unpacks the driver once a process, and once a machine where the cache folder can be written. */
export function swiftShader(): Promise<SwiftShader> {
  unpacked ??= unpackInto(cacheFolder());
  return unpacked;
}

/**
 * Unpacks the driver that `@sparticuz/chromium` carries into `cache/swiftshader-<version>`, unless it lies there
 * already. The folder appears complete or not at all, so several processes may do this at once. Where `cache` cannot be
 * written, a private temporary folder serves this process alone.
 *
 * @throws SnowglobeError on anything but Linux x64, for which alone the package has a driver.
 */
export async function unpackInto(cache: string): Promise<SwiftShader> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new SnowglobeError(
      `SwiftShader: npm has its driver for linux x64 only and this is ${process.platform} ${process.arch}; install a GPU driver.`,
    );
  }
  const archive = await locateArchive();
  const folder = join(cache, `swiftshader-${archive.version}`);
  if (isComplete(folder)) return paths(folder);

  const contents = await readArchive(archive.file);
  let staging: string;
  try {
    await mkdir(cache, { recursive: true });
    staging = await mkdtemp(`${folder}.`);
  } catch {
    // Not in a folder of a known name: another user could have put a library there.
    const temporary = await mkdtemp(join(tmpdir(), 'snowglobe-swiftshader-'));
    await writeAll(contents, temporary);
    process.once('exit', () => rmSync(temporary, { recursive: true, force: true }));
    return paths(temporary);
  }
  try {
    await writeAll(contents, staging);
    await publish(staging, folder);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  return paths(folder);
}

async function locateArchive(): Promise<{ file: string; version: string }> {
  let root: string;
  try {
    // The package exports its entry alone; the files beside it are found from there.
    root = dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium'));
  } catch (cause) {
    throw new SnowglobeError('SwiftShader: the package @sparticuz/chromium is not installed; install it.', {
      cause,
    });
  }
  while (!existsSync(join(root, 'package.json')) || basename(root) !== 'chromium') {
    if (dirname(root) === root)
      throw new SnowglobeError('SwiftShader: @sparticuz/chromium has no package.json.');
    root = dirname(root);
  }
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  return { file: join(root, 'bin', 'swiftshader.tar.br'), version };
}

async function readArchive(file: string): Promise<ReadonlyMap<string, Uint8Array>> {
  try {
    const entries = parseTar(await promisify(brotliDecompress)(await readFile(file)));
    const contents = new Map<string, Uint8Array>();
    for (const { name, data } of entries) {
      if (data && files.has(basename(name))) contents.set(basename(name), data);
    }
    const missing = [...files.keys()].filter((name) => !contents.has(name));
    if (missing.length > 0) throw new Error(`it lacks ${missing.join(' and ')}`);
    return contents;
  } catch (cause) {
    throw new SnowglobeError(
      `SwiftShader: ${file} cannot be unpacked (${messageOf(cause)}); install @sparticuz/chromium again.`,
      { cause },
    );
  }
}

async function writeAll(contents: ReadonlyMap<string, Uint8Array>, folder: string): Promise<void> {
  for (const [name, data] of contents) {
    await writeFile(join(folder, name), data);
    await chmod(join(folder, name), files.get(name)!.mode);
  }
}

/** Gives a complete folder its final name; when another process was first, its folder stays. */
async function publish(staging: string, folder: string): Promise<void> {
  try {
    await rename(staging, folder);
  } catch (cause) {
    if (isComplete(folder)) return;
    // A cleaner of old files took some: move the rest out of the way.
    const broken = `${staging}.broken`;
    await rename(folder, broken).catch(() => undefined);
    await rm(broken, { recursive: true, force: true });
    await rename(staging, folder).catch(() => {
      if (isComplete(folder)) return;
      throw new SnowglobeError(`SwiftShader: ${folder} cannot be written (${messageOf(cause)}); free it.`, {
        cause,
      });
    });
  }
}

function isComplete(folder: string): boolean {
  return [...files.keys()].every((name) => existsSync(join(folder, name)));
}

function paths(folder: string): SwiftShader {
  return { manifest: join(folder, manifestName), loader: join(folder, loaderName) };
}
