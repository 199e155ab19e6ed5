import { readdir, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SnowglobeError } from '@snowglobe/graph';
import { modelOf } from '@snowglobe/model/internal';
import { findWorldFiles, readWorldFileSummary } from '../../node/world_files.js';
import { snapshotBytes } from '../../world/state.js';
import { worldFolders } from '../../world/node/world_folders.js';
import type { CatalogWorld } from '../catalog.js';
import { checkEntry } from '../catalog.js';
import { namesOf } from './names.js';
import { readAbout } from './read_about.js';

/** A world on disk, as a site offers it. */
export interface LocatedWorld {
  readonly entry: CatalogWorld;
  readonly path: string;
  /** Paths of the pictures that `entry.prompts` names, in that order. */
  readonly prompts: readonly string[];
  /** Paths of the atlases that `entry.skins` names, in that order. */
  readonly skins: readonly string[];
  /** Path of what `entry.thumbnail` names. */
  readonly thumbnail?: string;
  /** Bytes of a session's state, which come along when one moves here. */
  readonly stateBytes: number;
}

/**
 * The worlds in the worlds folders, and `more`, which come first. Prompts of a world lie beside it in `prompts` and begin
 * with its name: `prompts/coinrun-1.png`. A variant of a world without prompts of its own has those of the world whose name
 * its own begins with: `coinrun-int4` those of `coinrun`. So it is with atlases of other art, in `skins`: `skins/crafter-1.png`, and with the
 * moving picture `thumbnails/crafter.gif`.
 *
 * A world is known by its file's name: of two in the folders that are called alike the first counts. After `more` come those with the
 * lowest `order` in the file about them, and then by name.
 *
 * @param more paths of world files; the same file twice is one
 * @returns worlds by name, those of `more` also by themselves, and for files that are no worlds the reason
 * @throws SnowglobeError when one of `more` is no world, or two of them are called alike
 */
export async function locateWorlds(more: readonly string[] = []): Promise<{
  readonly worlds: readonly LocatedWorld[];
  readonly asked: readonly LocatedWorld[];
  readonly broken: readonly string[];
}> {
  const worlds = new Map<string, LocatedWorld>();
  const broken: string[] = [];
  for (const path of more) {
    const world = await locate(basename(path, '.safetensors'), path);
    const known = worlds.get(world.entry.name);
    if (known && (await realpath(known.path)) !== (await realpath(path))) {
      throw new SnowglobeError(
        `${path}: another world is called '${world.entry.name}', too (${known.path}); rename one of the files.`,
      );
    }
    if (!known) worlds.set(world.entry.name, world);
  }
  const asked = [...worlds.values()];
  for (const { name, path } of (await Promise.all(worldFolders().map(findWorldFiles))).flat()) {
    if (worlds.has(name)) continue;
    try {
      worlds.set(name, await locate(name, path));
    } catch (error) {
      broken.push(error instanceof Error ? error.message : String(error));
    }
  }
  const found = [...worlds.values()].slice(asked.length).sort(inOrder);
  return { worlds: [...asked, ...found], asked, broken };
}

const usualOrder = 50;

function inOrder({ entry: a }: LocatedWorld, { entry: b }: LocatedWorld): number {
  return (a.order ?? usualOrder) - (b.order ?? usualOrder) || (a.name < b.name ? -1 : 1);
}

/** A world on disk, and what lies beside it. @throws SnowglobeError for a file that is no world */
export async function locate(name: string, path: string): Promise<LocatedWorld> {
  const { metadata, bytes, parameters } = await readWorldFileSummary(path);
  const model = modelOf(metadata, path);
  const { width, height, fps } = model.config;
  const { data, licences } = metadata.provenance;
  const folder = join(dirname(path), 'prompts');
  const files = picturesOf(await readdir(folder).catch(() => []), name);
  const skinFolder = join(dirname(path), 'skins');
  const skins = picturesOf(await readdir(skinFolder).catch(() => []), name);
  const thumbnails = join(dirname(path), 'thumbnails');
  const thumbnail = thumbnailOf(await readdir(thumbnails).catch(() => []), name);
  return {
    path,
    prompts: files.map((file) => join(folder, file)),
    skins: skins.map((file) => join(skinFolder, file)),
    ...(thumbnail !== undefined && { thumbnail: join(thumbnails, thumbnail) }),
    stateBytes: snapshotBytes(model, metadata.quantization?.kvCache?.bits),
    entry: checkEntry(
      {
        ...{ name, bytes, parameters, width, height, fps, data },
        licences: [...licences],
        ...(await readAbout(dirname(path), name)),
        file: `worlds/${encodeURIComponent(name)}.safetensors`,
        ...(thumbnail !== undefined && {
          thumbnail: `worlds/thumbnails/${encodeURIComponent(thumbnail)}`,
        }),
        prompts: files.map((file) => pictureEntry('prompts', file)),
        skins: skins.map((file) => pictureEntry('skins', file)),
      },
      path,
    ),
  };
}

/** A picture of a world, as a site offers it. */
export const pictureEntry = (folder: string, file: string) => ({
  name: basename(file, '.png'),
  file: `worlds/${folder}/${encodeURIComponent(file)}`,
});

const thumbnailOf = (files: readonly string[], name: string): string | undefined =>
  namesOf(name)
    .map((each) => `${each}.gif`)
    .find((file) => files.includes(file));

function picturesOf(files: readonly string[], name: string): string[] {
  const numberOf = (file: string): number => Number(/(\d+)\.png$/.exec(file)?.[1] ?? 0);
  const ownOf = (each: string): string[] =>
    files
      .filter((file) => file.startsWith(`${each}-`) && /^-\d+\.png$/.test(file.slice(each.length)))
      .sort((a, b) => numberOf(a) - numberOf(b));
  return (
    namesOf(name)
      .map(ownOf)
      .find((own) => own.length > 0) ?? []
  );
}
