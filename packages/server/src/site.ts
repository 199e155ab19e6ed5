import { join } from 'node:path';
import { SnowglobeError } from '@snowglobe/graph';
import type { LocatedWorld } from '@snowglobe/runtime';
import type { Catalog } from '@snowglobe/runtime/internal';

/** What is served, or written to a folder: a page, and worlds to play in it. */
export interface Site {
  /** Folder of the built page. */
  readonly page: string;
  /** As `locateWorlds` gives them; the first is what the page begins with. */
  readonly worlds: readonly LocatedWorld[];
  /** Who files say made them that the page saves; default Snowglobe. */
  readonly producer?: string | undefined;
  /** Whether the page says on the picture that a model draws it; default not. */
  readonly badge?: boolean | undefined;
}

/** The catalog that the page reads. @param served where sessions are played for it, and where devices are told of, if anywhere */
export function catalogOf(
  { worlds, producer, badge }: Site,
  served: Pick<Catalog, 'devices' | 'play'> = {},
): Catalog {
  return {
    worlds: worlds.map(({ entry }) => entry),
    ...served,
    ...(producer !== undefined && { producer }),
    ...(badge === true && { badge }),
  };
}

/**
 * The files of the worlds, by their path on the site. Nothing else outside the page's folder is ever read.
 * @throws SnowglobeError for an entry whose file would lie outside the site
 */
export function worldFiles({ worlds }: Site): ReadonlyMap<string, string> {
  return new Map(
    worlds.flatMap(({ entry, path, prompts, skins, thumbnail }) => [
      [pathOnSite(entry.file), path] as const,
      ...(entry.thumbnail === undefined ? [] : [[pathOnSite(entry.thumbnail), thumbnail!] as const]),
      ...entry.skins.map(({ file }, i) => [pathOnSite(file), skins[i]!] as const),
      ...entry.prompts.map(({ file }, i) => [pathOnSite(file), prompts[i]!] as const),
    ]),
  );
}

/** The relative address of a file, as a path. */
function pathOnSite(file: string): string {
  let path: string;
  try {
    path = decodeURIComponent(file);
  } catch {
    path = '';
  }
  if (path.split(/[\\/]/).some((part) => part === '' || part === '.' || part === '..')) {
    throw new SnowglobeError(`site: '${file}' is no relative address of a file; correct the world's entry.`);
  }
  return path;
}

/** The page, of which a site without it is none. */
export const pageOf = ({ page }: Pick<Site, 'page'>): string => join(page, 'index.html');
