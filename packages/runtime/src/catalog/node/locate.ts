import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { parseWorldConfig } from '@snowglobe/model';
import { findWorldFiles, readWorldFileSummary } from '../../node/world_files.js';
import { worldFolders } from '../../world/node/world_folders.js';
import type { CatalogWorld } from '../catalog.js';

/** A world on disk, as a site offers it. */
export interface LocatedWorld {
  readonly entry: CatalogWorld;
  readonly path: string;
  /** Paths of the pictures that `entry.prompts` names, in that order. */
  readonly prompts: readonly string[];
}

/**
 * The worlds in the worlds folders, and `more`, which come first. Prompts of a world lie beside it in `prompts` and begin
 * with its name: `prompts/coinrun-1.png`. A variant of a world without prompts of its own has those of the world whose name
 * its own begins with: `coinrun-int4` those of `coinrun`.
 *
 * @param more paths of world files
 * @returns worlds by name, and for files that are no worlds the reason
 * @throws SnowglobeError when one of `more` is no world
 */
export async function locateWorlds(
  more: readonly string[] = [],
): Promise<{ readonly worlds: readonly LocatedWorld[]; readonly broken: readonly string[] }> {
  const worlds = new Map<string, LocatedWorld>();
  const broken: string[] = [];
  for (const path of more) {
    const world = await locate(basename(path, '.safetensors'), path);
    worlds.set(world.entry.name, world);
  }
  for (const { name, path } of (await Promise.all(worldFolders().map(findWorldFiles))).flat()) {
    if (worlds.has(name)) continue;
    try {
      worlds.set(name, await locate(name, path));
    } catch (error) {
      broken.push(error instanceof Error ? error.message : String(error));
    }
  }
  return { worlds: [...worlds.values()], broken };
}

async function locate(name: string, path: string): Promise<LocatedWorld> {
  const { metadata, bytes, parameters } = await readWorldFileSummary(path, parseWorldConfig);
  const { width, height, fps } = metadata.config;
  const { data, licences } = metadata.provenance;
  const folder = join(dirname(path), 'prompts');
  const files = promptsOf(await readdir(folder).catch(() => []), name);
  return {
    path,
    prompts: files.map((file) => join(folder, file)),
    entry: {
      ...{ name, bytes, parameters, width, height, fps, data },
      licences: [...licences],
      file: `worlds/${encodeURIComponent(name)}.safetensors`,
      prompts: files.map((file) => ({
        name: basename(file, '.png'),
        file: `worlds/prompts/${encodeURIComponent(file)}`,
      })),
    },
  };
}

function promptsOf(files: readonly string[], name: string): string[] {
  const numberOf = (file: string): number => Number(/(\d+)\.png$/.exec(file)?.[1] ?? 0);
  const own = files
    .filter((file) => file.startsWith(`${name}-`) && /^-\d+\.png$/.test(file.slice(name.length)))
    .sort((a, b) => numberOf(a) - numberOf(b));
  const variant = name.lastIndexOf('-');
  return own.length > 0 || variant < 1 ? own : promptsOf(files, name.slice(0, variant));
}
