import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { manifestsIn } from './drivers.js';

/**
 * Where containers and managed nodes put NVIDIA's driver, outside of the folders that the Vulkan loader searches. Kubernetes nodes mount
 * it at /usr/local/nvidia.
 */
const usualRoots: readonly string[] = ['/usr/local/nvidia', '/run/opengl-driver', '/usr/lib/wsl'];

/** Folders that hold libraries, the dynamic loader's own and those of `LD_LIBRARY_PATH`. */
function libraryFolders(environment: NodeJS.ProcessEnv): readonly string[] {
  return [
    ...(environment['LD_LIBRARY_PATH'] ?? '').split(delimiter).filter((folder) => folder !== ''),
    ...['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib'],
    ...usualRoots.flatMap((root) => [join(root, 'lib64'), join(root, 'lib')]),
  ];
}

export interface NvidiaSearch {
  /** Folders that the Vulkan loader searches. */
  readonly manifestFolders: readonly string[];
  /** Where a manifest may be written. */
  readonly cache: string;
  /** Default: those of this machine. */
  readonly roots?: readonly string[];
  readonly libraries?: readonly string[];
  readonly device?: string;
}

/**
 * The manifest of NVIDIA's Vulkan driver where the kernel shows an NVIDIA GPU and the Vulkan loader would not find its driver: one
 * outside of the loader's folders, or, where containers mount the libraries alone, one that is written into the cache folder.
 *
 * @returns undefined where there is no such GPU, the loader finds the driver by itself, or there is none
 */
export async function hiddenNvidiaManifest(search: NvidiaSearch): Promise<string | undefined> {
  const { device = '/dev/nvidiactl', roots = usualRoots, manifestFolders, cache } = search;
  if (!existsSync(device) || nvidiaManifestIn(manifestFolders) !== undefined) return undefined;
  const mounted = roots.flatMap((root) => [
    join(root, 'share', 'vulkan', 'icd.d'),
    join(root, 'vulkan', 'icd.d'),
  ]);
  const found = nvidiaManifestIn(mounted);
  if (found !== undefined) return found;
  const folders = search.libraries ?? libraryFolders(process.env);
  // The second one needs no X libraries.
  const library = ['libGLX_nvidia.so.0', 'libEGL_nvidia.so.0']
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((path) => existsSync(path));
  if (library === undefined) return undefined;
  const path = join(cache, 'nvidia_icd.json');
  const manifest = {
    file_format_version: '1.0.1',
    ICD: { library_path: library, api_version: '1.3.0' },
  };
  await mkdir(cache, { recursive: true });
  await writeFile(path, JSON.stringify(manifest));
  return path;
}

/** The first manifest that names a library of NVIDIA's. */
function nvidiaManifestIn(folders: readonly string[]): string | undefined {
  return manifestsIn(folders).find((file) => /_nvidia\.so/.test(readText(file)));
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // Not ours to read: the loader cannot read it either.
  }
}
