import { join } from 'node:path';
import type { Catalog, LocatedWorld } from '@snowglobe/runtime';

/** What is served, or written to a folder: a page, and worlds to play in it. */
export interface Site {
  /** Folder of the built page. */
  readonly page: string;
  /** As `locateWorlds` gives them; the first is what the page begins with. */
  readonly worlds: readonly LocatedWorld[];
}

/** The catalog that the page reads. @param play where sessions are played for it, if anywhere */
export function catalogOf({ worlds }: Site, play?: string): Catalog {
  return { worlds: worlds.map(({ entry }) => entry), ...(play !== undefined && { play }) };
}

/** The files of the worlds, by their path on the site. Nothing else outside the page's folder is ever read. */
export function worldFiles({ worlds }: Site): ReadonlyMap<string, string> {
  return new Map(
    worlds.flatMap(({ entry, path, prompts }) => [
      [decodeURIComponent(entry.file), path] as const,
      ...entry.prompts.map(({ file }, i) => [decodeURIComponent(file), prompts[i]!] as const),
    ]),
  );
}

/** The page, of which a site without it is none. */
export const pageOf = ({ page }: Site): string => join(page, 'index.html');
