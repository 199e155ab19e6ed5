import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { SnowglobeError } from '@snowglobe/graph';
import { decodeImage } from '@snowglobe/media';
import type { Tiles } from '@snowglobe/model';
import { modelOf } from '@snowglobe/model/internal';
import { readWorldFileSummary } from '../../node/world_files.js';
import { whyNot } from '../../node/why_not.js';
import { Skin } from '../../world/skin.js';
import type { LocatedWorld } from './locate.js';
import { pictureEntry } from './locate.js';

/**
 * Other art for a world.
 * @param path of an atlas
 * @param tiles of the world; none where its frames are not made of tiles
 * @param world its name, for messages
 * @throws SnowglobeError when the picture cannot be read, or is no atlas of the world
 */
export async function readSkin(path: string, tiles: Tiles | undefined, world: string): Promise<Skin> {
  if (!tiles) {
    throw new SnowglobeError(
      `skin: frames of '${world}' are painted and not made of tiles; leave the skin out, or choose another world.`,
    );
  }
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new SnowglobeError(`${path}: cannot be read, as ${whyNot(cause)}; give the path of an atlas.`, {
      cause,
    });
  }
  return new Skin(tiles, decodeImage(bytes, path));
}

/**
 * The same world drawn in the art of an atlas before any other.
 * @throws SnowglobeError as `readSkin`
 */
export async function withSkin(world: LocatedWorld, path: string): Promise<LocatedWorld> {
  const { metadata } = await readWorldFileSummary(world.path);
  await readSkin(path, modelOf(metadata, world.path).tiles, world.entry.name);
  const own = pictureEntry('skins', basename(path));
  const others = world.entry.skins.map((skin, i) => [skin, world.skins[i]!] as const);
  const kept = others.filter(([{ file }]) => file !== own.file);
  return {
    ...world,
    skins: [path, ...kept.map(([, each]) => each)],
    entry: { ...world.entry, skins: [own, ...kept.map(([skin]) => skin)] },
  };
}
