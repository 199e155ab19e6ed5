import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, cp, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { SnowglobeError } from '@snowglobe/graph';
import { whyNot } from '@snowglobe/runtime/internal';
import type { Site } from './site.js';
import { catalogOf, pageOf, worldFiles } from './site.js';

const catalogName = 'catalog.json';

/**
 * Writes a site into a folder that any static host can serve: WebGPU or WebAssembly, no server. The folder appears whole, or
 * stays as it was.
 *
 * @returns how many files it has, and their bytes
 * @throws SnowglobeError when the page is not built, or the folder holds something else than an earlier site
 */
export async function writeSite(
  site: Site,
  out: string,
): Promise<{ readonly files: number; readonly bytes: number }> {
  if (!existsSync(pageOf(site))) {
    throw new SnowglobeError(`site: ${site.page} holds no built page; run npm run build first.`);
  }
  const target = resolve(out);
  await checkTarget(target);
  const staging = `${target}.${randomUUID()}.tmp`;
  try {
    await mkdir(dirname(target), { recursive: true });
    await cp(site.page, staging, { recursive: true });
    for (const [path, file] of worldFiles(site)) {
      await mkdir(dirname(join(staging, path)), { recursive: true });
      await copyFile(file, join(staging, path));
    }
    await writeFile(join(staging, catalogName), JSON.stringify(catalogOf(site)));
    const size = await sizeOf(staging);
    await rm(target, { recursive: true, force: true });
    await rename(staging, target);
    return size;
  } catch (cause) {
    if (cause instanceof SnowglobeError) throw cause;
    throw new SnowglobeError(`site: ${out} cannot be written, as ${whyNot(cause)}; choose another folder.`, {
      cause,
    });
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function checkTarget(target: string): Promise<void> {
  let names: string[];
  try {
    names = await readdir(target);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw new SnowglobeError(`site: ${target} is no folder that can be read; choose another one.`, { cause });
  }
  const isSite = names.includes(catalogName) && names.includes('index.html');
  if (names.length > 0 && !isSite) {
    throw new SnowglobeError(
      `site: ${target} holds ${names.length} files that are no site; choose an empty folder.`,
    );
  }
}

async function sizeOf(folder: string): Promise<{ files: number; bytes: number }> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map(({ parentPath, name }) => stat(join(parentPath, name))));
  return { files: files.length, bytes: sizes.reduce((sum, { size }) => sum + size, 0) };
}
